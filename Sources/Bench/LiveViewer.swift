import Foundation

/// One browser's place at the media process: a WebSocket (RFC 6455) over a blocking connection.
final class LiveViewer {
    /// What comes, as the page's player gets it.
    enum Message {
        /// A picture as a fragment of MP4.
        case picture(isKey: Bool, bytes: [UInt8])
        /// A word about the stream, as JSON.
        case word(String)
        /// The start of the stream, or sound.
        case other
    }

    private let connection: Connection
    private var rest: [UInt8] = []
    private var index = 0

    /// Comes with a ticket.
    init(port: Int, path: String) throws {
        connection = try Connection(port: port)
        let head = [
            "GET \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: \(Data((0..<16).map { UInt8($0) }).base64EncodedString())",
        ]
        connection.send(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8))
        let end = Array("\r\n\r\n".utf8)
        var at: Int?
        while at == nil {
            guard try fill() else { throw BenchError(description: "no WebSocket") }
            at = rest.indices.dropLast(3).first { rest[$0] == end[0] && rest[$0..<$0 + 4].elementsEqual(end) }
        }
        let answer = String(decoding: rest[..<(at ?? 0)], as: UTF8.self)
        guard answer.contains(" 101 ") else { throw BenchError(description: "no WebSocket: \(answer.prefix(80))") }
        index = (at ?? 0) + 4
    }

    /// The socket, for whoever only drains it.
    var descriptor: Int32 { connection.descriptor }

    /// Reads more; `false` at the end, or after 20 s of silence.
    private func fill() throws -> Bool {
        if index > 0 {
            rest.removeFirst(index)
            index = 0
        }
        let more = connection.receive()
        rest += more
        return !more.isEmpty
    }

    /// The next message; `nil` at the end.
    func next() throws -> Message? {
        while true {
            if let (opcode, payload) = frame() {
                switch opcode {
                case 1: return .word(String(decoding: payload, as: UTF8.self))
                case 2:
                    guard let tag = payload.first, tag == 2 || tag == 3 else { return .other }
                    return .picture(isKey: tag == 2, bytes: Array(payload.dropFirst()))
                case 8: return nil
                default: continue
                }
            }
            guard try fill() else { return nil }
        }
    }

    /// Waits for a picture with which decoding may begin.
    func firstKey() throws {
        var last = "nothing was said"
        while let message = try next() {
            switch message {
            case .picture(true, _): return
            case .word(let text): last = text
            default: break
            }
        }
        throw BenchError(description: "no picture came: \(last)")
    }

    private func frame() -> (UInt8, ArraySlice<UInt8>)? {
        let count = rest.count - index
        guard count >= 2 else { return nil }
        var (length, head) = (Int(rest[index + 1] & 127), 2)
        if length >= 126 {
            let digits = length == 126 ? 2 : 8
            guard count >= 2 + digits else { return nil }
            length = rest[index + 2..<index + 2 + digits].reduce(0) { $0 << 8 | Int($1) }
            head += digits
        }
        guard count >= head + length else { return nil }
        defer { index += head + length }
        return (rest[index] & 15, rest[index + head..<index + head + length])
    }
}

/// Viewers who take everything and look at nothing: one thread for all, so that many cost little here.
final class ViewerCrowd: @unchecked Sendable {
    private let viewers: [LiveViewer]
    private let thread = DispatchGroup()
    // Written before the thread is waited for, read by it.
    private nonisolated(unsafe) var isOver = false

    init(_ viewers: [LiveViewer]) {
        self.viewers = viewers
        DispatchQueue.global().async(group: thread) { [self] in
            var places = self.viewers.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
            var buffer = [UInt8](repeating: 0, count: 1 << 18)
            while !isOver {
                guard poll(&places, nfds_t(places.count), 50) > 0 else { continue }
                for place in places.indices where places[place].revents != 0 {
                    if recv(places[place].fd, &buffer, buffer.count, Int32(MSG_DONTWAIT)) <= 0 {
                        // Gone: not asked about any more.
                        places[place].fd = -1
                    }
                }
            }
        }
    }

    /// Goes away.
    func stop() {
        isOver = true
        thread.wait()
        for viewer in viewers { shutdown(viewer.descriptor, Int32(SHUT_RDWR)) }
    }
}
