import Kernel
import Synchronization
import Testing

@testable import SIP

/// What effects came to, in words that a test can compare.
private func words(_ effects: [SIPEffect]) -> [String] {
    effects.map { effect in
        switch effect {
        case .transmit(let bytes, _):
            "send " + String(decoding: bytes.prefix { $0 != 32 && $0 != 13 }, as: UTF8.self)
                + (String(decoding: bytes.prefix(11), as: UTF8.self).hasPrefix("SIP/2.0 ")
                    ? " " + String(decoding: bytes.dropFirst(8).prefix(3), as: UTF8.self) : "")
        case .request(let message, _, _): "request \(message.method?.rawValue ?? "")"
        case .acknowledged: "acknowledged"
        case .cancelled: "cancelled"
        case .unacknowledged: "unacknowledged"
        case .response(let message, _, _): "response \(message.status ?? 0)"
        case .timedOut: "timeout"
        }
    }
}

private func message(_ method: SIPMethod, branch: String = "z9hG4bK1", number: UInt32 = 1) -> SIPMessage {
    SIPMessage(
        .request(method, uri: "sip:b@10.0.0.2"),
        headers: SIPHeaders([
            ("Via", "SIP/2.0/UDP 10.0.0.1:5060;rport;branch=\(branch)"), ("From", "<sip:a@x>;tag=1"),
            ("To", "<sip:b@x>"), ("Call-ID", "c"), ("CSeq", "\(number) \(method.rawValue)"),
        ]))
}

private let udp = SIPHop(.udp, "10.0.0.2", 5_060)
private let zero = Instant(ms: 0)

@Suite("SIP transactions")
struct SIPTransactionTests {
    @Test("A request over UDP is repeated after 0.5, 1.5, 3.5, 7.5, 11.5 s and given up after 32 s")
    func timerE() {
        var machine = SIPTransactions()
        _ = machine.send(message(.message), to: udp, at: zero)
        var times: [Int64] = []
        var last: [String] = []
        for ms in stride(from: Int64(0), through: 33_000, by: 100) {
            let effects = words(machine.expire(at: Instant(ms: ms)))
            if effects == ["send MESSAGE"] { times.append(ms) } else if !effects.isEmpty { last = effects }
        }
        #expect(times == [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500])
        #expect(last == ["timeout"])
        #expect(machine.count == 0)
    }

    @Test("Over TCP nothing is repeated")
    func tcp() {
        var machine = SIPTransactions()
        _ = machine.send(message(.message), to: SIPHop(.tcp, "10.0.0.2", 5_060), at: zero)
        #expect(machine.expire(at: Instant(ms: 31_000)).isEmpty)
        #expect(words(machine.expire(at: Instant(ms: 32_000))) == ["timeout"])
    }

    @Test("A request that comes again gets the same answer, and is told once")
    func serverRepeats() {
        var machine = SIPTransactions()
        let first = machine.receive(message(.message), from: udp, at: zero)
        #expect(words(first) == ["request MESSAGE"])
        #expect(machine.receive(message(.message), from: udp, at: zero).isEmpty)
        guard case .request(let request, let key, _)? = first.first else { return }
        #expect(words(machine.respond(request.response(200), to: key, at: zero)) == ["send SIP/2.0 200"])
        #expect(words(machine.receive(message(.message), from: udp, at: zero + 400)) == ["send SIP/2.0 200"])
        #expect(machine.respond(request.response(500), to: key, at: zero).isEmpty)
        _ = machine.expire(at: zero + 32_000)
        #expect(machine.count == 0)
    }

    @Test("A refused INVITE is confirmed by itself, again for each repetition; an accepted one by its user")
    func inviteClient() {
        var machine = SIPTransactions()
        let invite = message(.invite)
        let (key, _) = machine.send(invite, to: udp, at: zero)
        #expect(words(machine.receive(invite.response(100), from: udp, at: zero)) == ["response 100"])
        let busy = invite.response(486, tag: "t")
        #expect(words(machine.receive(busy, from: udp, at: zero)) == ["send ACK", "response 486"])
        #expect(words(machine.receive(busy, from: udp, at: zero)) == ["send ACK"])
        #expect(machine.acknowledge(key, with: message(.ack), to: udp).count == 1)

        var other = SIPTransactions()
        let (accepted, _) = other.send(invite, to: udp, at: zero)
        let ok = invite.response(200, tag: "t")
        #expect(words(other.receive(ok, from: udp, at: zero)) == ["response 200"])
        _ = other.acknowledge(accepted, with: message(.ack, branch: "z9hG4bK2"), to: udp)
        #expect(words(other.receive(ok, from: udp, at: zero + 500)) == ["send ACK"])
    }

    @Test("CANCEL waits until it rings, and the far end's is answered and told")
    func cancel() {
        var machine = SIPTransactions()
        let invite = message(.invite)
        let (key, _) = machine.send(invite, to: udp, at: zero)
        #expect(machine.cancel(key, at: zero).isEmpty)
        #expect(
            words(machine.receive(invite.response(180, tag: "t"), from: udp, at: zero)) == [
                "response 180", "send CANCEL",
            ])

        var server = SIPTransactions()
        _ = server.receive(invite, from: udp, at: zero)
        let effects = server.receive(message(.cancel), from: udp, at: zero)
        #expect(words(effects) == ["send SIP/2.0 200", "cancelled"])
        #expect(
            words(server.receive(message(.cancel, branch: "z9hG4bKx"), from: udp, at: zero)) == ["send SIP/2.0 481"])
    }

    @Test("A 2xx of ours goes out again until its ACK comes; without one that is told")
    func inviteServer() {
        var machine = SIPTransactions()
        guard case .request(let invite, let key, _)? = machine.receive(message(.invite), from: udp, at: zero).first
        else { return }
        _ = machine.respond(invite.response(200, tag: "t"), to: key, at: zero)
        #expect(words(machine.expire(at: zero + 500)) == ["send SIP/2.0 200"])
        #expect(
            words(machine.receive(message(.ack, branch: "z9hG4bKack"), from: udp, at: zero + 600)) == ["acknowledged"])
        #expect(machine.expire(at: zero + 20_000).isEmpty)

        var lonely = SIPTransactions()
        guard case .request(let second, let other, _)? = lonely.receive(message(.invite), from: udp, at: zero).first
        else { return }
        _ = lonely.respond(second.response(200, tag: "t"), to: other, at: zero)
        var seen: [String] = []
        for ms in stride(from: Int64(0), through: 33_000, by: 500) { seen += words(lonely.expire(at: zero + ms)) }
        #expect(seen.last == "unacknowledged")
    }

    @Test("An answer goes to the port that a request came from when it asks so, else to the one it names")
    func rport() {
        let far = SIPHop(.udp, "192.0.2.9", 40_001)
        let stamped = SIPRouting.stamp(message(.message), from: far)
        #expect(stamped.via?.parameter("rport") == "40001")
        #expect(stamped.via?.parameter("received") == "192.0.2.9")
        #expect(SIPRouting.answerHop(stamped, from: far) == far)
        var plain = message(.message)
        plain.headers["Via"] = "SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1"
        #expect(SIPRouting.answerHop(SIPRouting.stamp(plain, from: far), from: far) == SIPHop(.udp, "192.0.2.9", 5_070))
    }

    @Test("A dialog counts its own requests, refuses old ones of the other end, and knows its routes")
    func dialog() throws {
        let invite = message(.invite, number: 7)
        var ok = invite.response(200, tag: "far")
        ok.headers.add("Contact", "<sip:b@10.0.0.9:5061>")
        ok.headers.add("Record-Route", "<sip:p1;lr>")
        ok.headers.add("Record-Route", "<sip:p2;lr>")
        var dialog = try #require(SIPDialog(request: invite, response: ok))
        let bye = dialog.request(.bye)
        #expect(bye.uri == "sip:b@10.0.0.9:5061")
        #expect(bye.cseq == CSeq(8, .bye))
        #expect(bye.headers.all("Route") == ["<sip:p2;lr>", "<sip:p1;lr>"])
        #expect(dialog.ack(for: invite).cseq == CSeq(7, .ack))

        let own = invite.response(200, tag: "mine")
        var answered = try #require(SIPDialog(answering: invite, with: own))
        var info = message(.info, number: 8)
        info.headers["To"] = own.headers["To"]
        #expect(answered.holds(info))
        let (first, second) = (answered.accept(info), answered.accept(info))
        #expect(first && !second)
    }
}
