import Foundation
import GB26875
import Kernel

@testable import FireGuard

/// A device's end of a TCP connection, blocking on a queue of its own.
final class TestDevice: Sendable {
    private let socket: Int32
    private let queue = DispatchQueue(label: "device")

    init(port: Int) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw POSIXError(.ECONNREFUSED) }
        var timeout = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(socket) }

    /// Sends all bytes; `false` when the far end has closed.
    @discardableResult
    func send(_ bytes: [UInt8]) async -> Bool {
        await withCheckedContinuation { continuation in
            queue.async { [socket] in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let sent = rest.withUnsafeBytes {
                        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    if sent <= 0 { return continuation.resume(returning: false) }
                    rest = rest.dropFirst(sent)
                }
                continuation.resume(returning: true)
            }
        }
    }

    /// Reads `count` bytes, or as many as come within 5 s before the far end closes.
    func receive(_ count: Int) async -> [UInt8] {
        await withCheckedContinuation { continuation in
            queue.async { [socket] in
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 4_096)
                while bytes.count < count {
                    let got = recv(socket, &buffer, min(buffer.count, count - bytes.count), 0)
                    if got <= 0 { break }
                    bytes += buffer[0..<got]
                }
                continuation.resume(returning: bytes)
            }
        }
    }

    /// Commands of the next `count` answers without data, with their serial numbers.
    func answers(_ count: Int) async -> [(command: UInt8, serial: UInt16)] {
        var result: [(UInt8, UInt16)] = []
        for _ in 0..<count {
            let bytes = await receive(30)
            guard bytes.count == 30 else { break }
            result.append((bytes[26], UInt16(bytes[2]) | UInt16(bytes[3]) << 8))
        }
        return result
    }
}

/// Frames as devices send them.
enum TestFrame {
    static let source: [UInt8] = [0x79, 0x03, 0, 0, 0, 0]
    static let centre: [UInt8] = [0x38, 0x5b, 0x01, 0, 0, 0]

    static func frame(_ data: [UInt8], serial: UInt16 = 1, command: UInt8 = 2, source: [UInt8] = source) -> [UInt8] {
        Frame(
            serial: serial, time: FrameTime.bytes(.now), source: source, destination: centre, command: command,
            data: data
        ).bytes
    }

    /// A fire of the smoke detector at zone 10, point `point`, with the bits `state`.
    static func fire(point: UInt8, serial: UInt16 = 1, state: UInt8 = 0x03, source: [UInt8] = source) -> [UInt8] {
        frame(
            [2, 1, 1, 1, 40, 10, 0, point, 0, state, 0] + [UInt8](repeating: 0, count: 31)
                + FrameTime.bytes(.now), serial: serial, source: source)
    }

    static func hex(_ text: String) -> [UInt8] {
        let digits = Array(text.filter(\.isHexDigit))
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }
}
