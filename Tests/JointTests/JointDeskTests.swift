import Cases
import Crypt
import Identity
import Kernel
import Logging
import Storage
import StorageTesting
import Testing
import Web

@testable import Joint

@Suite("Departments on one case")
struct JointDeskTests {
    private static let noon = CivilTime.instant(2026, 11, 25, 12)

    private struct Town {
        let storage: TestDatabase
        let desk: JointDesk
        let fire = Office(id: .next(), name: "消防办", members: [StaffID(rawValue: 11)])
        let market = Office(id: .next(), name: "市场所", members: [StaffID(rawValue: 12)])
        var database: any Database { storage.database }

        static func caller(_ id: Int64, _ role: Role) -> Caller {
            Caller(
                id: StaffID(rawValue: id), username: "u\(id)", name: "示例\(id)", roles: [role], areas: nil,
                mustChangePassword: false, csrf: "", viaToken: true)
        }
        let officer = Town.caller(1, .officer)
        let ofFire = Town.caller(11, .clerk)
        let ofMarket = Town.caller(12, .clerk)

        init(_ engine: Engine) async throws {
            storage = try await TestDatabase(engine)
            try await Migrator.migrate(
                storage.database, try IdentityRoom.schema() + CasesRoom.schema() + JointRoom.schema())
            desk = JointDesk(cases: CaseDesk(calendar: WorkCalendar()), audit: try Audit(folder: storage.folder)) {
                [fire, market] _ in
                [fire, market]
            } word: { key, values in
                key + values.sorted { $0.key < $1.key }.map { " \($0.value)" }.joined()
            }
            try await database.write { db in
                for (id, name) in [(11, "王一"), (12, "王一民")] {
                    try db.execute(
                        """
                        INSERT INTO staff (id, username, name, phone, roles, areas, password, must_change, active, totp, totp_step,
                        created_at) VALUES (\(id), \(name), \(name), '', 'clerk', '', '', 0, 1, '', 0, 0)
                        """)
                }
            }
        }

        func open(_ key: String, kind: CaseKind = .hazard, place: String = "老街", at now: Instant) async throws -> CaseID
        {
            try await database.write { [desk] db in
                try desk.cases.open(
                    NewCase(
                        kind: kind, severity: .moderate, title: "示例", placeText: place,
                        signal: Signal(source: "t", key: key), at: now), in: db)
            }
        }

        func lines(_ id: CaseID) async throws -> [String] {
            try await database.read { [desk] db in
                try desk.cases.happened(in: noon..<(noon + 30 * CivilTime.dayMs), limit: 100, in: db)
                    .filter { $0.of.id == id }.compactMap(\.entry.content.text)
            }
        }
    }

    @Test(
        "The lead's people give tasks, each department does its own, and the case tells all of it",
        arguments: Engine.allCases)
    func tasks(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let id = try await town.open("1", at: Self.noon)
        let due = Self.noon + CivilTime.dayMs
        let task = try await town.database.write { [town] db in
            #expect(throws: Problem.notFound) {
                try town.desk.add("查", for: town.market.id, dueAt: due, to: id, by: town.officer, at: Self.noon, in: db)
            }
            try town.desk.open(id, lead: town.fire.id, goal: "清通道", by: town.officer, at: Self.noon, in: db)
            #expect(throws: Problem.forbidden) {
                try town.desk.add("查", for: town.fire.id, dueAt: due, to: id, by: town.ofMarket, at: Self.noon, in: db)
            }
            return try town.desk.add(
                "清摊位", for: town.market.id, dueAt: due, to: id, by: town.ofFire, at: Self.noon, in: db)
        }
        let clerk = JointClerk(database: town.database, desk: town.desk, logger: Logger(label: "test"))
        try await clerk.step(at: due - 1)
        for _ in 0..<3 { try await clerk.step(at: due) }
        try await town.database.write { [town] db in
            // Neither does another department's, nor does who owes it move its time.
            #expect(throws: Problem.forbidden) {
                try town.desk.step(task, .done("好"), by: town.ofFire, at: due, in: db)
            }
            #expect(throws: Problem.forbidden) {
                try town.desk.step(task, .due(due + 1), by: town.ofMarket, at: due, in: db)
            }
            _ = try town.desk.step(task, .due(due + 1_000), by: town.ofFire, at: due, in: db)
        }
        try await clerk.step(at: due + 1_000)
        try await town.database.write { [town] db in
            _ = try town.desk.step(task, .done("已清"), by: town.ofMarket, at: due + 2_000, in: db)
            #expect(throws: Problem.conflict("joint.taskDone")) {
                try town.desk.step(task, .returned("不归我管"), by: town.ofMarket, at: due + 2_000, in: db)
            }
        }
        let keys = try await town.lines(id).map { $0.split(separator: " ")[0] }
        #expect(
            keys.filter { $0.hasPrefix("joint.") } == [
                "joint.line.lead", "joint.line.task", "joint.line.late", "joint.line.due", "joint.line.late",
                "joint.line.done",
            ])
    }

    @Test(
        "Whom a message calls finds it until the case was opened, and a report is not joined",
        arguments: Engine.allCases)
    func messages(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let (id, report) = (
            try await town.open("1", at: Self.noon), try await town.open("2", kind: .report, at: Self.noon)
        )
        try await town.database.write { [town] db in
            #expect(throws: Problem.conflict("joint.report")) {
                try town.desk.open(report, lead: town.fire.id, goal: "办", by: town.officer, at: Self.noon, in: db)
            }
            try town.desk.open(id, lead: town.fire.id, goal: "清通道", by: town.officer, at: Self.noon, in: db)
            _ = try town.desk.say("@王一民 请带工具", on: id, by: town.ofFire, at: Self.noon + 1_000, in: db)
            #expect(try TalkStore.calling(town.ofMarket.id, in: db).map(\.text) == ["@王一民 请带工具"])
            #expect(try TalkStore.calling(town.ofFire.id, in: db).isEmpty)
            #expect(try TalkStore.read(id, by: town.ofMarket.id, at: Self.noon + 2_000, in: db))
            #expect(try TalkStore.calling(town.ofMarket.id, in: db).isEmpty)
            #expect(try TalkStore.list(of: id, in: db).map(\.name) == ["示例11"])
        }
    }

    @Test(
        "A week's review names what came twice, or again after the weeks before, and keeps what was concluded",
        arguments: Engine.allCases)
    func review(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let monday = CivilTime.instant(2026, 11, 23)
        for (key, place, day) in [
            ("a", "老街", 0), ("b", "老街", 2), ("c", "河湾", -10), ("d", "河湾", 1), ("e", "桥头", 3), ("f", "渡口", -3),
            ("g", "渡口", -4), ("h", "", 1), ("i", "", 2),
        ] as [(String, String, Int64)] {
            _ = try await town.open(key, place: place, at: monday + day * CivilTime.dayMs + 1_000)
        }
        _ = try await town.open("k", kind: .device, place: "桥头", at: monday + 1_000)
        let week = monday..<(monday + 7 * CivilTime.dayMs)
        try await town.database.write { [town] db in
            let found = Recurrence.find(try town.desk.cases.list(CaseFilter(), limit: 100, in: db), in: week)
            #expect(found.map(\.place) == ["老街", "河湾"])
            #expect(found.map { $0.week.count } == [2, 1] && found.map(\.before) == [0, 1])
            for text in ["先看", "装护栏"] {
                try town.desk.conclude(
                    text, of: .hazard, at: "老街", week: monday.dayNumber, by: town.officer, now: Self.noon, in: db)
            }
            #expect(try ReviewStore.of(monday.dayNumber, in: db).map(\.text) == ["装护栏"])
        }
    }
}
