import Foundation
import GB26875
import Kernel
import Synchronization

/// Measures how soon people are told, of the built program and from outside: from a detector's frame to what a carrier is
/// asked over its own wire.
public struct ReachBench: Sendable {
    /// The program.
    public var program: URL
    /// A folder whose centre knows ``sites`` sites behind one gateway, and has had no alarm yet.
    public var town: URL
    /// The gateway's address.
    public var address: UInt64

    /// Sites that it needs, each with one detector and an owner of its own.
    public static let sites = single + storm
    /// Alarms one after another.
    static let single = 200
    /// Sites that burn within one second, and the seconds after which the wait for their notices is over.
    static let storm = 1_000
    static let stormSeconds = 180.0

    /// What is to be measured.
    public init(program: URL, town: URL, address: UInt64) {
        self.program = program
        self.town = town
        self.address = address
    }

    /// Runs everything and gives a section of the page.
    public func run() throws -> String {
        let carrier = try RecordingCarrier()
        let file = town.appendingPathComponent("carriers.yaml")
        let line = "kind: http, url: \"http://127.0.0.1:\(carrier.port)/\", encoding: form, per-second: 100000"
        try """
        carriers:
          - {name: bench-sms, channel: sms, \(line), body: "phone={phone}"}
          - {name: bench-call, channel: call, \(line), body: "phone={phone}"}
        """.write(to: file, atomically: true, encoding: .utf8)
        // Without the sample town's own gateway, which would take over what is more than a carrier may hold at once.
        try FileManager.default.removeItem(at: town.appendingPathComponent("sample-gateway.token"))
        let centre = try CentreProcess(
            program: program, folder: town, web: 28_390, devices: 28_391, environment: ["ZHILI_CARRIERS": file.path])
        defer { centre.stop() }
        let device = try Connection(port: centre.devices)
        let alone = try oneByOne(device, carrier)
        let fires = try burst(device, carrier)
        return """

            ## Reach
            From the first byte of a detector's frame until a carrier of our own, over HTTP on this machine, has the \
            request that tells the site's owner. What a real carrier takes after that is its own.

            | what | measured | aim |
            |---|---|---|
            | alarm → first carrier request, \(alone.count) alarms one after another, ms p50 / p99 | \(alone.text) | p99 50 |
            | \(Self.storm) sites burn in one second: every owner's first notice handed over | \
            \(fires.missing == 0 ? "\(short(fires.seconds)) s" : "\(fires.missing) missing after \(Int(fires.seconds)) s") \
            (p50 / p99 of each, ms: \(fires.each.text); \(fires.repeats) frames sent again) | 60 s |

            """
    }

    /// The number of the owner whose site is the `number`th.
    private static func phone(_ number: Int) -> String { "199\(10_000_000 + number)" }

    private func oneByOne(_ device: Connection, _ carrier: RecordingCarrier) throws -> Samples {
        var samples = Samples()
        for number in 1...Self.single {
            let start = nanoseconds()
            device.send(AlarmLatency.fire(serial: UInt16(number), detector: number, address))
            guard let at = carrier.first(Self.phone(number), within: 20) else {
                throw BenchError(description: "the owner of site \(number) was not told within 20 s")
            }
            samples.add(at - start)
            _ = device.receive()
            // The other notices of this alarm are no part of the next one's time.
            usleep(100_000)
        }
        return samples
    }

    private func burst(
        _ device: Connection, _ carrier: RecordingCarrier
    ) throws -> (seconds: Double, missing: Int, repeats: Int, each: Samples) {
        let numbers = (Self.single + 1)...(Self.single + Self.storm)
        let confirmed = Mutex<Set<UInt16>>([])
        let isOver = Atomic(false)
        DispatchQueue.global().async {
            var decoder = FrameDecoder()
            while !isOver.load(ordering: .relaxed) {
                let bytes = device.receive()
                guard !bytes.isEmpty else { return }
                decoder.append(bytes)
                while let found = decoder.next() {
                    guard case .frame(let frame) = found, frame.command == Frame.Command.confirm else { continue }
                    confirmed.withLock { _ = $0.insert(frame.serial) }
                }
            }
        }
        func burn(_ number: Int) {
            device.send(AlarmLatency.fire(serial: UInt16(truncatingIfNeeded: number), detector: number, address))
        }
        let begin = nanoseconds()
        var sent: [Int: Int64] = [:]
        for (index, number) in numbers.enumerated() {
            let pause = begin + Int64(index) * 1_000_000_000 / Int64(Self.storm) - nanoseconds()
            if pause > 0 { usleep(UInt32(pause / 1_000)) }
            sent[number] = nanoseconds()
            burn(number)
        }
        let end = begin + Int64(Self.stormSeconds * 1e9)
        var missing = Set(numbers)
        // As a device does: what nobody has confirmed for ten seconds is sent again.
        var (repeats, nextRepeat) = (0, nanoseconds() + 10_000_000_000)
        while !missing.isEmpty, nanoseconds() < end {
            missing = missing.filter { carrier.time(of: Self.phone($0)) == nil }
            usleep(20_000)
            guard nanoseconds() > nextRepeat else { continue }
            nextRepeat = nanoseconds() + 10_000_000_000
            let open = confirmed.withLock { known in
                missing.filter { !known.contains(UInt16(truncatingIfNeeded: $0)) }
            }
            repeats += open.count
            for number in open.sorted() { burn(number) }
        }
        isOver.store(true, ordering: .relaxed)
        var samples = Samples()
        var last = begin
        for number in numbers {
            guard let at = carrier.time(of: Self.phone(number)), let start = sent[number] else { continue }
            samples.add(at - start)
            last = max(last, at)
        }
        let until = missing.isEmpty ? last : nanoseconds()
        return (Double(until - begin) / 1e9, missing.count, repeats, samples)
    }
}

/// A carrier that takes everything at once and keeps when each number was first asked for.
final class RecordingCarrier: Sendable {
    let port: Int
    private let socket: Int32
    private let times = Mutex<[String: Int64]>([:])

    init() throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isOpen = withUnsafeMutablePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) == 0 && listen(socket, 128) == 0 && getsockname(socket, $0, &size) == 0
            }
        }
        guard isOpen else { throw BenchError(description: "no port for a carrier") }
        self.socket = socket
        port = Int(in_port_t(bigEndian: place.sin_port))
        Thread.detachNewThread { [self] in
            while true {
                let caller = accept(socket, nil, nil)
                guard caller >= 0 else { return }
                Thread.detachNewThread { [self] in serve(caller) }
            }
        }
    }

    /// When a number was first asked for, waiting for it.
    func first(_ phone: String, within seconds: Double) -> Int64? {
        let end = nanoseconds() + Int64(seconds * 1e9)
        while nanoseconds() < end {
            if let at = time(of: phone) { return at }
            usleep(200)
        }
        return nil
    }

    /// When a number was first asked for.
    func time(of phone: String) -> Int64? { times.withLock { $0[phone] } }

    private func serve(_ caller: Int32) {
        defer { close(caller) }
        let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)
        let blank = Array("\r\n\r\n".utf8)
        var bytes: [UInt8] = []
        while bytes.count < 1 << 20 {
            let more = [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, count in
                count = max(0, recv(caller, buffer.baseAddress, 16_384, 0))
            }
            guard !more.isEmpty else { return }
            let now = nanoseconds()
            bytes += more
            while let gap = bytes.firstRange(of: blank) {
                let head = String(decoding: bytes[..<gap.lowerBound], as: UTF8.self).lowercased()
                let length =
                    head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
                guard bytes.count >= gap.upperBound + length else { break }
                let body = String(decoding: bytes[gap.upperBound..<gap.upperBound + length], as: UTF8.self)
                bytes.removeFirst(gap.upperBound + length)
                if body.hasPrefix("phone=") {
                    let phone = String(body.dropFirst(6))
                    times.withLock { if $0[phone] == nil { $0[phone] = now } }
                }
                _ = answer.withUnsafeBytes { send(caller, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            }
        }
    }
}
