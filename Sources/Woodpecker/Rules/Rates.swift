import Kernel

/// The three rates (响应率、解决率、满意率) of a time, counted so that waiting, giving back or closing early cannot better
/// them: what was due in the time is the denominator, whether it was answered or not.
struct Rates: Sendable, Equatable {
    /// What one case tells the count.
    struct Item: Sendable {
        /// When the citizen's time ran out as it was promised first: more time that was granted, or a case that was
        /// opened again, moves nothing out of a month.
        var dueAt: Instant
        var answerDueAt: Instant
        var answeredAt: Instant?
        var finishedAt: Instant?
        var outcome: Outcome?
        /// Whether somebody other than the handler verified it.
        var isVerified: Bool
        /// The ratings of its reporters.
        var ratings: [Rating]
        var returns: Int
        var extensions: Int
        var reopened: Int
        var suspensions = 0
        /// Whether a call back reached a reporter; `nil` where nobody was called.
        var reached: Bool?
    }

    /// Cases whose first word was due in the time, and those of them that had it by then.
    var answerDue = 0
    var answered = 0
    /// Cases that were due in the time, those of them fixed and verified, and those of them that were late or are.
    var due = 0
    var solved = 0
    var late = 0
    /// Cases that were due in the time and whose reporters were content, all that rated.
    var satisfied = 0
    var rated = 0
    /// What stands beside the rates, of the cases that were due.
    var returns = 0
    var extensions = 0
    var merged = 0
    var notOurs = 0
    var voided = 0
    var suspended = 0
    /// Cases whose reporters were called back, and those of them where somebody was reached.
    var called = 0
    var reached = 0
    var reopened = 0

    /// Counts the cases that fall into `from` ..< `to`, at the moment `now`.
    init(_ items: some Sequence<Item>, from: Instant, to: Instant, at now: Instant) {
        for item in items {
            if item.answerDueAt >= from, item.answerDueAt < to {
                answerDue += 1
                if let answered = item.answeredAt, answered <= item.answerDueAt { self.answered += 1 }
            }
            guard item.dueAt >= from, item.dueAt < to else { continue }
            due += 1
            if item.outcome == .fixed, item.isVerified { solved += 1 }
            if (item.finishedAt ?? now) > item.dueAt { late += 1 }
            if !item.ratings.isEmpty {
                rated += 1
                if item.ratings.allSatisfy({ $0 != .dissatisfied }) { satisfied += 1 }
            }
            if item.returns > 0 { returns += 1 }
            if item.extensions > 0 { extensions += 1 }
            if item.reopened > 0 { reopened += 1 }
            if item.outcome == .duplicate { merged += 1 }
            if item.outcome == .notOurs { notOurs += 1 }
            if item.outcome == .rejected { voided += 1 }
            if item.suspensions > 0 { suspended += 1 }
            if item.reached != nil { called += 1 }
            if item.reached == true { reached += 1 }
        }
    }

    /// Per cent with one digit, or `nil` where nothing was due.
    static func share(_ part: Int, of whole: Int) -> Double? {
        whole == 0 ? nil : (Double(part) * 1_000 / Double(whole)).rounded() / 10
    }
}
