import GB28181
import Kernel
import Simulator
import Storage
import StorageTesting
import Testing

@testable import Watch

@Suite("Subscriptions", .serialized)
struct SubscriptionTests {
    @Test("Catalogue, alarms and positions are asked for, renewed inside their dialogs, and taken up after a restart")
    func renewed() async throws {
        // Renewed after 45 s, with 15 s to spare and 60 s for the restart, however slow the machine.
        let town = try await WatchTown { $0.subscriptionSeconds = 60 }
        try await town.register()
        try await town.play { played in
            try await expectSoon { played.tally.subscriptions.count == 3 }
            #expect(Set(played.tally.subscriptions) == ["Catalog", "Alarm", "MobilePosition"])
            try await expectSoon(within: 90) { played.tally.renewals >= 3 }
            #expect(played.tally.subscriptions.count == 3)
            await town.stop()
            let before = played.tally.renewals
            let again = try await WatchTown(sharing: town, port: town.port) { $0.subscriptionSeconds = 3_600 }
            try await expectSoon { played.tally.renewals >= before + 3 }
            #expect(played.tally.subscriptions.count == 3)
            await again.stop()
        }
    }

    @Test("A device that takes none is left alone until it registers anew")
    func refused() async throws {
        let town = try await WatchTown { $0.subscriptionSeconds = 2 }
        try await town.register()
        try await town.play({
            $0.faults = [.noSubscriptions]
            $0.heartbeatSeconds = 1
        }) { played in
            try await expectSoon { played.tally.alive >= 3 }
            #expect(played.tally.subscriptions.isEmpty)
            let key = Subscriptions.Key(
                device: try #require(town.platform.directory.all.first).gbID, topic: .position)
            #expect(await town.platform.subscriptions.entry(key) == nil)
        }
        await town.stop()
    }

    @Test("A camera that moves is where it told last; its way is kept nowhere", arguments: Engine.allCases)
    func position(_ engine: Engine) async throws {
        let town = try await WatchTown(engine)
        try await town.register()
        try await town.play { played in
            try await expectSoon { try await town.cameras().count == 1 }
            let camera = try #require(try await town.cameras().first)
            for step in 0..<3 {
                let point = try #require(GeoPoint(lat: 30.5 + Double(step) / 1_000, lon: 104.1))
                await played.position(point, speed: 20)
            }
            let found = try await town.database.read { db in try PositionStore.find(camera.id, in: db) }
            #expect(found?.point?.lat == 30.502 && found?.speed == 20)
            let fresh = try await town.database.read { db in try PositionStore.fresh(since: .now - 60_000, in: db) }
            #expect(fresh.count == 1)
        }
        await town.stop()
    }

    @Test("The newer edition lists positions, the older one names its own; nowhere is nothing")
    func editions() throws {
        func notice(_ inside: String) throws -> ControlMessage {
            try #require(
                ControlMessage(
                    Array(
                        ("<?xml version=\"1.0\"?><Notify><CmdType>MobilePosition</CmdType><SN>1</SN>"
                            + "<DeviceID>51010601001320000101</DeviceID>\(inside)</Notify>").utf8)))
        }
        let one = MobilePosition.all(
            in: try notice("<Time>2026-07-01T08:00:00</Time><Longitude>104.05</Longitude><Latitude>30.69</Latitude>"))
        #expect(one.map(\.camera) == ["51010601001320000101"] && one.first?.point.lat == 30.69)
        let several = MobilePosition.all(
            in: try notice(
                """
                <DeviceList Num="2"><Item><DeviceID>51010601001320000102</DeviceID><Longitude>104</Longitude>\
                <Latitude>30</Latitude></Item><Item><DeviceID>51010601001320000103</DeviceID><Longitude>0</Longitude>\
                <Latitude>0</Latitude></Item></DeviceList>
                """))
        #expect(several.map(\.camera) == ["51010601001320000102"])
    }
}
