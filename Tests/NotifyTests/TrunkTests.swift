import Foundation
import Kernel
import Logging
import SIP
import Simulator
import Synchronization
import Testing

@testable import Notify

@Suite("Trunks")
struct TrunkTests {
    private static let tone = (0..<4_000).map { ALaw.encode(Int16(8_000 * sin(Double($0) * 0.4))) }

    private func trunk(_ pbx: FakePBX, password: String = "secret", registers: Bool = false) -> SIPTrunk {
        SIPTrunk(
            hop: SIPHop(.udp, "127.0.0.1", pbx.port), domain: "pbx.example", user: "zhili", password: password,
            listenHost: "127.0.0.1", registers: registers)
    }

    private func carrier(_ trunk: SIPTrunk, _ others: [SIPTrunk] = []) -> SIPCarrier {
        SIPCarrier(
            trunk, others: others, hint: "按一", logger: Logger(label: "test"), speech: { _ in Self.tone }
        ) { _, _, _ in }
    }

    private func until(_ what: String, _ holds: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while try await !holds() {
            try #require(ContinuousClock.now < end, "not in time: \(what)")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test("It registers with a log-in, renews in time, calls as one who is registered, and ends it when it stops")
    func registers() async throws {
        let pbx = try await FakePBX.start(password: "secret")
        pbx.demandRegistration(grant: 2)
        let carrier = carrier(trunk(pbx, registers: true))
        #expect(await carrier.pulse() == false)
        try await carrier.start()
        try await until("it is registered") { await carrier.pulse() == true }
        guard case .taken = await carrier.send(message(.call)) else {
            Issue.record("a registered caller was not let through")
            return
        }
        #expect(pbx.numbers == ["19900000001"])
        // Two seconds were granted: it is renewed before they are over.
        try await until("it is renewed") { pbx.registrations.count >= 4 }
        #expect(pbx.registrations.allSatisfy { $0 == 300 })
        await carrier.stop()
        #expect(pbx.registrations.last == 0)
        await pbx.stop()
    }

    @Test("A registrar that wants longer registrations gets them")
    func brief() async throws {
        let pbx = try await FakePBX.start(password: "secret")
        pbx.demandRegistration(grant: 3_600, least: 1_800)
        let carrier = carrier(trunk(pbx, registers: true))
        try await carrier.start()
        try await until("it is registered") { await carrier.pulse() == true }
        #expect(pbx.registrations == [1_800])
        await carrier.stop()
        await pbx.stop()
    }

    @Test("A wrong password registers nobody, and the carrier says that it is not alive")
    func password() async throws {
        let pbx = try await FakePBX.start(password: "secret")
        pbx.demandRegistration(grant: 300)
        let carrier = carrier(trunk(pbx, password: "wrong", registers: true))
        try await carrier.start()
        try await Task.sleep(for: .milliseconds(500))
        #expect(await carrier.pulse() == false)
        #expect(pbx.registrations.isEmpty)
        guard case .refused = await carrier.send(message(.call)) else {
            Issue.record("a call without a registration was taken")
            return
        }
        await carrier.stop()
        await pbx.stop()
    }

    @Test(
        "Where the first trunk is down or says nothing, the second one rings, once",
        arguments: [FakePBX.Mode.down, .silent])
    func failOver(_ mode: FakePBX.Mode) async throws {
        let (first, second) = (
            try await FakePBX.start(password: "secret"), try await FakePBX.start(password: "secret")
        )
        first.set(mode)
        let carrier = carrier(trunk(first), [trunk(second)])
        try await carrier.start()
        guard case .taken = await carrier.send(message(.call)) else {
            Issue.record("no trunk rang")
            return
        }
        #expect((first.numbers.count, second.numbers.count) == (0, 1))
        await carrier.stop()
        await first.stop()
        await second.stop()
    }

    @Test("Busy is the person's: no other trunk is asked to ring a person who talks")
    func busy() async throws {
        let (first, second) = (
            try await FakePBX.start(password: "secret"), try await FakePBX.start(password: "secret")
        )
        first.set(.busy)
        let carrier = carrier(trunk(first), [trunk(second)])
        try await carrier.start()
        #expect(await carrier.send(message(.call)) == .refused("SIP 486"))
        #expect(second.numbers.isEmpty)
        await carrier.stop()
        await first.stop()
        await second.stop()
    }

    @Test("A trunk that knows us by address is asked whether it lives; one that does not answer is not alive")
    func pulse() async throws {
        let pbx = try await FakePBX.start(password: "secret")
        let carrier = carrier(trunk(pbx))
        try await carrier.start()
        try await until("it lives") { await carrier.pulse() == true }
        #expect(pbx.alive >= 1 && pbx.registrations.isEmpty)
        await carrier.stop()
        #expect(await carrier.pulse() == false)
        pbx.set(.down)
        let other = self.carrier(trunk(pbx))
        try await other.start()
        try await until("it was asked") { pbx.alive >= 2 }
        #expect(await other.pulse() == false)
        await other.stop()
        await pbx.stop()
    }
}
