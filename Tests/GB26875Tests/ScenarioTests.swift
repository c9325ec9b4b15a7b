import Simulator
import Testing

@Suite("The simulator's plays")
struct ScenarioTests {
    @Test("A storm is a thousand alarms at its rate")
    func storm() {
        let plan = FireScenario.storm.plan(devices: 10, seconds: 60, rate: 500)
        #expect(plan.count == 1_000)
        #expect(plan.last?.atMs == 1_998)
        #expect(Set(plan.map(\.device)).count == 10)
    }

    @Test("Cooking smoke goes away, a fire that spreads does not")
    func ends() {
        #expect(FireScenario.cooking.plan(devices: 1, seconds: 60, rate: 1).last?.isFire == false)
        #expect(FireScenario.spread.plan(devices: 1, seconds: 60, rate: 1).allSatisfy { $0.isFire })
    }

    @Test("Nothing is said after the end", arguments: FireScenario.allCases)
    func end(_ scenario: FireScenario) {
        #expect(scenario.plan(devices: 5, seconds: 10, rate: 50).allSatisfy { $0.atMs <= 10_000 && $0.device < 5 })
    }
}
