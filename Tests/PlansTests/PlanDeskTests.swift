import Cases
import Crypt
import Identity
import Kernel
import Storage
import StorageTesting
import Testing
import Web

@testable import Plans

@Suite("Plans and drills")
struct PlanDeskTests {
    private static let noon = CivilTime.instant(2026, 11, 25, 12)

    private struct Town {
        let storage: TestDatabase
        let desk: PlanDesk
        var database: any Database { storage.database }
        let caller = Caller(
            id: StaffID(rawValue: 1), username: "p1", name: "示例一", roles: [.leader], areas: nil,
            mustChangePassword: false, csrf: "", viaToken: true)

        init(_ engine: Engine) async throws {
            storage = try await TestDatabase(engine)
            try await Migrator.migrate(
                storage.database, try IdentityRoom.schema() + CasesRoom.schema() + PlansRoom.schema())
            desk = PlanDesk(
                cases: CaseDesk(calendar: WorkCalendar()), audit: try Audit(folder: storage.folder)
            ) { key, values in key + values.values.sorted().joined(separator: " ") }
        }

        func plan(_ steps: [String], at now: Instant = PlanDeskTests.noon) async throws -> Plan {
            let plan = Plan(
                name: "火警", kind: .fire, severity: .minor,
                content: .init(steps: steps.compactMap { Plan.Step(line: $0) }, roles: ["officer"]), from: now)
            return try await database.write { [desk, caller] db in
                try desk.save(plan, of: nil, by: caller, at: now, in: db)
            }
        }

        func fire(_ key: String, at now: Instant) async throws -> CaseID {
            try await database.write { [desk] db in
                try desk.cases.open(
                    NewCase(
                        kind: .fire, severity: .moderate, title: "示例", placeText: "示例",
                        signal: Signal(source: "t", key: key), at: now), in: db)
            }
        }
    }

    @Test(
        "A case keeps the version it opened with, and a step is ticked once and told on the case",
        arguments: Engine.allCases)
    func versions(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let first = try await town.plan(["5 到场", "清点"])
        let early = try await town.fire("1", at: Self.noon + 1_000)
        let second = try await town.database.write { [town] db in
            var next = first
            next.id = .next()
            next.content.steps = [.init("新步骤")]
            next.from = Self.noon + 2_000
            return try town.desk.save(next, of: first.family, by: town.caller, at: Self.noon + 2_000, in: db)
        }
        let late = try await town.fire("2", at: Self.noon + 3_000)
        try await town.database.write { [town] db in
            for _ in 0..<2 {
                try town.desk.tick(0, of: early, note: "已到", by: town.caller, at: Self.noon + 4_000, in: db)
            }
            #expect(throws: Problem.notFound) {
                try town.desk.tick(1, of: late, note: "", by: town.caller, at: Self.noon + 4_000, in: db)
            }
        }
        try await town.database.read { [town] db in
            let list = try #require(try town.desk.checklist(of: early, in: db))
            #expect(list.plan.id == first.id && list.ticks.map(\.step) == [0])
            #expect(try town.desk.checklist(of: late, in: db)?.plan.id == second.id)
            let lines = try town.desk.cases.happened(in: Self.noon..<Self.noon + 10_000, limit: 50, in: db)
            #expect(lines.filter { $0.entry.content.text?.contains("到场") ?? false }.count == 1)
            #expect(try PlanStore.current(in: db).map(\.id) == [second.id])
        }
    }

    @Test("A drill is a case that says so, and what comes after its end does not count", arguments: Engine.allCases)
    func drill(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let plan = try await town.plan(["5 到场", "10 清点"])
        let start = Self.noon + 60_000
        let drill = try await town.database.write { [town] db in
            let drill = try town.desk.schedule(
                plan.family, title: "夜间火警", place: "示例厂", at: start, by: town.caller, now: Self.noon, in: db)
            #expect(throws: Problem.conflict("plans.notRunning")) {
                try town.desk.end(drill.id, lesson: "", by: town.caller, at: start, in: db)
            }
            let running = try town.desk.start(drill.id, by: town.caller, at: start, in: db)
            let again = try town.desk.start(drill.id, by: town.caller, at: start + 1, in: db)
            #expect(again.caseID == running.caseID)
            return running
        }
        let id = try #require(drill.caseID)
        let score = try await town.database.write { [town] db in
            let record = try #require(try town.desk.cases.record(id, in: db))
            #expect(record.title == "plans.drillCase夜间火警" && record.verdict == .drill)
            try town.desk.tick(0, of: id, note: "", by: town.caller, at: start + 60_000, in: db)
            let over = try town.desk.end(drill.id, lesson: "好", by: town.caller, at: start + 120_000, in: db)
            try town.desk.tick(1, of: id, note: "", by: town.caller, at: start + 180_000, in: db)
            return try #require(try town.desk.score(over, in: db))
        }
        #expect(score.goals.map(\.isReached) == [false, false, true, false])
        #expect(score.percent == 25)
    }
}
