import Cases
import Crypt
import Identity
import Kernel
import Logging
import Storage
import StorageTesting
import Synchronization
import Testing
import Web

@testable import Patrol

@Suite("Rounds and who walked them")
struct PatrolDeskTests {
    /// Seven in the morning; the walk is from eight to nine with half an hour of grace.
    private static let early = CivilTime.instant(2026, 11, 25, 7)
    private static let eight = CivilTime.instant(2026, 11, 25, 8)

    private final class Watches: Sendable {
        let spans = Mutex<[StaffID: Range<Instant>]>([:])
    }

    private struct Town {
        let storage: TestDatabase
        let desk: PatrolDesk
        let watches = Watches()
        var database: any Database { storage.database }
        let walker = Caller(
            id: StaffID(rawValue: 1), username: "p1", name: "示例一", roles: [.patrol], areas: nil,
            mustChangePassword: false, csrf: "", viaToken: true)
        let leader = Caller(
            id: StaffID(rawValue: 2), username: "l1", name: "示例二", roles: [.leader], areas: nil,
            mustChangePassword: false, csrf: "", viaToken: true)
        let round: Round
        let points: [CheckPoint]

        init(_ engine: Engine, ordered: Bool = false) async throws {
            storage = try await TestDatabase(engine)
            try await Migrator.migrate(
                storage.database, try IdentityRoom.schema() + CasesRoom.schema() + PatrolRoom.schema())
            desk = PatrolDesk(
                cases: CaseDesk(calendar: WorkCalendar()), audit: try Audit(folder: storage.folder)
            ) { [watches] staff, moment, _ in
                watches.spans.withLock { $0[staff].flatMap { $0.contains(moment) ? $0 : nil } }
            } word: { key, values in
                key + values.sorted { $0.key < $1.key }.map { " \($0.value)" }.joined()
            }
            round = Round(
                name: "河道", content: .init(starts: [480], minutes: 60, grace: 30, isOrdered: ordered), at: early)
            let (round, desk) = (round, desk)
            let placed = (1...3).compactMap { seq in
                GeoPoint(lat: 34 + Double(seq) / 100, lon: 113).map {
                    CheckPoint(round: round.id, seq: seq, name: "点\(seq)", point: $0)
                }
            }
            points = placed
            try await storage.database.write { [leader] db in
                try desk.save(round, points: placed, by: leader, at: early, in: db)
            }
        }

        var clerk: PatrolClerk { PatrolClerk(database: database, desk: desk, logger: Logger(label: "test")) }

        func walks() async throws -> [Walk] {
            try await database.read { db in try WalkStore.list(in: early..<(early + 3 * CivilTime.dayMs), in: db) }
        }

        func visit(_ index: Int, at moment: Instant, toldAt: Instant? = nil, finding: String = "") async throws
            -> CaseID?
        {
            let walk = try #require(try await walks().first)
            let told = PatrolDesk.Told(
                visit: Visit(at: moment, code: points[index].code, point: nil, accuracy: nil, hasPhoto: false),
                photo: nil, note: "", finding: finding)
            return try await database.write { [desk, points, walker] db in
                try desk.visit(points[index].id, of: walk.id, told, by: walker, at: toldAt ?? moment, in: db)
            }
        }

        func cases() async throws -> [CaseRecord] {
            try await database.read { [desk] db in try desk.cases.list(CaseFilter(), limit: 50, in: db) }
        }
    }

    @Test(
        "Walks are planned once, two days ahead, and a changed round plans anew what nobody has begun",
        arguments: Engine.allCases)
    func plans(_ engine: Engine) async throws {
        let town = try await Town(engine)
        #expect(try await town.walks().map(\.startsAt) == [Self.eight, Self.eight + CivilTime.dayMs])
        try await town.clerk.step(at: Self.early + 60_000)
        #expect(try await town.walks().count == 2)
        try await town.clerk.step(at: Self.early + CivilTime.dayMs)
        #expect(try await town.walks().count == 3)

        _ = try await town.visit(0, at: Self.eight + 60_000)
        var changed = town.round
        changed.content.starts = [600]
        try await town.database.write { [town, changed] db in
            try town.desk.save(
                changed, points: Array(town.points.dropLast()), by: town.leader, at: Self.eight + 120_000, in: db)
        }
        let walks = try await town.walks()
        #expect(
            walks.map(\.startsAt) == [Self.eight, Self.eight + 7_200_000, Self.eight + CivilTime.dayMs + 7_200_000])
        let stops = try await town.database.read { db in try WalkStore.stops(of: walks.map(\.id), in: db) }
        #expect(walks.map { stops[$0.id]?.count } == [3, 2, 2])
    }

    @Test(
        "What is missing is late at the end, and one case after the grace, however often the clerk looks",
        arguments: Engine.allCases)
    func misses(_ engine: Engine) async throws {
        let town = try await Town(engine)
        _ = try await town.visit(1, at: Self.eight + 60_000)
        let end = Self.eight + 3_600_000
        let late = try await town.database.read { [town] db in
            try PatrolRoom.late(for: town.leader, at: end, in: db)
        }
        #expect(late.map(\.points) == [["点1", "点3"]])
        try await town.clerk.step(at: end + 1_799_000)
        #expect(try await town.cases().isEmpty)
        for _ in 0..<3 { try await town.clerk.step(at: end + 1_800_000) }
        let cases = try await town.cases()
        #expect(cases.count == 1 && cases[0].kind == .patrol && cases[0].place == "点1、点3")
        let walk = try #require(try await town.walks().first)
        #expect(walk.caseID == cases[0].id && walk.state(at: end + 1_800_000) == .missed)
        // What a phone kept without signal counts by its own time, and the case says so.
        _ = try await town.visit(0, at: Self.eight + 600_000, toldAt: end + 3_600_000)
        _ = try await town.visit(2, at: Self.eight + 900_000, toldAt: end + 3_600_000)
        #expect(try await town.walks().first?.state(at: end + 3_600_000) == .done)
        let lines = try await town.database.read { [town] db in
            try town.desk.cases.happened(in: end..<(end + 7_200_000), limit: 50, in: db).map(\.entry.content.text)
        }
        #expect(lines.filter { $0?.hasPrefix("patrol.line.later 点") ?? false }.count == 2)
        let stops = try await town.database.read { db in try WalkStore.stops(of: [walk.id], in: db)[walk.id] ?? [] }
        #expect(stops.map(\.isToldLater) == [true, false, true])
    }

    @Test(
        "A point is visited once; a walk in order wants the one before first; what was found is a case at the place",
        arguments: Engine.allCases)
    func visits(_ engine: Engine) async throws {
        let town = try await Town(engine, ordered: true)
        await #expect(throws: Problem.conflict("patrol.order", detail: "点1")) {
            try await town.visit(1, at: Self.eight)
        }
        let found = try #require(try await town.visit(0, at: Self.eight, finding: "护栏断了"))
        #expect(try await town.visit(0, at: Self.eight + 1_000, finding: "护栏断了") == nil)
        let cases = try await town.cases()
        #expect(cases.map(\.id) == [found] && cases[0].point == town.points[0].point)
        _ = try await town.visit(1, at: Self.eight + 60_000)
        _ = try await town.visit(2, at: Self.eight + 120_000)
        #expect(try await town.walks().first?.doneAt == Self.eight + 120_000)
        try await town.clerk.step(at: Self.eight + 2 * 3_600_000)
        #expect(try await town.cases().count == 1)
    }

    @Test(
        "A track is kept on the own watch alone, is gone after its days, and a look at it for a case is on the record",
        arguments: Engine.allCases)
    func tracks(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let fixes = (0..<10).compactMap { index in
            GeoPoint(lat: 34, lon: 113 + Double(index) / 1_000).map {
                Fix(at: Self.eight + Int64(index) * 60_000, point: $0, accuracy: 8)
            }
        }
        let now = Self.eight + 600_000
        await #expect(throws: Problem.conflict("patrol.off")) {
            try await town.database.write { [town] db in try town.desk.keep(fixes, of: town.walker, at: now, in: db) }
        }
        town.watches.spans.withLock { $0[town.walker.id] = (Self.eight + 300_000)..<(Self.eight + 3_600_000) }
        for expected in [5, 0] {
            let kept = try await town.database.write { [town] db in
                try town.desk.keep(fixes, of: town.walker, at: now, in: db)
            }
            #expect(kept == expected)
        }
        let id = try await town.database.write { [town] db in
            try town.desk.cases.open(
                NewCase(
                    kind: .river, severity: .serious, title: "落水", placeText: "河湾",
                    signal: Signal(source: "t", key: "1"), at: Self.eight + 360_000), in: db)
        }
        let seen = try await town.database.write { [town] db in
            try town.desk.look(
                at: town.walker.id, for: id, purpose: "核对到场时间", by: town.leader, at: Self.eight + 480_000, in: db)
        }
        #expect(seen.map(\.at) == [5, 6, 7].map { Self.eight + $0 * 60_000 })
        let (looks, told) = try await town.database.read { [town] db in
            (
                try TrackStore.looks(at: town.walker.id, in: db),
                try db.values(String.self, "SELECT purpose FROM audit WHERE action = 'patrol.look'")
            )
        }
        #expect(looks.map(\.viewerName) == ["示例二"] && looks.map(\.purpose) == ["核对到场时间"])
        #expect(told == ["核对到场时间"])
        let removed = try await Retention.enforce(
            [PatrolRoom.retention(days: 30)], at: now + 31 * CivilTime.dayMs, in: town.database)
        #expect(removed == ["tracks": 5])
    }
}
