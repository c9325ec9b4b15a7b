import Foundation
import GB26875
import Kernel
import Logging
import Storage
import Testing

@testable import FireGuard

@Suite("The GB/T 26875.3 server on real sockets")
struct UITDServerTests {
    /// Runs a server on a free port for the time of `body`.
    private func withServer(
        _ town: Town, change: (inout UITDConfiguration) -> Void = { _ in },
        _ body: (UITDServer, Int) async throws -> Void
    ) async throws {
        var bounds = UITDConfiguration()
        bounds.host = "127.0.0.1"
        bounds.port = 0
        bounds.clockToleranceSeconds = 0
        change(&bounds)
        let directory = GatewayDirectory()
        try await directory.load(town.database)
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let server = UITDServer(
            bounds, ingest: town.ingest, directory: directory, logger: Logger(label: "test")
        ) { told.yield($0) }
        let running = Task { try await server.run() }
        let courier = RollCallCourier(database: town.database, server: server, logger: Logger(label: "test"))
        let sending = Task { try await courier.run() }
        defer {
            running.cancel()
            sending.cancel()
        }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else { return }
        try await body(server, port)
    }

    @Test("A fire frame is an alarm with a case before it is confirmed with its own serial number")
    func fire() async throws {
        let town = try await Town()
        try await withServer(town) { _, port in
            let device = try TestDevice(port: port)
            await device.send(TestFrame.fire(point: 1, serial: 0x2301))
            let answer = await device.receive(30)
            let alarm = try #require(try await town.alarms().first)
            #expect(alarm.detector == DetectorID(rawValue: 1) && alarm.caseID != nil)
            #expect(answer.count == 30 && answer[26] == 3 && answer[2] == 0x01 && answer[3] == 0x23)
            #expect(Array(answer[12..<18]) == TestFrame.centre && Array(answer[18..<24]) == TestFrame.source)
        }
    }

    @Test("The published frame, whose test bit is set, is a fire of zone 10 point 2")
    func published() async throws {
        let town = try await Town()
        try await withServer(town) { _, port in
            let device = try TestDevice(port: port)
            await device.send(
                TestFrame.hex(
                    "40400100010120 3a091a090c 790300000000 385b01000000 3000 02 02010101 28 0a000200 0200"
                        + String(repeating: "20", count: 30) + "00 023a091a090c 46 2323"))
            #expect(await device.answers(1).first?.command == 3)
            let alarm = try #require(try await town.alarms().first)
            #expect(alarm.detector == DetectorID(rawValue: 2) && alarm.isMarkedTest && alarm.severity == 3)
            #expect(alarm.deviceTime == CivilTime.instant(2012, 9, 26, 9, 58, 2))
        }
    }

    @Test("Halves, glued frames and dirt between them lose nothing")
    func stream() async throws {
        let town = try await Town()
        try await withServer(town) { _, port in
            let device = try TestDevice(port: port)
            let first = TestFrame.fire(point: 1, serial: 1)
            await device.send(Array(first[..<40]))
            try await Task.sleep(for: .milliseconds(30))
            await device.send(Array(first[40...]) + TestFrame.fire(point: 2, serial: 2) + [0x40, 0x40, 1, 0x23])
            await device.send([0, 0xff] + TestFrame.fire(point: 3, serial: 3))
            #expect(await device.answers(3).map(\.serial) == [1, 2, 3])
            #expect(try await town.alarms().count == 3)
        }
    }

    @Test("A wrong checksum is denied and stores nothing; the same frame put right is an alarm")
    func badSum() async throws {
        let town = try await Town()
        try await withServer(town) { _, port in
            let device = try TestDevice(port: port)
            var frame = TestFrame.fire(point: 1, serial: 9)
            frame[frame.count - 3] &+= 1
            await device.send(frame)
            let denial = await device.answers(1).first
            #expect(denial?.command == 6 && denial?.serial == 9)
            #expect(try await town.alarms().isEmpty)
            frame[frame.count - 3] &-= 1
            await device.send(frame)
            #expect(await device.answers(1).first?.command == 3)
            #expect(try await town.alarms().count == 1)
        }
    }

    @Test(
        "A count that the data cannot hold, and an unknown type, are denied", arguments: [[2, 200, 1, 1], [77, 1, 0]])
    func malformed(data: [UInt8]) async throws {
        let town = try await Town()
        try await withServer(town) { _, port in
            let device = try TestDevice(port: port)
            await device.send(TestFrame.frame(data))
            #expect(await device.answers(1).first?.command == 6)
        }
    }

    @Test("A frame that never ends costs no memory and is closed after the bound")
    func endless() async throws {
        let town = try await Town()
        try await withServer(town) { server, port in
            let device = try TestDevice(port: port)
            let start = [UInt8](TestFrame.fire(point: 1)[..<24]) + [0xff, 0xff, 2]
            var isOpen = await device.send(start)
            for _ in 0..<200 where isOpen { isOpen = await device.send([UInt8](repeating: 0x41, count: 1_000)) }
            #expect(await device.receive(1).isEmpty)
            for _ in 0..<100 where server.connections > 0 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(server.connections == 0)
        }
    }

    @Test("A flood of garbage from one address ends each connection and holds up no fire from the same address")
    func flood() async throws {
        let town = try await Town()
        try await withServer(town) { _, port in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        let device = try TestDevice(port: port)
                        for _ in 0..<100 where await device.send([UInt8](repeating: 0x5a, count: 2_000)) {}
                    }
                }
                let device = try TestDevice(port: port)
                await device.send(TestFrame.fire(point: 1))
                #expect(await device.answers(1).first?.command == 3)
                try await group.waitForAll()
            }
            #expect(try await town.alarms().count == 1)
        }
    }

    @Test("A resent frame is confirmed again and raises nothing again")
    func resend() async throws {
        let town = try await Town()
        try await withServer(town) { _, port in
            let device = try TestDevice(port: port)
            let frame = TestFrame.fire(point: 1)
            await device.send(frame + frame)
            await device.send(frame)
            #expect(await device.answers(3).map(\.command) == [3, 3, 3])
            #expect(try await town.alarms().map(\.repeats) == [0])
        }
    }

    @Test("Heartbeats are confirmed, write nothing and keep the gateway in sight")
    func heartbeat() async throws {
        let town = try await Town()
        try await withServer(town) { _, port in
            let device = try TestDevice(port: port)
            let before = try await town.count("SELECT id FROM fire_signal")
            for serial in 0..<50 { await device.send(TestFrame.frame([], serial: UInt16(serial))) }
            #expect(await device.answers(50).map(\.serial) == (0..<50).map { UInt16($0) })
            #expect(try await town.count("SELECT id FROM fire_signal") == before)
            #expect(town.ingest.presence.lastSeen(.gateway(town.gateway.id)) != nil)
        }
    }

    @Test("A device whose clock is wrong is set right once")
    func clock() async throws {
        let town = try await Town()
        try await withServer(town, change: { $0.clockToleranceSeconds = 60 }) { _, port in
            let device = try TestDevice(port: port)
            var wrong = Frame(
                serial: 7, time: [0, 0, 0, 1, 1, 20], source: TestFrame.source, destination: TestFrame.centre,
                command: 2, data: [])
            await device.send(wrong.bytes)
            let answers = await device.receive(30 + 38)
            #expect(answers.count == 68 && answers[26] == 3)
            #expect(answers[30 + 26] == 1 && answers[30 + 27] == 90)
            wrong.serial = 8
            await device.send(wrong.bytes)
            #expect(await device.answers(1).first?.serial == 8)
        }
    }

    @Test("A roll-call reaches the post, and the key pressed there is its answer")
    func rollCall() async throws {
        let town = try await Town()
        try await withServer(town) { server, port in
            let device = try TestDevice(port: port)
            await device.send(TestFrame.frame([]))
            #expect(await device.answers(1).count == 1)
            async let asked = RollCalls(database: town.database, server: server).ask(
                town.gateway.id, minutes: 10, by: "值班员", at: .now
            ) { try await town.database.write($0) }
            let order = await device.receive(33)
            #expect(order.count == 33 && order[26] == 1 && Array(order[27..<30]) == [91, 1, 10])
            let serial = UInt16(order[2]) | UInt16(order[3]) << 8
            await device.send(TestFrame.frame([], serial: serial, command: 3))
            #expect(try await asked.outcome == .delivered)
            await device.send(TestFrame.frame([24, 1, 0x20, 1] + FrameTime.bytes(.now), serial: 44))
            #expect(await device.answers(1).first?.command == 3)
            let gateway = town.gateway.id
            let calls = try await town.database.read { db in
                try RollCallStore.list(RollCallFilter(gateway: gateway), limit: 10, in: db)
            }
            #expect(calls.map(\.outcome) == [.answered])
            // A repeat of the request asks nobody again.
            let first = try #require(calls.first?.id)
            let again = try await RollCalls(database: town.database, server: server).ask(
                gateway, minutes: 10, by: "值班员", at: .now
            ) { _ in first }
            #expect(again.outcome == .answered && again.id == first)
        }
    }

    @Test("A roll-call reaches a post that is connected to another node, and tells of one that is connected to none")
    func rollCallElsewhere() async throws {
        let town = try await Town()
        try await withServer(town) { _, port in
            try await withServer(town) { asked, _ in
                let calls = RollCalls(database: town.database, server: asked)
                let first = try await calls.ask(town.gateway.id, minutes: 5, by: "值班员", at: .now) {
                    try await town.database.write($0)
                }
                #expect(first.outcome == .undelivered)
                let device = try TestDevice(port: port)
                await device.send(TestFrame.frame([]))
                #expect(await device.answers(1).count == 1)
                async let second = calls.ask(town.gateway.id, minutes: 10, by: "值班员", at: .now) {
                    try await town.database.write($0)
                }
                let order = await device.receive(33)
                #expect(order.count == 33 && Array(order[27..<30]) == [91, 1, 10])
                let serial = UInt16(order[2]) | UInt16(order[3]) << 8
                await device.send(TestFrame.frame([], serial: serial, command: 3))
                let id = try await second.id
                // Under load the confirmation may come after the wait for it: what is stored in the end counts.
                for _ in 0..<200 {
                    let now = try await town.database.read { db in try RollCallStore.find(id, in: db)?.outcome }
                    if now == .delivered { return }
                    try await Task.sleep(for: .milliseconds(100))
                }
                Issue.record("the roll-call was not delivered")
            }
        }
    }

    @Test("Connections beyond the bound are refused")
    func bound() async throws {
        let town = try await Town()
        try await withServer(town, change: { $0.connections = 2 }) { _, port in
            let devices = try [TestDevice(port: port), TestDevice(port: port)]
            for device in devices {
                await device.send(TestFrame.frame([]))
                #expect(await device.answers(1).count == 1)
            }
            let third = try TestDevice(port: port)
            await third.send(TestFrame.frame([]))
            #expect(await third.receive(30).isEmpty)
        }
    }

    @Test("The text of a real frame with GB 18030 in it names the place of an unregistered detector")
    func text() async throws {
        let town = try await Town()
        try await withServer(town) { _, port in
            let device = try TestDevice(port: port)
            await device.send(
                TestFrame.hex(
                    "404000000101 180d11160a14 000000000000 060504030201 3000 02 02010103 00 d9000600 0200"
                        + "a3c1c7f8a3b1b2e3dfc8b2b8d7dfc0c8" + String(repeating: "00", count: 15)
                        + "301213010814 68 2323"))
            #expect(await device.answers(1).first?.command == 3)
            #expect(try await town.alarms().first?.place == "Ａ区１层呷哺走廊")
        }
    }
}
