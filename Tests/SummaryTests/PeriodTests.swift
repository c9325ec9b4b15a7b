import Kernel
import Testing

@testable import Summary

struct PeriodTests {
    private func day(_ text: String) -> Int { Instant(text)?.dayNumber ?? 0 }

    @Test("A week begins on Monday, a month on its first, and both end before the next one's first moment")
    func bounds() {
        let week = Period(.week, of: day("2026-11-29"))
        #expect(week.from == "2026-11-23" && week.to == "2026-11-30" && week.words == "2026-11-23 – 2026-11-29")
        #expect(week.next.from == "2026-11-30" && week.previous.from == "2026-11-16")
        let month = Period(.month, of: day("2028-02-29"))
        #expect(month.from == "2028-02-01" && month.to == "2028-03-01" && month.labels.count == 29)
        #expect(Period(.month, of: day("2026-12-31")).next.from == "2027-01-01")
        #expect(Period(.day, of: day("2026-11-25")).words == "2026-11-25")
    }

    @Test("What happened is counted in its own hour or day of China's clock, and what lies outside is not")
    func counts() throws {
        let moments = try ["2026-11-25T00:00", "2026-11-25T23:59", "2026-11-24T23:59", "2026-11-26T00:00"].map {
            try #require(Instant($0))
        }
        let hours = Period(.day, of: day("2026-11-25")).counts(moments)
        #expect(hours.count == 24 && hours[0] == 1 && hours[23] == 1 && hours.reduce(0, +) == 2)
        let days = Period(.week, of: day("2026-11-25")).counts(moments)
        #expect(days == [0, 1, 2, 1, 0, 0, 0])
    }

    @Test("Percentiles are of what there is, and of nothing there are none")
    func spread() {
        #expect(Spread([]) == nil)
        #expect(Spread([7])?.p90 == 7)
        let spread = Spread((1...10).map(Int64.init).reversed())
        #expect(spread?.median == 5 && spread?.p90 == 9 && spread?.longest == 10)
    }
}
