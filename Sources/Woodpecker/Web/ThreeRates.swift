import Cases
import Kernel
import Places
import Storage

extension WoodpeckerRoom {
    /// The three rates of a stretch of time, for all departments together: per cent with one digit, `nil` where nothing
    /// was due.
    public struct ThreeRates: Sendable {
        /// Cases that were due.
        public var due: Int
        /// Answered in time, of those whose first word was due.
        public var answered: Double?
        /// Solved and verified, of those due.
        public var solved: Double?
        /// With reporters who were content, of those due.
        public var satisfied: Double?
        /// Late, or late by now.
        public var late: Int
    }

    /// The three rates of a stretch of time, counted as the page of rates counts them.
    public static func threeRates(
        in span: Range<Instant>, at now: Instant, cases: CaseDesk, areas: AreaIndex, in db: any Reading
    ) throws -> ThreeRates {
        let table = try RateTable.read(
            .department, from: span.lowerBound, to: span.upperBound, at: now, cases: cases, areas: areas,
            words: (all: "", none: "", few: ""), in: db)
        guard let rates = table.rows.first?.rates else { return ThreeRates(due: 0, late: 0) }
        return ThreeRates(
            due: rates.due, answered: Rates.share(rates.answered, of: rates.answerDue),
            solved: Rates.share(rates.solved, of: rates.due), satisfied: Rates.share(rates.satisfied, of: rates.due),
            late: rates.late)
    }
}
