import Foundation
import Synchronization

/// The far end of telephone calls, on two sockets of its own: it takes as many as are wanted, hears when each packet of
/// sound comes, presses 1 on all of them at once, and hears when each is hung up.
final class RecordingTrunk: Sendable {
    /// One call that was taken.
    private struct Call {
        var id: String
        var taken: Int64
        /// Of the packets in the window: their number since the call's first, and when they came.
        var packets: [(number: Int, at: Int64)] = []
        var first: UInt16?
        /// The earliest that any packet came, as if it had been the first.
        var base = Int64.max
        var place: sockaddr_in?
        var pressed: Int64?
        var ended: Int64?
    }

    private struct State {
        var wanted = 0
        var calls: [Int: Call] = [:]
        var isMeasured = false
    }

    let port: Int
    private let signals: Int32
    private let sound: Int32
    private let soundPort: Int
    private let state = Mutex(State())

    init() throws {
        (signals, port) = try Self.open()
        (sound, soundPort) = try Self.open()
        Thread.detachNewThread { [self] in
            while true {
                let (bytes, from) = Self.receive(signals)
                guard let from else { return }
                take(String(decoding: bytes, as: UTF8.self), from)
            }
        }
        Thread.detachNewThread { [self] in
            while true {
                let (bytes, from) = Self.receive(sound)
                guard let from else { return }
                hear(bytes, from, at: nanoseconds())
            }
        }
    }

    /// Takes calls until so many are up.
    func want(_ count: Int) {
        state.withLock { state in
            state.calls = [:]
            state.wanted = count
            state.isMeasured = false
        }
    }

    /// Calls that are up and have spoken.
    var speaking: Int { state.withLock { $0.calls.values.count { $0.first != nil && $0.ended == nil } } }

    /// Keeps when packets come, from now or no longer.
    func measure(_ isMeasured: Bool) { state.withLock { $0.isMeasured = isMeasured } }

    /// Milliseconds by which each packet of the window came after its turn.
    var lateness: Samples {
        state.withLock { state in
            var samples = Samples()
            for call in state.calls.values {
                for packet in call.packets { samples.add(packet.at - Int64(packet.number) * 20_000_000 - call.base) }
            }
            return samples
        }
    }

    /// Presses 1 on every call by RFC 4733.
    func press() {
        let now = nanoseconds()
        let places = state.withLock { state in
            for port in state.calls.keys { state.calls[port]?.pressed = now }
            return state.calls.values.compactMap(\.place)
        }
        for place in places {
            for (index, packet) in [(false, 160), (false, 320), (true, 480), (true, 480), (true, 480)].enumerated() {
                let bytes: [UInt8] =
                    [0x80, index == 0 ? 0xE5 : 0x65, 0, UInt8(index + 1), 0, 0, 0x10, 0, 1, 2, 3, 4, 1]
                    + [packet.0 ? 0x8A : 0x0A, UInt8(packet.1 >> 8), UInt8(packet.1 & 255)]
                Self.send(bytes, sound, place)
            }
        }
    }

    /// Calls that were hung up after the press, and how long after it.
    var answered: Samples {
        state.withLock { state in
            var samples = Samples()
            for call in state.calls.values {
                if let pressed = call.pressed, let ended = call.ended, ended > pressed { samples.add(ended - pressed) }
            }
            return samples
        }
    }

    private func hear(_ bytes: [UInt8], _ from: sockaddr_in, at now: Int64) {
        guard bytes.count == 172, bytes[1] & 0x7F == 8 else { return }
        let sequence = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        let port = Int(in_port_t(bigEndian: from.sin_port))
        state.withLock { state in
            guard var call = state.calls.removeValue(forKey: port) else { return }
            if call.first == nil {
                call.first = sequence
                call.place = from
            }
            let number = Int(sequence &- (call.first ?? sequence))
            call.base = min(call.base, now - Int64(number) * 20_000_000)
            if state.isMeasured { call.packets.append((number, now)) }
            state.calls[port] = call
        }
    }

    private func take(_ text: String, _ from: sockaddr_in) {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        func field(_ name: String) -> String {
            lines.first { $0.lowercased().hasPrefix(name + ":") }.map {
                $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
            } ?? ""
        }
        guard let method = lines.first?.split(separator: " ").first, !method.hasPrefix("SIP/"), method != "ACK" else {
            return
        }
        func answer(_ status: String, body: String = "") {
            var head = ["SIP/2.0 \(status)"] + lines.filter { $0.lowercased().hasPrefix("via:") }
            head += ["From: \(field("from"))", "Call-ID: \(field("call-id"))", "CSeq: \(field("cseq"))"]
            head.append("To: \(field("to"))" + (field("to").contains("tag=") ? "" : ";tag=bench"))
            head += ["Contact: <sip:bench@127.0.0.1:\(port)>", "Content-Length: \(body.utf8.count)"]
            if !body.isEmpty { head.append("Content-Type: application/sdp") }
            Self.send(Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8), signals, from)
        }
        let id = field("call-id")
        switch method {
        case "INVITE":
            guard
                let media = lines.first(where: { $0.hasPrefix("m=audio ") })?.split(separator: " ").dropFirst().first
                    .flatMap({ Int($0) })
            else { return answer("488 Not Acceptable Here") }
            let isTaken = state.withLock { state in
                if state.calls[media]?.id == id { return true }
                guard state.calls.values.count(where: { $0.ended == nil }) < state.wanted else { return false }
                state.calls[media] = Call(id: id, taken: nanoseconds())
                return true
            }
            guard isTaken else { return answer("486 Busy Here") }
            answer("180 Ringing")
            answer(
                "200 OK",
                body: [
                    "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
                    "m=audio \(soundPort) RTP/AVP 8 101", "",
                ].joined(separator: "\r\n"))
        case "BYE":
            let now = nanoseconds()
            state.withLock { state in
                for (port, call) in state.calls where call.id == id && call.ended == nil {
                    state.calls[port]?.ended = now
                }
            }
            answer("200 OK")
        default: answer("200 OK")
        }
    }

    private static func open() throws -> (Int32, Int) {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var room: Int32 = 8 << 20
        setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
        let isOpen = withUnsafeMutablePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
            }
        }
        guard isOpen else { throw BenchError(description: "no port for a trunk") }
        return (socket, Int(in_port_t(bigEndian: place.sin_port)))
    }

    private static func receive(_ socket: Int32) -> ([UInt8], sockaddr_in?) {
        var from = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var got = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 8_192) { buffer, count in
            got = withUnsafeMutablePointer(to: &from) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(socket, buffer.baseAddress, 8_192, 0, $0, &size)
                }
            }
            count = max(0, got)
        }
        return (bytes, got < 0 ? nil : from)
    }

    private static func send(_ bytes: [UInt8], _ socket: Int32, _ place: sockaddr_in) {
        var place = place
        _ = withUnsafePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                bytes.withUnsafeBytes {
                    sendto(socket, $0.baseAddress, $0.count, 0, place, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }
}
