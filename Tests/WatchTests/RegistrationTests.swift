import GB28181
import Kernel
import SIP
import Simulator
import Storage
import Testing

@testable import Watch

@Suite("Devices come, go, and come back", .serialized)
struct RegistrationTests {
    @Test(
        "A registered recorder is let in and its cameras are listed, over each transport, on each engine",
        arguments: [SIPHop.Transport.udp, .tcp], Engine.allCases)
    func comes(_ transport: SIPHop.Transport, _ engine: Engine) async throws {
        let town = try await WatchTown(engine)
        try await town.register()
        try await town.play({
            $0.transport = transport
            $0.cameras = 25
        }) { played in
            try await expectSoon { try await town.cameras().count == 25 }
            let device = try #require(try await town.devices().first)
            #expect(device.isOnline)
            #expect(device.announced == 25 && device.received == 25)
            try await expectSoon { try await town.devices().first?.manufacturer == "SimCam" }
            #expect(played.tally.registered == 1)
        }
        // Switched off properly, it says so.
        try await expectSoon { try await town.devices().first?.isOnline == false }
        await town.stop()
    }

    @Test("Every digest that a device may be given lets it in", arguments: DigestAlgorithm.allCases)
    func digests(_ algorithm: DigestAlgorithm) async throws {
        let town = try await WatchTown()
        try await town.register(algorithm: algorithm)
        try await town.play { played in try await expectSoon { played.tally.registered == 1 } }
        await town.stop()
    }

    @Test("A wrong password and a stranger are refused, and the desk can see who knocked")
    func refused() async throws {
        let town = try await WatchTown()
        try await town.register()
        try await town.play({ $0.password = "wrong-password" }) { played in
            try await expectSoon { played.tally.refused == 1 }
        }
        try await expectSoon { try await town.devices().first?.trouble == "password" }
        try await town.play({ $0.firstSerial = 77 }) { played in
            try await expectSoon { played.tally.refused == 1 }
        }
        #expect(town.platform.directory.strangers.map(\.gbID) == ["99010101001180000077"])
        #expect(try await town.devices().first?.isOnline == false)
        await town.stop()
    }

    @Test("After a restart a device is known at once: nothing waits for its next registration")
    func restart() async throws {
        let town = try await WatchTown()
        try await town.register()
        try await town.play { played in
            try await expectSoon { try await town.devices().first?.isOnline == true }
            await town.stop()
            let again = try await WatchTown(sharing: town, port: town.port)
            let device = try #require(again.platform.directory.all.first)
            #expect(device.isOnline)
            try await expectSoon {
                let answer = await again.platform.ask(
                    device, .query("DeviceStatus", number: again.platform.nextNumber(), of: device.gbID))
                return answer?.element.value("Online") == "ONLINE"
            }
            #expect(played.tally.registered == 1)
            await again.stop()
        }
    }

    @Test("A catalogue that is not whole adds, removes nothing, and says how much is missing")
    func partial() async throws {
        let town = try await WatchTown { $0.catalogueSeconds = 1 }
        try await town.register()
        try await town.play({ $0.cameras = 12 }) { _ in
            try await expectSoon { try await town.cameras().count == 12 }
        }
        try await town.play({
            $0.cameras = 5
            $0.faults = [.partialCatalogue]
        }) { _ in
            try await expectSoon {
                let device = try await town.devices().first
                return device?.announced == 6 && device?.received == 5
            }
            let missing = try await town.cameras().count { $0.isMissing }
            #expect(missing == 0)
        }
        try await town.play({ $0.cameras = 5 }) { _ in
            try await expectSoon { try await town.cameras().count { $0.isMissing } == 7 }
            let all = try await town.cameras().count
            #expect(all == 12)
        }
        await town.stop()
    }

    @Test("Broken XML still gives the cameras")
    func brokenXML() async throws {
        let town = try await WatchTown()
        try await town.register()
        try await town.play({
            $0.cameras = 3
            $0.faults = [.brokenXML]
        }) { _ in
            try await expectSoon { try await town.cameras().count == 3 }
            let name = try await town.cameras().first?.name ?? ""
            #expect(name.hasPrefix("A & B <"))
        }
        await town.stop()
    }

    @Test("Moves reach the camera; recordings are told page by page; an alarm opens one case and is reset")
    func orders() async throws {
        let town = try await WatchTown()
        try await town.register()
        try await town.play { played in
            try await expectSoon { try await town.cameras().count == 1 }
            let camera = try #require(try await town.cameras().first)
            let device = try #require(town.platform.directory.all.first)
            let status = await town.platform.tell(
                device, .ptz(.move(pan: -1, tilt: 1), number: 5, of: camera.gbID), to: camera.gbID)
            #expect(status == 200)
            try await expectSoon { played.tally.moves == ["left up"] }
            let from = CivilTime.instant(2026, 7, 1, 0)
            let records = await town.platform.records(of: camera, device, from: from, to: from + 20 * 3_600_000)
            #expect(records?.count == 20)
            await played.alarm("人员进入深水区", method: 5, type: 6)
            try await expectSoon { played.tally.resets == 1 }
            let cases = try await town.database.read { db in try db.values(String.self, "SELECT title FROM fake_case") }
            #expect(cases == ["watch.alarm.title camera=模拟摄像头1 what=人员进入深水区"])
        }
        await town.stop()
    }

    @Test("A message from an address that has not registered moves no device")
    func spoofed() async throws {
        let town = try await WatchTown()
        try await town.register()
        let endpoint = SIPEndpoint(
            {
                var configuration = SIPEndpoint.Configuration()
                configuration.host = "127.0.0.1"
                configuration.port = 0
                return configuration
            }()
        ) { _ in }
        try await endpoint.start()
        let device = try #require(town.platform.directory.all.first)
        let hop = SIPHop(.udp, "127.0.0.1", town.port)
        var message = SIPMessage(
            .request(.message, uri: "sip:\(GBID.invented)@9901010100"),
            headers: SIPHeaders([
                ("From", "<sip:\(device.gbID)@9901010100>;tag=1"), ("To", "<sip:\(GBID.invented)@9901010100>"),
                ("Call-ID", "x"), ("CSeq", "1 MESSAGE"), ("Max-Forwards", "70"),
            ]))
        message.body = ControlMessage.keepalive(number: 1, of: device.gbID).bytes(for: .v2016)
        #expect(try await endpoint.request(message, to: hop).status == 403)
        #expect(try await town.devices().first?.isOnline == false)
        await endpoint.stop()
        await town.stop()
    }
}
