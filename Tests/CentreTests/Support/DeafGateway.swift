import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// An HTTP gateway for texts and calls that takes messages and, while it is deaf, never answers. One thread a
/// connection.
final class DeafGateway: Sendable {
    let port: Int
    private let socket: Int32
    private let state = Mutex((isDeaf: true, bodies: [String]()))

    init() throws {
        port = Program.freePort()
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var (address, yes) = (sockaddr_in(), Int32(1))
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(socket, 64) == 0 else { throw CocoaError(.fileReadUnknown) }
        Thread { [self] in
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0 else { return }
                Thread { [self] in serve(connection) }.start()
            }
        }.start()
    }

    /// From now on messages are taken.
    func hear() { state.withLock { $0.isDeaf = false } }

    /// What was posted, the deaf time included.
    var bodies: [String] { state.withLock { $0.bodies } }

    func close() { shutdown(socket, Int32(SHUT_RDWR)) }

    private func serve(_ connection: Int32) {
        defer { Glibc.close(connection) }
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 8_192)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            text += String(decoding: buffer[0..<count], as: UTF8.self)
            while let end = text.range(of: "\r\n\r\n") {
                let head = text[..<end.lowerBound].lowercased()
                let length =
                    head.components(separatedBy: "content-length:").last.flatMap {
                        Int($0.prefix { $0 != "\r" }.trimmingCharacters(in: .whitespaces))
                    } ?? 0
                let body = text[end.upperBound...]
                guard body.utf8.count >= length else { break }
                let isDeaf = state.withLock { state in
                    state.bodies.append(String(body))
                    return state.isDeaf
                }
                text = ""
                if isDeaf { continue }
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"
                _ = answer.withCString { send(connection, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
            }
        }
    }
}
