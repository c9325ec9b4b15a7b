import CAP
import Cases
import Foundation
import Identity
import Kernel
import Storage
import StorageTesting
import Testing
import Web

@testable import Broadcast

@Suite("What the town says and hears")
struct BroadcastTests {
    /// The room's desk on a database of its own.
    private struct Centre {
        let database: any Database
        let desk: BroadcastDesk
        let routes: BroadcastRoutes
        let cases: CaseDesk
        private let storage: TestDatabase

        init(_ engine: Engine, mayWarnPublic: Bool = false) async throws {
            storage = try await TestDatabase(engine)
            database = storage.database
            try await Migrator.migrate(
                database, try IdentityRoom.schema() + CasesRoom.schema() + BroadcastRoom.schema())
            let ring = [(31.0, 104.0), (31.0, 104.1), (31.1, 104.1), (31.0, 104.0)].compactMap {
                GeoPoint(lat: $0.0, lon: $0.1)
            }
            cases = CaseDesk(calendar: WorkCalendar())
            desk = BroadcastDesk(
                centre: {
                    CentreName(
                        sender: "centre@town.invalid", code: "51132300000001", name: "云汐镇（示例）",
                        mayWarnPublic: mayWarnPublic)
                },
                areas: { [BroadcastArea(id: AreaID(rawValue: 1), name: "云汐镇（示例）", isTown: true, rings: [ring])] },
                areaAt: { _ in AreaID(rawValue: 1) }, cases: cases, audit: try Audit(folder: storage.folder))
            routes = BroadcastRoutes(desk: desk)
        }

        func person(_ role: Role) -> Caller {
            Caller(
                id: StaffID(rawValue: 7), username: role.rawValue, name: role.rawValue, roles: [role], areas: nil,
                mustChangePassword: false, csrf: "", viaToken: true)
        }

        func draft(_ status: Alert.Status = .exercise, _ scope: Alert.Scope = .restricted) async throws
            -> ID<Broadcast>
        {
            var draft = BroadcastDraft(Form("event=暴雨&headline=远离河边&text=请勿下河&hours=6".utf8))
            draft.status = status.rawValue
            draft.scope = scope.rawValue
            let content = try draft.content(known: desk.areas())
            let caller = person(.officer)
            return try await database.write { db in
                try routes.write(content, by: caller, at: Self.now, in: db).id
            }
        }

        static let now = CivilTime.instant(2026, 7, 1, 15, 4, 5)
    }

    private func heard(_ kind: Alert.Kind = .alert, after: [Alert.Reference] = [], minute: Int = 0) -> Alert {
        var alert = Alert(
            identifier: "i\(minute)", sender: "county@x.invalid",
            sent: CivilTime.instant(2026, 7, 1, 15, minute), status: .actual, kind: kind, scope: .public)
        alert.references = after
        var info = Info(
            categories: [.met], event: "山洪", urgency: .immediate, severity: .extreme, certainty: .observed)
        info.headline = "山洪红色预警"
        var area = Area("柳湾")
        if let middle = GeoPoint(lat: 31.05, lon: 104.05) { area.circles = [Area.Circle(center: middle, radiusKm: 2)] }
        info.areas = [area]
        alert.infos = [info]
        return alert
    }

    @Test("An issued broadcast is a sound alert under the national form of name", arguments: Engine.allCases)
    func issue(_ engine: Engine) async throws {
        let centre = try await Centre(engine)
        let id = try await centre.draft()
        let officer = centre.person(.officer)
        try await centre.database.write { db in try centre.desk.issue(id, by: officer, at: Centre.now, in: db) }
        let alert = try await centre.database.read { db in
            let one = try #require(try BroadcastStore.find(id, in: db))
            #expect(one.state(at: Centre.now) == .issued)
            #expect(one.state(at: Centre.now + 6 * 3_600_000) == .ended)
            return try centre.desk.alert(one, at: .now, in: db)
        }
        #expect(alert.identifier == "51132300000001_20260701150405_0")
        #expect(try AlertReader.read(Array(AlertWriter.document(alert).utf8)) == .alert(alert))
        #expect(AlertRules.faults(alert).isEmpty)
        // The second of the same second has another name, and nothing is issued twice.
        let other = try await centre.draft()
        try await centre.database.write { db in try centre.desk.issue(other, by: officer, at: Centre.now, in: db) }
        let second = try await centre.database.read { db in try BroadcastStore.find(other, in: db) }
        #expect(second?.identifier == "51132300000001_20260701150405_1")
        await #expect(throws: Problem.conflict("broadcast.issued-already")) {
            try await centre.database.write { db in try centre.desk.issue(id, by: officer, at: Centre.now, in: db) }
        }
    }

    @Test("What is meant takes a leader, and the public is warned only with authority", arguments: Engine.allCases)
    func authority(_ engine: Engine) async throws {
        let centre = try await Centre(engine)
        let (officer, leader) = (centre.person(.officer), centre.person(.leader))
        let actual = try await centre.draft(.actual)
        await #expect(throws: Problem.forbidden) {
            try await centre.database.write { db in
                try centre.desk.issue(actual, by: officer, at: Centre.now, in: db)
            }
        }
        try await centre.database.write { db in try centre.desk.issue(actual, by: leader, at: Centre.now, in: db) }
        let open = try await centre.draft(.exercise, .public)
        await #expect(throws: Problem.conflict("broadcast.not-public")) {
            try await centre.database.write { db in try centre.desk.issue(open, by: leader, at: Centre.now, in: db) }
        }
        let feed = try await centre.database.read { db in
            try BroadcastStore.issued(since: Instant(ms: 0), publicOnly: true, limit: 10, in: db)
        }
        #expect(feed.isEmpty)
    }

    @Test("A cancellation is a message of its own that names the one it ends", arguments: Engine.allCases)
    func cancel(_ engine: Engine) async throws {
        let centre = try await Centre(engine)
        let officer = centre.person(.officer)
        let id = try await centre.draft()
        try await centre.database.write { db in try centre.desk.issue(id, by: officer, at: Centre.now, in: db) }
        let later = Centre.now + 60_000
        let over = try await centre.database.write { db in
            try centre.desk.cancel(id, reason: "雨停了", by: officer, at: later, in: db)
        }
        try await centre.database.read { db in
            let one = try #require(try BroadcastStore.find(over, in: db))
            let alert = try centre.desk.alert(one, at: later, in: db)
            #expect(alert.kind == .cancel)
            #expect(alert.references.map(\.identifier) == ["51132300000001_20260701150405_0"])
            #expect(AlertRules.faults(alert).isEmpty)
            #expect(try BroadcastStore.find(id, in: db)?.state(at: later) == .ended)
        }
        await #expect(throws: Problem.conflict("broadcast.not-in-force")) {
            try await centre.database.write { db in
                try centre.desk.cancel(id, reason: "再次", by: officer, at: later, in: db)
            }
        }
    }

    @Test("A grave alert of another centre opens one case, whatever comes after joins it", arguments: Engine.allCases)
    func received(_ engine: Engine) async throws {
        let centre = try await Centre(engine)
        let first = heard()
        let update = heard(.cancel, after: [first.reference], minute: 9)
        let ids = try await centre.database.write { db in
            try [first, first, update, update].map {
                try centre.desk.take($0, document: AlertWriter.document($0), at: Centre.now, in: db)
            }
        }
        #expect(Set(ids).count == 2)
        let page = try await centre.database.read { db in try ReceivedStore.page(before: nil, limit: 9, in: db) }
        #expect(page.count == 2)
        let opened = Set(page.compactMap(\.caseID))
        #expect(opened.count == 1)
        let record = try await centre.database.read { db in
            try opened.first.flatMap { try centre.cases.record($0, in: db) }
        }
        #expect(record?.kind == .hazard)
        #expect(record?.severity == .grave)
        #expect(record?.area == AreaID(rawValue: 1))
    }

    @Test("Exercises, tests and mild warnings open no case")
    func mild() {
        var drill = heard()
        drill.status = .exercise
        #expect(!ReceivedRules.opensCase(drill))
        var mild = heard()
        mild.infos[0].severity = .minor
        #expect(!ReceivedRules.opensCase(mild))
        #expect(ReceivedRules.opensCase(heard()))
    }
}
