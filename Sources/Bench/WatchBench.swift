import Foundation
import Simulator

/// Measures cameras of the built program, from outside, over real sockets: SIP, RTP, and the browsers' WebSocket.
public struct WatchBench: Sendable {
    /// The program.
    public var program: URL
    /// A sample town that has ``recorders``.
    public var town: URL
    /// Where files may lie.
    public var folder: URL
    /// The password of the sample's people and of all recorders.
    public var password: String
    private let isSmall: Bool
    private var size: Size { isSmall ? .small : .full }

    /// How many of each.
    private struct Size: Sendable {
        var recorders: Int
        var channels: [Int]
        var calls: Int
        var streams: Int
        var viewers: Int
        var speakers: Int
        var frozen: Int
        var seconds: Int

        static let full = Size(
            recorders: 500, channels: [1_000, 10_000], calls: 100, streams: 24, viewers: 200, speakers: 200, frozen: 3,
            seconds: 20)
        static let small = Size(
            recorders: 20, channels: [100, 200], calls: 5, streams: 3, viewers: 10, speakers: 5, frozen: 1, seconds: 3)
    }

    /// What is to be measured; of a small run a few of each.
    public init(program: URL, town: URL, folder: URL, password: String, isSmall: Bool) {
        self.program = program
        self.town = town
        self.folder = folder
        self.password = password
        self.isSmall = isSmall
    }

    /// The recorders that the town needs: names, first numbers, and how many.
    public static func recorders(isSmall: Bool) -> [(name: String, first: Int, count: Int)] {
        let size = isSmall ? Size.small : Size.full
        return [(one, firstOne, size.recorders)]
            + size.channels.indices.map { ("\(many) \($0)", firstMany + 200 * $0, 1) }
    }

    private static let one = "bench"
    private static let many = "bench channels"
    // Far apart, so that the digits of their cameras are.
    private static let firstOne = 101
    private static let firstMany = 9_100

    /// Runs everything and gives a section of the page.
    public func run() async throws -> String {
        let ground = try WatchGround(program: program, town: town, password: password, isSmall: isSmall)
        let page: String
        do {
            page = try await measure(ground)
        } catch {
            await ground.stop()
            throw error
        }
        await ground.stop()
        return page
    }

    private func measure(_ ground: WatchGround) async throws -> String {
        let perSecond = try await registrations(ground)
        let cameras = try await ground.known(of: Self.one)
        var catalogues: [String] = []
        for index in size.channels.indices {
            let ms = try await catalogue(ground, index)
            let channels = size.channels[index]
            catalogues.append("| catalogue of \(channels) channels, registration → all stored | \(Int(ms)) ms | |")
        }
        let first = try calls(ground, cameras.prefix(size.calls))
        let recovery = try await recovery(ground, cameras[0])
        // A media process that has done nothing yet.
        let cost = try await StreamCost.measure(
            ground, Array(cameras.suffix(size.streams)), viewers: size.viewers, seconds: size.seconds, in: folder)
        let glass = try glassToGlass(ground, cameras[1])
        let dead = try await dead(ground, Array(cameras[2...].prefix(size.frozen)))
        let speaking = try await broadcast(ground, cameras.prefix(size.speakers))
        let (width, height) = BenchCameras.pixels(isSmall: isSmall)
        let glassText = "\(glass.text) (\(glass.count) pictures)"
        return """

            ## Cameras
            The simulator's recorders over SIP by UDP and RTP by TCP; viewers over the WebSocket that the page's player \
            uses, with tickets from the API. One generated picture of \(width) × \(height) with 25 pictures and one key frame a \
            second is coded in the measuring process, \(short(cost.megabits)) Mb/s, and sent as every camera's; where a \
            row says 2 Mb/s, what was measured is brought to that rate.

            | what | measured | aim |
            |---|---|---|
            | live picture asked for → first key frame at the viewer, \(first.count) cameras one after another, ms p50 / \
            p99 | \(first.text) | p99 300 |
            | picture coded in the camera → its fragment at the viewer, ms p50 / p99 | \(glassText) | 500 |
            | streams of 2 Mb/s received, recorded and relayed to a viewer each, per core (\(cost.streams) at once took \
            \(short(cost.load)) cores) | \(Int(cost.streamsPerCore)) | |
            | the same program stream read from a file by `ffmpeg -c copy` and written as fragmented MP4, streams of \
            2 Mb/s per core, neither received nor relayed, its start left out | \(Int(cost.rivalPerCore)) | |
            | viewers of 2 Mb/s per core, \(cost.viewers) more on one stream | \(Int(cost.viewersPerCore)) | |
            | resident memory per stream received, recorded and relayed | \(Int(cost.bytes / 1_024)) KiB | |
            \(catalogues.joined(separator: "\n"))
            | registrations with digest, \(size.recorders) recorders at once, each of whose catalogues is then asked for \
            | \(Int(perSecond)) a second | |
            | a text spoken at \(size.speakers) loudspeakers: asked for → the last one sounds | \(Int(speaking)) ms | |
            | a camera that sends nothing more on an open connection, until viewers are told | \(Int(dead.frozen)) ms | \
            16,000 ms |
            | a camera whose connection ends, until viewers are told | \(short(dead.cut)) ms | |
            | media process ended by kill -9 → started again, camera called again, first key frame at the viewer | \
            \(Int(recovery)) ms | |

            """
    }

    private func registrations(_ ground: WatchGround) async throws -> Double {
        let (start, towns) = (nanoseconds(), min(8, size.recorders))
        for index in 0..<towns {
            let from = size.recorders * index / towns
            let count = size.recorders * (index + 1) / towns - from
            _ = ground.play(count, first: Self.firstOne + from)
        }
        let ms = try await ground.wait(since: start, "not all recorders registered") {
            ground.heard(\.registered) >= size.recorders
        }
        _ = try await ground.wait(since: nanoseconds(), "not all catalogues came") {
            try await ground.known(of: Self.one).count >= size.recorders
        }
        return Double(size.recorders) / ms * 1_000
    }

    private func catalogue(_ ground: WatchGround, _ index: Int) async throws -> Double {
        let start = nanoseconds()
        _ = ground.play(1, first: Self.firstMany + 200 * index, cameras: size.channels[index])
        return try await ground.wait(since: start, seconds: 600, "the catalogue did not come") {
            try await Task.sleep(for: .milliseconds(20))
            return try await ground.known(of: "\(Self.many) \(index)").count >= size.channels[index]
        }
    }

    private func calls(_ ground: WatchGround, _ cameras: ArraySlice<WatchGround.Camera>) throws -> Samples {
        var samples = Samples()
        for camera in cameras {
            let start = nanoseconds()
            try ground.view(camera).firstKey()
            samples.add(nanoseconds() - start)
        }
        return samples
    }

    private func glassToGlass(_ ground: WatchGround, _ camera: WatchGround.Camera) throws -> Samples {
        let viewer = try ground.view(camera)
        try viewer.firstKey()
        var samples = Samples()
        let (begin, end) = (nanoseconds() + 2_000_000_000, nanoseconds() + Int64(size.seconds + 2) * 1_000_000_000)
        while nanoseconds() < end, let message = try viewer.next() {
            guard case .picture(_, let bytes) = message else { continue }
            let now = nanoseconds()
            // The first ones are kept ones, which are as old as the last key frame.
            if now > begin, let coded = ground.cameras.coded(bytes) { samples.add(now - coded) }
        }
        guard samples.count > 0 else { throw BenchError(description: "no picture was known again") }
        return samples
    }

    /// Milliseconds until viewers are told of cameras that freeze (the longest), and of one that is cut off.
    private func dead(_ ground: WatchGround, _ cameras: [WatchGround.Camera]) async throws -> (
        frozen: Double, cut: Double
    ) {
        var frozen = 0.0
        for camera in cameras {
            try ground.cameras.givesOwn(camera.digits)
            let viewer = try ground.view(camera)
            try viewer.firstKey()
            ground.cameras.freeze(camera.digits)
            frozen = max(frozen, try untilTold(viewer))
        }
        guard let other = cameras.first else { return (frozen, .nan) }
        try ground.cameras.givesOwn(other.digits)
        let viewer = try ground.view(other)
        try viewer.firstKey()
        let start = nanoseconds()
        ground.cameras.cut(other.digits)
        _ = try untilTold(viewer)
        return (frozen, Double(nanoseconds() - start) / 1_000_000)
    }

    /// Milliseconds from the last picture until the viewer is told that the stream failed.
    private func untilTold(_ viewer: LiveViewer) throws -> Double {
        var last = nanoseconds()
        while let message = try viewer.next() {
            switch message {
            case .picture: last = nanoseconds()
            case .word(let text) where text.contains("\"failed\""): return Double(nanoseconds() - last) / 1_000_000
            default: break
            }
        }
        throw BenchError(description: "a viewer was not told of a dead stream")
    }

    private func recovery(_ ground: WatchGround, _ camera: WatchGround.Camera) async throws -> Double {
        let viewer = try ground.view(camera)
        try viewer.firstKey()
        let media = try ground.media()
        let start = nanoseconds()
        kill(media, SIGKILL)
        return try await ground.wait(since: start, "the picture did not come back") {
            // As the page does: ask, and ask again.
            guard (try? ground.media()) ?? media != media, let again = try? ground.view(camera) else { return false }
            return (try? again.firstKey()) != nil
        }
    }

    private func broadcast(_ ground: WatchGround, _ cameras: ArraySlice<WatchGround.Camera>) async throws -> Double {
        let ids = cameras.map { "\"\($0.id)\"" }.joined(separator: ",")
        let before = ground.heard(\.sounding)
        let start = nanoseconds()
        let answer = try ground.ask(
            "POST", "/api/v1/voices",
            "{\"kind\":\"text\",\"text\":\"河水上涨，请马上离开\",\"reason\":\"bench\",\"repeats\":3,\"cameraIds\":[\(ids)]}")
        guard answer.status < 300 else {
            let why = String(decoding: answer.body, as: UTF8.self).prefix(200)
            throw BenchError(description: "nothing is spoken: \(why)")
        }
        return try await ground.wait(since: start, "not every loudspeaker sounded") {
            ground.heard(\.sounding) - before >= cameras.count
        }
    }
}
