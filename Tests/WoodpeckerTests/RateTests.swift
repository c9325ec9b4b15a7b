import Kernel
import Testing

@testable import Woodpecker

@Suite("The three rates")
struct RateTests {
    private let start = CivilTime.instant(2026, 11, 1)
    private var end: Instant { start + 30 * CivilTime.dayMs }

    private func item(
        due day: Int64, answered: Int64? = nil, finished: Int64? = nil, _ outcome: Outcome? = nil,
        verified: Bool = false,
        ratings: [Rating] = []
    ) -> Rates.Item {
        Rates.Item(
            dueAt: start + day * CivilTime.dayMs, answerDueAt: start + day * CivilTime.dayMs,
            answeredAt: answered.map { start + $0 * CivilTime.dayMs },
            finishedAt: finished.map { start + $0 * CivilTime.dayMs },
            outcome: outcome, isVerified: verified, ratings: ratings, returns: 0, extensions: 0, reopened: 0)
    }

    @Test("What is overdue and still open is in the denominator, and what is due later is not")
    func denominators() {
        let rates = Rates(
            [
                item(due: 5, answered: 4, finished: 4, .fixed, verified: true, ratings: [.satisfied]),
                item(due: 6), item(due: 7, answered: 9, finished: 9, .fixed, verified: true), item(due: 40),
            ], from: start, to: end, at: end)
        #expect(rates.due == 3 && rates.solved == 2 && rates.late == 2)
        #expect(rates.answerDue == 3 && rates.answered == 1)
        #expect(rates.satisfied == 1 && rates.rated == 1)
        #expect(Rates.share(rates.solved, of: rates.due) == 66.7)
    }

    @Test("Closing as not ours, as a duplicate, or without verification solves nothing")
    func honest() {
        let rates = Rates(
            [
                item(due: 5, answered: 1, finished: 1, .notOurs, verified: true),
                item(due: 5, answered: 1, finished: 1, .duplicate), item(due: 5, answered: 1, finished: 1, .fixed),
                item(due: 5, answered: 1, finished: 1, .fixed, verified: true, ratings: [.satisfied, .dissatisfied]),
            ], from: start, to: end, at: end)
        #expect(rates.solved == 1 && rates.due == 4 && rates.notOurs == 1 && rates.merged == 1 && rates.satisfied == 0)
    }
}
