import Foundation
import Kernel
import Storage
import StorageTesting

@testable import FireGuard

/// An invented workshop with one gateway and four detectors, on a database of its own.
final class Town: Sendable {
    let database: any Database
    let ingest: Ingest
    let site = Site(
        id: .next(), name: "试验玩具厂", address: "虚构路 1 号", ownerName: "业主", ownerPhone: "19900000001")
    let gateway = Gateway(id: .next(), kind: .gb26875, address: "000000000379", name: "试验传输装置")
    let start = CivilTime.instant(2026, 11, 24, 9)
    private let storage: TestDatabase

    init(_ engine: Engine = .sqlite) async throws {
        storage = try await TestDatabase(engine)
        let database = storage.database
        self.database = database
        try await Migrator.migrate(database, FireGuard.schema() + [FakeDesk.migration])
        ingest = Ingest(database: database, desk: FakeDesk(), rules: AlarmRules(), presence: Presence())
        let (site, gateway, now) = (site, gateway, start)
        try await database.write { db in
            try SiteStore.save(
                site,
                keyHolders: [KeyHolder(id: .next(), name: "门卫", phone: "19900000002", rank: 1)], at: now, in: db)
            try DeviceStore.save(gateway, in: db)
            for number in 1...4 {
                try DeviceStore.save(
                    Detector(
                        id: DetectorID(rawValue: Int64(number)), site: site.id, gateway: gateway.id,
                        address: "1-1-10-\(number)", kind: number == 4 ? .manual : .smoke, place: "\(number) 号房"),
                    in: db)
            }
        }
    }

    /// A signal of detector `number`, `seconds` after the start.
    func signal(
        _ kind: FireSignal.Kind = .fire, _ number: Int = 1, at seconds: Int64, key: String = UUID().uuidString,
        isLevel: Bool = false, scope: FireSignal.Scope = .component, markedTest: Bool = false,
        source: String = "000000000379", peer: String = "192.0.2.1", address: String? = nil
    ) -> FireSignal {
        FireSignal(
            source: SignalSource(kind: .gb26875, address: source, peer: peer),
            address: address ?? "1-1-10-\(number)", scope: scope, kind: kind, isMarkedTest: markedTest,
            isLevel: isLevel, receivedAt: start + seconds * 1_000, uniqueKey: key)
    }

    /// Takes one signal.
    @discardableResult
    func take(_ signal: FireSignal) async throws -> Ingest.Outcome {
        try await ingest.take([signal]).first ?? .known
    }

    func alarms() async throws -> [Alarm] {
        try await database.read { db in try AlarmStore.list(AlarmFilter(), limit: 500, in: db) }.reversed()
    }

    func count(_ sql: SQL) async throws -> Int {
        try await database.read { db in try db.values(SQLValue.self, sql).count }
    }

    /// Verifies an alarm as a person would.
    func verify(_ id: AlarmID, as verdict: Alarm.Verdict, at seconds: Int64) async throws {
        let now = start + seconds * 1_000
        let desk = FakeDesk()
        try await database.write { db in
            _ = try AlarmDesk(desk: desk).verify(
                id, as: verdict, secondSource: .camera, note: "查看", by: .staff(StaffID(rawValue: 9), name: "值班员"),
                at: now, in: db)
        }
    }

    /// What somebody responsible says about the newest alarm.
    func answer(burns: Bool, note: String, by person: Person, at seconds: Int64) async throws {
        let now = start + seconds * 1_000
        let ids = try await alarms().prefix(1).map(\.id)
        try await database.write { db in
            _ = try AlarmDesk(desk: FakeDesk()).answer(ids, burns: burns, note: note, by: person, at: now, in: db)
        }
    }
}
