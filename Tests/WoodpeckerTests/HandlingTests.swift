import Cases
import Kernel
import Storage
import Testing
import Web

@testable import Woodpecker

@Suite("A report that is handled")
struct HandlingTests {
    @Test(
        "goes from the citizen to the desk, to a department, and its answer back to the receipt",
        arguments: Engine.allCases)
    func wholeWay(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let (receipt, taken) = try await nest.report()
        let id = taken.caseID
        #expect(try await nest.status(receipt)?.phase == .open)
        try await nest.act(.handOver, id, as: "officer", [("department", nest.water.id.description)])
        try await nest.act(.ask, id, as: "clerk", [("text", "是哪一段？")])
        let opened = try #require(try await nest.room.intake.open(receipt))
        try await nest.room.correspondence.reply("桥东头", opened, at: .now)
        try await nest.act(.note, id, as: "clerk", [("text", "内部：叫老王去")])
        try await nest.act(.finish, id, as: "clerk", [("text", "已换管"), ("outcome", "fixed")])
        // Who handled it does not certify it, nor may a clerk.
        await #expect(throws: (any Error).self) { try await nest.act(.verify, id, as: "clerk") }
        try await nest.act(.verify, id, as: "officer")
        let status = try #require(try await nest.status(receipt))
        #expect(status.phase == .closed && status.outcome == .fixed)
        #expect(status.lines.map(\.words) == ["是哪一段？", "桥东头", "已换管"])
        try await nest.room.correspondence.rate(.satisfied, opened, at: .now)
        #expect(try await nest.status(receipt)?.report.rating == .satisfied)
    }

    @Test(
        "opens again when the reporter says that it is not fixed, with its department and a new time",
        arguments: Engine.allCases)
    func notFixed(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let (receipt, taken) = try await nest.report()
        let id = taken.caseID
        try await nest.act(.handOver, id, as: "officer", [("department", nest.water.id.description)])
        try await nest.act(.finish, id, as: "clerk", [("text", "已修"), ("outcome", "fixed")])
        try await nest.act(.verify, id, as: "officer")
        let opened = try #require(try await nest.room.intake.open(receipt))
        try await nest.room.correspondence.notFixed("还在漏", opened, at: .now)
        let status = try #require(try await nest.status(receipt))
        #expect(status.phase == .assigned && status.outcome == nil && status.department?.id == nest.water.id)
        let cases = nest.cases
        let state = try #require(try await nest.database.read { db in try cases.state(id, in: db) })
        #expect(state.departmentClock.isRunning && state.departmentClock.intervals.count == 1)
        #expect(try await nest.words(id, as: "clerk") != nil)
        await #expect(throws: Problem.conflict("woodpecker.not-finished")) {
            try await nest.room.correspondence.notFixed("再来", opened, at: .now)
        }
    }

    @Test("answers everybody who joined it or was merged into it, without linking them", arguments: Engine.allCases)
    func everybody(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let (first, taken) = try await nest.report("一")
        let (second, joined) = try await nest.report("二", joins: taken.caseID)
        let (third, apart) = try await nest.report("三")
        #expect(joined.caseID == taken.caseID && apart.caseID != taken.caseID)
        try await nest.act(.handOver, taken.caseID, as: "officer", [("department", nest.water.id.description)])
        let cases = nest.cases
        let number = try #require(try await nest.database.read { db in try cases.record(taken.caseID, in: db)?.number })
        try await nest.act(.merge, apart.caseID, as: "officer", [("other", number)])
        // One more after the hand-over: the department can read that, too.
        let (fourth, late) = try await nest.report("四", joins: taken.caseID)
        #expect(late.caseID == taken.caseID)
        try await nest.act(.finish, taken.caseID, as: "clerk", [("text", "都修好了"), ("outcome", "fixed")])
        for receipt in [first, second, third, fourth] {
            let status = try #require(try await nest.status(receipt))
            #expect(status.lines.map(\.words) == ["都修好了"] && status.outcome == .fixed)
        }
    }

    @Test("is given back within two working days and not later")
    func giveBackInTime() async throws {
        let nest = try await Nest()
        let (_, taken) = try await nest.report(at: .now)
        let id = taken.caseID
        let (officer, clerk) = (try nest.person("officer"), try nest.person("clerk"))
        let room = nest.room
        let monday = CivilTime.instant(2026, 11, 23, 9)
        let department = nest.water.id
        try await nest.database.write { db in
            try room.handling.handOver(id, to: department, by: officer, at: monday, in: db)
        }
        await #expect(throws: Problem.conflict("woodpecker.return-late")) {
            try await nest.database.write { db in
                try room.handling.giveBack(
                    id, reason: "x", by: clerk, at: monday + 3 * CivilTime.dayMs, in: db)
            }
        }
        try await nest.database.write { db in
            try room.handling.giveBack(id, reason: "不归我们", by: clerk, at: monday + CivilTime.dayMs, in: db)
        }
        let row = try await nest.database.read { db in try ReportCaseStore.find(id, in: db) }
        #expect(row?.returns == 1 && row?.department == nil)
    }

    @Test("The same form twice is one report with one receipt")
    func twice() async throws {
        let nest = try await Nest()
        let receipt = try Receipt()
        let category = try #require(nest.room.category("water"))
        let new = NewReport(
            receipt: receipt, level: .anonymous, channel: .web, category: category, area: nil,
            content: ReportContent(words: "x"), at: .now)
        let first = try await nest.room.intake.take(new)
        let again = try await nest.room.intake.take(new)
        #expect(first.report == again.report)
        let count = try await nest.database.read { db in try db.value(Int64.self, "SELECT COUNT(*) FROM report") }
        #expect(count == 1)
    }

    @Test("A muted receipt still reads and writes nothing more")
    func muted() async throws {
        let nest = try await Nest()
        let (receipt, taken) = try await nest.report()
        try await nest.act(.mute, taken.caseID, as: "officer", [("report", taken.report.description)])
        let opened = try #require(try await nest.room.intake.open(receipt))
        await #expect(throws: Problem.conflict("woodpecker.muted")) {
            try await nest.room.correspondence.reply("骂人", opened, at: .now)
        }
        #expect(try await nest.status(receipt) != nil)
    }
}
