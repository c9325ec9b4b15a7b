import Kernel
import Synchronization
import Testing

@testable import SIP

private func endpoint(_ heard: @escaping @Sendable (SIPEndpoint.Event) -> Void) -> SIPEndpoint {
    var configuration = SIPEndpoint.Configuration()
    configuration.host = "127.0.0.1"
    configuration.port = 0
    return SIPEndpoint(configuration, heard: heard)
}

private func request(_ method: SIPMethod, to hop: SIPHop, body: [UInt8] = []) -> SIPMessage {
    SIPMessage(
        .request(method, uri: "sip:far@\(hop.host):\(hop.port)"),
        headers: SIPHeaders([
            ("From", "<sip:near@x>;tag=\(SIPEndpoint.tag())"), ("To", "<sip:far@x>"),
            ("Call-ID", SIPEndpoint.tag()), ("CSeq", "1 \(method.rawValue)"), ("Max-Forwards", "70"),
        ]), body: body)
}

@Suite("SIP over sockets")
struct SIPEndpointTests {
    @Test("A request and its answer over both transports on one port", arguments: [SIPHop.Transport.udp, .tcp])
    func ask(_ transport: SIPHop.Transport) async throws {
        let far = endpoint { event in
            if case .request(let incoming) = event {
                var answer = incoming.request.response(200, tag: "f")
                answer.body = incoming.request.body.reversed()
                incoming.respond(answer)
            }
        }
        let port = try await far.start()
        let near = endpoint { _ in }
        try await near.start()
        let hop = SIPHop(transport, "127.0.0.1", port)
        let body = (0..<20_000).map { UInt8(truncatingIfNeeded: $0) }
        let answer = try await near.request(request(.message, to: hop, body: body), to: hop)
        #expect(answer.status == 200)
        #expect(answer.body == body.reversed())
        await near.stop()
        await far.stop()
    }

    @Test("A call: it rings, is accepted, confirmed, and hung up inside its dialog")
    func call() async throws {
        let confirmed = AsyncStream<String>.makeStream()
        let far = endpoint { event in
            switch event {
            case .request(let incoming) where incoming.request.method == .invite:
                incoming.respond(incoming.request.response(180, tag: "f"))
                incoming.respond(incoming.request.response(200, tag: "f"))
            case .request(let incoming): incoming.respond(200, tag: "f")
            case .acknowledged: confirmed.continuation.yield("ack")
            default: break
            }
        }
        let hop = SIPHop(.udp, "127.0.0.1", try await far.start())
        let near = endpoint { _ in }
        try await near.start()
        let invite = request(.invite, to: hop)
        let told = AsyncStream<(Int, SIPMessage?)>.makeStream()
        let key = near.invite(invite, to: hop) { result in
            switch result {
            case .success(let response): told.continuation.yield((response.status ?? 0, response))
            case .failure: told.continuation.yield((0, nil))
            }
        }
        var statuses: [Int] = []
        var accepted: SIPMessage?
        for await (status, response) in told.stream {
            statuses.append(status)
            if status >= 200 || status == 0 {
                accepted = response
                break
            }
        }
        #expect(statuses == [180, 200])
        var dialog = try #require(accepted.flatMap { SIPDialog(request: invite, response: $0) })
        near.acknowledge(key, with: dialog.ack(for: invite), to: hop)
        var iterator = confirmed.stream.makeAsyncIterator()
        #expect(await iterator.next() == "ack")
        #expect(try await near.request(dialog.request(.bye), to: hop).status == 200)
        await near.stop()
        await far.stop()
    }

    @Test("Nobody there over TCP is told at once, not after 32 s")
    func unreachable() async throws {
        let near = endpoint { _ in }
        try await near.start()
        let hop = SIPHop(.tcp, "127.0.0.1", 1)
        await #expect(throws: SIPFailure.unreachable) { try await near.request(request(.message, to: hop), to: hop) }
        await near.stop()
    }
}
