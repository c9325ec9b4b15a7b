import Kernel
import Testing

@testable import Cases

@Suite("Statistics")
struct StatisticsTests {
    private let now = CivilTime.instant(2026, 11, 25) + 9 * 3_600_000

    @Test("of nothing show no response time, and a bar for each part of the time")
    func nothing() {
        let week = Statistics([], days: 7, at: now)
        #expect(week.steps.isEmpty && week.opened == 0)
        #expect(week.periods.map(\.from) == (19...25).map { "2026-11-\($0)" })
        #expect(Statistics([], days: 90, at: now).periods.count == 13)
        #expect(Statistics([], days: 366, at: now).periods.last?.from == "2026-10-27")
    }
}
