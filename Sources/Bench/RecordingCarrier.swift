import Foundation
import Synchronization

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

    /// Gives a centre this carrier alone, for texts and calls, and the file that says so.
    /// - Parameters:
    ///   - trunk: the port of a trunk that gets the calls in its stead.
    ///   - calls: as many as that trunk takes at once.
    func configure(_ town: URL, trunk: Int? = nil, calls: Int = 1) throws -> URL {
        let file = town.appendingPathComponent("carriers.yaml")
        let line = "kind: http, url: \"http://127.0.0.1:\(port)/\", encoding: form, per-second: 100000"
        let call =
            trunk.map {
                "kind: sip, url: \"sip://127.0.0.1:\($0)\", key: bench, listen: \"127.0.0.1\", calls: \(calls), per-second: 200"
            } ?? "channel: call, \(line), body: \"phone={phone}\""
        try """
        carriers:
          - {name: bench-sms, channel: sms, \(line), body: "phone={phone}"}
          - {name: bench-call, \(call)}
        """.write(to: file, atomically: true, encoding: .utf8)
        // Without the sample town's own gateway, which would take over what is more than a carrier may hold at once.
        try FileManager.default.removeItem(at: town.appendingPathComponent("sample-gateway.token"))
        return file
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
