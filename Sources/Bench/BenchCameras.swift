import Foundation
import GB28181
import Simulator
import Synchronization

/// What the cameras of a bench show: one picture of 2 Mb/s for all, or one of its own for a camera that shall freeze.
final class BenchCameras: PictureSender {
    private struct State {
        var own: [String: PictureFeed] = [:]
        var streams: [String: CameraStream] = [:]
        /// The last pictures, oldest first: when each was coded, and its last unit, with which a fragment of MP4 ends.
        var coded: [(at: Int64, unit: ArraySlice<UInt8>)] = []
        var bytes = 0
    }

    let feed: PictureFeed
    private let state = Mutex(State())
    private let isSmall: Bool

    init?(isSmall: Bool) {
        self.isSmall = isSmall
        guard let feed = Self.newFeed(isSmall) else { return nil }
        self.feed = feed
        _ = feed.take { [weak self] in self?.stamp($0) }
    }

    /// The picture's size.
    static func pixels(isSmall: Bool) -> (width: Int, height: Int) { isSmall ? (640, 360) : (1_280, 720) }

    private static func newFeed(_ isSmall: Bool) -> PictureFeed? {
        let (width, height) = pixels(isSmall: isSmall)
        return PictureFeed(width: width, height: height, bitRate: 2_000_000)
    }

    private func stamp(_ frame: PictureFeed.Frame) {
        let now = nanoseconds()
        state.withLock { state in
            state.bytes += frame.bytes.count
            state.coded.append((now, Self.lastUnit(frame.bytes)))
            if state.coded.count > 200 { state.coded.removeFirst() }
        }
    }

    /// What is behind the last start code.
    private static func lastUnit(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        var index = bytes.count - 3
        while index >= 0 {
            if bytes[index] == 0, bytes[index + 1] == 0, bytes[index + 2] == 1 { return bytes[(index + 3)...] }
            index -= 1
        }
        return bytes[...]
    }

    /// When the picture was coded that a fragment holds, where it is a late one.
    func coded(_ fragment: [UInt8]) -> Int64? {
        state.withLock { state in
            state.coded.last { fragment.suffix($0.unit.count).elementsEqual($0.unit) }?.at
        }
    }

    /// Bytes of pictures coded so far.
    var bytes: Int { state.withLock { $0.bytes } }

    /// Gives a camera, by its digits, a picture of its own.
    func givesOwn(_ camera: String) throws {
        guard let own = Self.newFeed(isSmall) else { throw BenchError(description: "no coder") }
        state.withLock { $0.own[camera] = own }
    }

    /// The camera sends nothing more and stays connected.
    func freeze(_ camera: String) { state.withLock { $0.own[camera] }?.stop() }

    /// The camera's connection ends.
    func cut(_ camera: String) { state.withLock { $0.streams[camera] }?.stop() }

    func send(
        camera: String, to offer: SessionDescription, ssrc: UInt32, ended: @escaping @Sendable () -> Void
    ) async throws -> CameraSending {
        let way: CameraStream.Way =
            switch offer.transport {
            case .udp: .udp(host: offer.host, port: offer.port)
            case .tcpPassive: .tcpActive(host: offer.host, port: offer.port)
            case .tcpActive: .tcpPassive(port: 0)
            }
        let own = state.withLock { $0.own[camera] }
        let stream = try await CameraStream.start(way, ssrc: ssrc, feed: own ?? feed)
        state.withLock { $0.streams[camera] = stream }
        return CameraSending(port: stream.port, stop: { stream.stop() })
    }

    func stop() {
        feed.stop()
        for own in state.withLock({ Array($0.own.values) }) { own.stop() }
    }

    /// A camera's program stream for so long, as it lies in RTP, in a file.
    func program(seconds: Double, to file: URL) async throws {
        let sink = try DatagramSink()
        let stream = try await CameraStream.start(.udp(host: "127.0.0.1", port: sink.port), ssrc: 1, feed: feed)
        let bytes = sink.take(seconds: seconds)
        stream.stop()
        try Data(bytes).write(to: file)
    }
}

/// Takes RTP by UDP and keeps what is in it.
private final class DatagramSink {
    let port: Int
    private let socket: Int32

    init() throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isOpen = withUnsafeMutablePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
            }
        }
        var (room, patience) = (Int32(4 << 20), timeval(tv_sec: 1, tv_usec: 0))
        setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard isOpen else { throw BenchError(description: "no port for datagrams") }
        self.socket = socket
        port = Int(in_port_t(bigEndian: place.sin_port))
    }

    deinit { close(socket) }

    func take(seconds: Double) -> [UInt8] {
        let end = nanoseconds() + Int64(seconds * 1e9)
        var (all, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 2_048))
        while nanoseconds() < end {
            let count = recv(socket, &buffer, buffer.count, 0)
            // Behind the head of RTP.
            if count > 12 { all += buffer[12..<count] }
        }
        return all
    }
}
