import Cases
import Kernel
import Testing

@testable import Plans

struct PlanTests {
    private func plan(_ kind: CaseKind, _ severity: Severity, from: Int64, until: Int64? = nil) -> Plan {
        var plan = Plan(
            name: "预案", kind: kind, severity: severity, content: .init(steps: [.init("到场")], roles: []),
            from: Instant(ms: from))
        plan.until = until.map(Instant.init(ms:))
        return plan
    }

    @Test(
        "A step's line is minutes, where there are any, and words",
        arguments: [
            ("5 切断电源", "切断电源", 5), ("切断电源", "切断电源", 0), ("  10   到场 ", "到场", 10), ("119报警", "119报警", 0),
            ("12345 拨打热线", "12345 拨打热线", 0),
        ])
    func line(line: String, text: String, minutes: Int) {
        #expect(Plan.Step(line: line) == Plan.Step(text, minutes: minutes))
    }

    @Test("A line without words is no step")
    func empty() {
        #expect(Plan.Step(line: "   ") == nil)
        #expect(Plan.Step(line: "5 ") == nil)
    }

    @Test("A case opens with the plan of its kind that was in force then, and the graver case with the graver plan")
    func opening() {
        let (mild, grave) = (plan(.fire, .minor, from: 0), plan(.fire, .serious, from: 0))
        let (old, new) = (plan(.river, .minor, from: 0, until: 100), plan(.river, .minor, from: 100))
        let all = [mild, grave, old, new]
        let opens = { Plan.opening(with: $0, severity: $1, at: Instant(ms: $2), among: all)?.id }
        #expect(opens(.fire, .moderate, 50) == mild.id)
        #expect(opens(.fire, .grave, 50) == grave.id)
        #expect(opens(.river, .minor, 99) == old.id)
        #expect(opens(.river, .minor, 100) == new.id)
        #expect(opens(.patrol, .grave, 50) == nil)
    }

    @Test("A drill's score counts what came in time, and what never came as missed")
    func score() {
        let start = Instant(ms: 1_000_000)
        let steps = [Plan.Step("甲", minutes: 5), Plan.Step("乙"), Plan.Step("丙", minutes: 1)]
        let ticks = [
            Tick(step: 0, at: start + 300_000, name: "", note: ""),
            Tick(step: 2, at: start + 60_001, name: "", note: ""),
        ]
        let score = DrillScore(
            started: start, dispatched: start + DrillScore.dispatchMs, arrived: nil, steps: steps, ticks: ticks)
        #expect(score.goals.map(\.isReached) == [true, false, true, false])
        #expect(score.percent == 50)
    }
}
