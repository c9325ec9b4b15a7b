import Cases
import Kernel
import Storage
import Testing
import Web

@testable import Cases
@testable import Woodpecker

@Suite("What cannot be got round")
struct FairnessTests {
    /// The page of cases with this room beside it, as the centre joins them.
    private func casesRoom(_ nest: Nest) throws -> CasesRoom {
        let panels = ReportPanels(
            cases: nest.cases, areas: nest.room.areas, keys: nest.keys, audit: nest.room.audit)
        return try CasesRoom(
            database: nest.database, desk: nest.cases,
            surroundings: CaseSurroundings(
                areaName: { _ in "" }, alarms: { _, _, _ in [] }, messages: { _, _, _ in [] }, contacts: { _, _ in [] },
                moves: { id, caller, db in try panels.moves(id, caller, in: db) }), folder: nest.folder,
            logger: nest.room.logger)
    }

    private func row(_ id: CaseID, _ nest: Nest) async throws -> ReportCase {
        try #require(try await nest.database.read { db in try ReportCaseStore.find(id, in: db) })
    }

    @Test(
        "A report about a department joins no case, so that the department never reads it", arguments: Engine.allCases)
    func joining(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let (_, first) = try await nest.report("服务站排队太久", category: "conduct")
        try await nest.act(.handOver, first.caseID, as: "officer", [("department", nest.service.id.description)])
        let (_, second) = try await nest.report(
            "服务站收钱", category: "conduct", about: .department(nest.service.id), joins: first.caseID)
        #expect(second.caseID != first.caseID)
        let holders = try await nest.database.read { db in try ReportStore.holders(second.report, in: db) }
        #expect(!holders.contains(.department(nest.service.id)))
    }

    @Test("What is about somebody is merged neither way, and nobody merges into what they cannot see")
    func merging() async throws {
        let nest = try await Nest()
        let (_, plain) = try await nest.report()
        let (_, about) = try await nest.report(category: "conduct", about: .department(nest.service.id))
        let (_, desk) = try await nest.report(category: "conduct", about: .desk)
        for (one, other) in [(plain, about), (about, plain)] {
            await #expect(throws: Problem.conflict("woodpecker.merge-about")) {
                try await nest.act(.merge, one.caseID, as: "officer", [("other", other.caseID.description)])
            }
        }
        await #expect(throws: Problem.invalid(["other": "unknown-case"])) {
            try await nest.act(.merge, plain.caseID, as: "officer", [("other", desk.caseID.description)])
        }
        #expect(
            try await nest.database.read { db in try ReportStore.find(plain.report, in: db) }?.caseID == plain.caseID)
    }

    @Test("An officer who belongs to the department that is reported neither opens nor lists the report")
    func ownDepartment() async throws {
        let nest = try await Nest()
        let (officer, clerk) = (try nest.person("officer"), try nest.person("clerk2"))
        let service = nest.service
        try await nest.database.write { db in
            try WoodpeckerRoom.save(service, members: [clerk.id, officer.id], in: db)
        }
        let (_, taken) = try await nest.report("服务站收钱", category: "conduct", about: .department(service.id))
        await #expect(throws: Problem.notFound) { try await nest.words(taken.caseID, as: "officer") }
        #expect(try await nest.words(taken.caseID, as: "officer2") == "服务站收钱")
        var filter = ReportFilter()
        filter.notAbout = [Holder.department(service.id).name]
        let listed = filter
        #expect(try await nest.database.read { db in try ReportCaseStore.page(listed, limit: 9, in: db) }.isEmpty)
    }

    @Test(
        "The page of a case leaves notes, crews and supervision; what ends, gives or merges it belongs to the reports")
    func moves() async throws {
        let nest = try await Nest()
        let (_, taken) = try await nest.report()
        let (_, other) = try await nest.report()
        let room = try casesRoom(nest)
        let (officer, leader) = (try nest.person("officer"), try nest.person("leader"))
        let id = taken.caseID
        for type in CaseMove.allCases where ![.note, .dispatch, .start, .supervise, .standDown].contains(type) {
            await #expect(throws: Problem.conflict("case.elsewhere"), "\(type)") {
                try await nest.database.write { db in
                    _ = try room.moveHere(
                        MoveRequest(type: type, text: "x", other: other.caseID.description, days: 3), id, by: leader,
                        in: db)
                }
            }
        }
        try await nest.database.write { db in
            _ = try room.moveHere(MoveRequest(type: .note, text: "已电话核实"), id, by: officer, in: db)
            _ = try room.moveHere(MoveRequest(type: .supervise), id, by: leader, in: db)
        }
        // A case that is no report is moved there as before.
        let cases = nest.cases
        try await nest.database.write { db in
            let plain = try cases.open(
                NewCase(
                    kind: .other, severity: .minor, title: "x", placeText: "", point: nil, area: nil,
                    signal: Signal(source: "test", key: "1"), at: .now), in: db)
            _ = try room.moveHere(MoveRequest(type: .accept), plain, by: officer, in: db)
        }
        // What is about the desk itself is beyond an officer here, too.
        let (_, desk) = try await nest.report(category: "conduct", about: .desk)
        await #expect(throws: Problem.conflict("case.elsewhere")) {
            try await nest.database.write { db in
                _ = try room.moveHere(MoveRequest(type: .supervise), desk.caseID, by: officer, in: db)
            }
        }
    }

    @Test("A crew's result ends no report: somebody tells the reporters, and somebody else verifies that")
    func crews() async throws {
        let nest = try await Nest()
        let (receipt, taken) = try await nest.report()
        let id = taken.caseID
        let cases = nest.cases
        let officer = try nest.person("officer")
        try await nest.act(.handOver, id, as: "officer", [("department", nest.water.id.description)])
        // As a task's end leaves it: handled, with no word to anybody.
        try await nest.database.write { db in
            _ = try cases.move(MoveRequest(type: .handled, text: "到场"), id, by: officer, at: .now, in: db)
        }
        await #expect(throws: Problem.conflict("woodpecker.not-finished")) {
            try await nest.act(.verify, id, as: "officer2")
        }
        try await nest.act(.finish, id, as: "officer2", [("text", "已修好"), ("outcome", "fixed")])
        #expect(try await nest.status(receipt)?.lines.map(\.words) == ["已修好"])
        await #expect(throws: Problem.conflict("case.own-work", detail: "handled")) {
            try await nest.act(.verify, id, as: "officer2")
        }
        try await nest.act(.verify, id, as: "officer")
    }

    @Test("After rework a case can be given elsewhere, and by its department back", arguments: Engine.allCases)
    func rework(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        for act in [HandlingStep.Act.handOver, .giveBack] {
            let (_, taken) = try await nest.report()
            let id = taken.caseID
            try await nest.act(.handOver, id, as: "officer", [("department", nest.water.id.description)])
            try await nest.act(.finish, id, as: "clerk", [("text", "已修"), ("outcome", "fixed")])
            try await nest.act(.rework, id, as: "officer", [("text", "还在漏")])
            switch act {
            case .handOver:
                try await nest.act(.handOver, id, as: "officer", [("department", nest.service.id.description)])
                #expect(try await row(id, nest).department == nest.service.id)
                await #expect(throws: Problem.notFound) { try await nest.words(id, as: "clerk") }
            default:
                try await nest.act(.giveBack, id, as: "clerk", [("text", "要换主管")])
                #expect(try await row(id, nest).returns == 1)
            }
        }
    }

    @Test("More time is granted twice at most, in time, and moves nothing out of its month", arguments: Engine.allCases)
    func extensions(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let (receipt, taken) = try await nest.report()
        let id = taken.caseID
        let promised = try await row(id, nest).dueAt
        try await nest.act(.handOver, id, as: "officer", [("department", nest.water.id.description)])
        await #expect(throws: Problem.conflict("woodpecker.extend-limit")) {
            try await nest.act(.extend, id, as: "leader", [("text", "雨季"), ("days", "11")])
        }
        try await nest.act(.extend, id, as: "leader", [("text", "等管材"), ("days", "10")])
        await #expect(throws: Problem.conflict("woodpecker.extend-limit")) {
            try await nest.act(.extend, id, as: "leader", [("text", "再等"), ("days", "6")])
        }
        try await nest.act(.extend, id, as: "leader", [("text", "再等"), ("days", "5")])
        await #expect(throws: Problem.conflict("woodpecker.extend-limit")) {
            try await nest.act(.extend, id, as: "leader", [("text", "再等"), ("days", "1")])
        }
        let granted = try await row(id, nest)
        #expect(granted.firstDueAt == promised && granted.dueAt > promised && granted.extensions == 2)
        try await nest.act(.finish, id, as: "clerk", [("text", "已修"), ("outcome", "fixed")])
        try await nest.act(.verify, id, as: "officer")
        let opened = try #require(try await nest.room.intake.open(receipt))
        try await nest.room.correspondence.notFixed("还在漏", opened, at: .now)
        let again = try await row(id, nest)
        #expect(again.firstDueAt == promised && again.reopened == 1 && again.extendedDays == 15)
        #expect(throws: Extension.Refusal.late) {
            try Extension.check(days: 1, extensions: 0, granted: 0, dueAt: promised, at: promised + 1)
        }
    }

    @Test(
        "The rates of a month count by the first promise, and a return stays with who gave back",
        arguments: Engine.allCases)
    func rates(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let (_, taken) = try await nest.report()
        let id = taken.caseID
        try await nest.act(.handOver, id, as: "officer", [("department", nest.water.id.description)])
        try await nest.act(.giveBack, id, as: "clerk", [("text", "不归我们")])
        try await nest.act(.handOver, id, as: "officer", [("department", nest.service.id.description)])
        try await nest.act(.extend, id, as: "leader", [("text", "等管材"), ("days", "10")])
        let promised = try await row(id, nest).firstDueAt
        let (cases, areas) = (nest.cases, nest.room.areas)
        let table = try await nest.database.read { db in
            try RateTable.read(
                .department, from: promised, to: promised + 1, at: promised + CivilTime.dayMs, cases: cases,
                areas: areas, words: ("all", "none", "few"), in: db)
        }
        #expect(table.rows.map(\.name) == ["all", "供水站", "服务站"])
        #expect(table.rows.map(\.rates.due) == [1, 0, 1] && table.rows.map(\.rates.returns) == [1, 1, 0])
        #expect(table.rows[0].rates.late == 1 && table.rows[0].rates.extensions == 1)
    }

    @Test("Small areas are counted together, and never one alone")
    func smallAreas() {
        func items(_ count: Int) -> [Rates.Item] {
            (0..<count).map { _ in
                Rates.Item(
                    dueAt: .now, answerDueAt: .now, isVerified: false, ratings: [], returns: 0, extensions: 0,
                    reopened: 0)
            }
        }
        let (large, small) = RateTable.parted([("a", items(9)), ("b", items(2)), ("c", items(7)), ("d", items(1))])
        #expect(large.map(\.key) == ["a"] && small.count == 10)
        let (all, none) = RateTable.parted([("a", items(9)), ("b", items(5))])
        #expect(all.count == 2 && none.isEmpty)
    }

    @Test("What is shown to everybody and taken back again stands in the record", arguments: Engine.allCases)
    func publishing(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let (_, taken) = try await nest.report()
        try await nest.act(.unpublish, taken.caseID, as: "officer")
        let actions = try await nest.database.read { db in
            try db.values(String.self, "SELECT action FROM audit WHERE subject = \("reports/\(taken.caseID)")")
        }
        #expect(actions == ["report.unpublish"])
    }

    @Test(
        "Suspended and not taken up: every reporter is told, the citizen's time goes on, and both stand beside the rates"
    )
    func suspension() async throws {
        let nest = try await Nest()
        let (receipt, taken) = try await nest.report()
        try await nest.act(.handOver, taken.caseID, as: "officer", [("department", nest.water.id.description)])
        try await nest.act(.suspend, taken.caseID, as: "officer", [("text", "等枯水期")])
        let status = try #require(try await nest.status(receipt))
        #expect(status.phase == .suspended && status.lines.map(\.words) == ["等枯水期"] && status.dueAt != nil)
        try await nest.act(.resume, taken.caseID, as: "officer")
        await #expect(throws: (any Error).self) { try await nest.act(.supervise, taken.caseID, as: "officer") }
        try await nest.act(.supervise, taken.caseID, as: "leader")
        #expect(try await row(taken.caseID, nest).suspensions == 1)
        let (second, other) = try await nest.report()
        try await nest.act(.reject, other.caseID, as: "officer", [("text", "没有说是哪里")])
        let end = try #require(try await nest.status(second))
        #expect(end.outcome == .rejected && end.lines.map(\.words) == ["没有说是哪里"] && end.mayReopen)
        for outcome in ["rejected", "duplicate"] {
            await #expect(throws: Problem.invalid(["outcome": "required"])) {
                try await nest.act(.finish, taken.caseID, as: "clerk", [("text", "x"), ("outcome", outcome)])
            }
        }
    }
}
