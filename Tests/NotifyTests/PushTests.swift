import AsyncHTTPClient
import Foundation
import Identity
import Kernel
import Logging
import struct NIOCore.TimeAmount
import Simulator
import Storage
import StorageTesting
import Testing
import WebPush

@testable import Notify

@Suite("Notices to browsers")
struct PushTests {
    private let staff = StaffID(rawValue: 4)

    private func trial(
        _ engine: Engine = .sqlite,
        _ check: (FakePushService, PushCarrier, any Database) async throws -> Void
    ) async throws {
        let storage = try await TestDatabase(engine)
        try await Migrator.migrate(storage.database, try IdentityRoom.schema() + NotifyRoom.schema())
        let service = try await FakePushService.start()
        var settings = HTTPClient.Configuration(timeout: .init(connect: .seconds(1)))
        settings.redirectConfiguration = .disallow
        let client = HTTPClient(configuration: settings)
        let carrier = PushCarrier(
            client: client, database: storage.database, subject: "mailto:desk@town.example", services: [service.origin])
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await check(service, carrier, storage.database)) } catch {
            outcome = .failure(error)
        }
        await service.stop()
        try await client.shutdown()
        try outcome.get()
    }

    private func allow(_ browser: FakePushService.Browser, in database: any Database) async throws {
        let staff = staff
        _ = try await database.write { db in
            try PushStore.save(
                browser.endpoint, point: browser.p256dh, secret: browser.auth, of: staff, at: .now, in: db)
        }
    }

    private func devices(in database: any Database) async throws -> Int {
        let staff = staff
        return try await database.read { db in try PushStore.devices(of: staff, in: db).count }
    }

    private func notice() -> Message { message(.push, "玩具厂二楼烟感报警。请查看", phone: staff.description) }

    @Test("A notice reaches each browser of the person, sealed and signed, under one topic", arguments: Engine.allCases)
    func taken(_ engine: Engine) async throws {
        try await trial(engine) { service, carrier, database in
            try await allow(try service.subscribe(), in: database)
            try await allow(try service.subscribe(), in: database)
            let notice = notice()
            #expect(await carrier.send(notice) == .taken(providerID: nil))
            #expect(await carrier.send(notice) == .taken(providerID: nil))
            #expect(service.refused == 0)
            let got = service.notices
            #expect(got.count == 4 && Set(got.map(\.path)).count == 2)
            #expect(Set(got.map(\.topic)) == [notice.id.description])
            #expect(got.allSatisfy { $0.subject == "mailto:desk@town.example" && $0.urgency == "high" })
            let first =
                try JSONSerialization.jsonObject(with: Data(try #require(got.first).text.utf8)) as? [String: String]
            #expect(first?["title"] == "玩具厂二楼烟感报警")
            #expect(first?["body"] == "玩具厂二楼烟感报警。请查看")
            #expect(first?["url"] == "/")
        }
    }

    @Test(
        "A browser that is gone is forgotten, and another of the same person is still told",
        arguments: [FakePushService.Mode.gone, .unknown])
    func gone(_ mode: FakePushService.Mode) async throws {
        try await trial { service, carrier, database in
            try await allow(try service.subscribe(), in: database)
            service.set(mode)
            #expect(await carrier.send(notice()) == .refused("no-device"))
            #expect(try await devices(in: database) == 0)
            service.set(.takes)
            try await allow(try service.subscribe(), in: database)
            #expect(await carrier.send(notice()) == .taken(providerID: nil))
        }
    }

    @Test("A service that sends elsewhere is not followed")
    func redirected() async throws {
        try await trial { service, carrier, database in
            try await allow(try service.subscribe(), in: database)
            service.set(.redirects)
            #expect(await carrier.send(notice()) == .again("HTTP 307", mayHaveGoneOut: false))
            #expect((service.tries, service.strays) == (1, 0))
            #expect(try await devices(in: database) == 1)
        }
    }

    @Test("A service that is limited or breaks keeps the browser; one that breaks off leaves it unknown")
    func failures() async throws {
        try await trial { service, carrier, database in
            try await allow(try service.subscribe(), in: database)
            for (mode, code) in [(FakePushService.Mode.limited, 429), (.breaks, 503)] {
                service.set(mode)
                #expect(await carrier.send(notice()) == .again("HTTP \(code)", mayHaveGoneOut: false))
            }
            service.set(.hangsUp)
            guard case .again(_, mayHaveGoneOut: true) = await carrier.send(notice()) else {
                Issue.record("what may have been shown counted as not sent")
                return
            }
            #expect(try await devices(in: database) == 1)
        }
    }

    @Test("Nothing is sent to an address that is no push service's, whoever stored it")
    func services() async throws {
        try await trial { service, carrier, database in
            let browser = try service.subscribe()
            let bad = [
                "http://127.0.0.1:1/x", "https://fcm.googleapis.com.evil.example/x", "file:///etc/passwd",
                service.origin.replacingOccurrences(of: "http://", with: "http://a:b@") + "/x", "http://[::1]/", "",
                service.origin + "@evil.example/x", "https://wns.notify.windows.com/x",
            ]
            for endpoint in bad {
                #expect(carrier.origin(of: endpoint) == nil, "\(endpoint)")
                try await allow(
                    FakePushService.Browser(endpoint: endpoint, p256dh: browser.p256dh, auth: browser.auth),
                    in: database)
            }
            #expect(await carrier.send(notice()) == .refused("no-device"))
            #expect(service.tries == 0)
            #expect(try await devices(in: database) == 0)
        }
        try await trial { _, carrier, _ in
            _ = carrier
            let usual = PushCarrier(
                client: HTTPClient.shared, database: try await TestDatabase(.sqlite).database, subject: "mailto:a@b.c")
            #expect(usual.origin(of: "https://wns2-by3p.notify.windows.com/w/?token=x") != nil)
            #expect(usual.origin(of: "https://evil-notify.windows.com/w") == nil)
            #expect(usual.origin(of: "http://fcm.googleapis.com/fcm/send/x") == nil)
            #expect(usual.origin(of: "https://fcm.googleapis.com/fcm/send/x") == "https://fcm.googleapis.com")
        }
    }

    @Test(
        "A shared phone notifies its last user, a person has ten browsers at most, and the key stays",
        arguments: Engine.allCases)
    func bounds(_ engine: Engine) async throws {
        try await trial(engine) { service, carrier, database in
            let browser = try service.subscribe()
            let (one, other) = (staff, StaffID(rawValue: 5))
            for person in [one, other] {
                _ = try await database.write { db in
                    try PushStore.save(
                        browser.endpoint, point: browser.p256dh, secret: browser.auth, of: person, at: .now, in: db)
                }
            }
            #expect(try await devices(in: database) == 0)
            for _ in 0..<15 { try await allow(try service.subscribe(), in: database) }
            let kept = try await database.read { db in
                try db.value(Int64.self, "SELECT COUNT(*) FROM push_device WHERE staff = \(one)")
            }
            #expect(kept == 10)
            let key = try await carrier.key()
            let again = try await database.write { db in try PushStore.key(in: db) }
            #expect(key == again)
        }
    }
}
