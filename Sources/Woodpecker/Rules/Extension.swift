import Kernel

/// How much more time may be granted (延期), so that no promise is put off for ever.
enum Extension {
    /// How often.
    static let limit = 2
    /// Working days at once.
    static let daysAtOnce = 10
    /// Working days in all.
    static let daysInAll = 15

    /// Why more time is refused.
    enum Refusal: String, Error {
        /// It is overdue already: more time is asked for before the end, not after it.
        case late = "woodpecker.extend-late"
        /// It was granted too often, or too much of it.
        case limit = "woodpecker.extend-limit"
    }

    /// Whether `days` more may be granted.
    /// - Parameters:
    ///   - extensions: how often it was granted before, with `granted` working days in all.
    ///   - dueAt: when the time granted so far ends.
    static func check(days: Int, extensions: Int, granted: Int, dueAt: Instant, at now: Instant) throws(Refusal) {
        guard now <= dueAt else { throw .late }
        guard extensions < limit, days <= daysAtOnce, granted + days <= daysInAll else { throw .limit }
    }
}
