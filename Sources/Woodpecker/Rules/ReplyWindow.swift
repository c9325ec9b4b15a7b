import Kernel

/// How many customer-service messages may follow somebody's message: five within 48 hours (the platform's rule since
/// 2023-06-12). Times are those of the hour, rounded down, so that the window closes too early rather than too late.
struct ReplyWindow: Sendable, Equatable {
    /// Messages that may follow.
    static let most: Int64 = 5
    /// Milliseconds in which they may.
    static let spanMs: Int64 = 48 * 3_600_000

    var at: Instant
    var used: Int64

    /// Whether one more may be sent.
    func isOpen(at now: Instant) -> Bool { used < Self.most && now - at < Self.spanMs && now >= at }
}

/// When something that did not go out is tried again.
enum AccountRetry {
    /// Milliseconds after which nobody is told any more: what was answered is two days old.
    static let giveUpMs: Int64 = 48 * 3_600_000

    /// Milliseconds to wait after so many tries.
    static func pauseMs(_ tries: Int64) -> Int64 {
        switch tries {
        case ...1: 10_000
        case 2: 60_000
        case 3: 300_000
        case 4: 1_800_000
        default: 3_600_000
        }
    }

    /// The day's quota is used up: tomorrow, five minutes after the platform counts anew.
    static func tomorrow(_ now: Instant) -> Instant {
        let time = CivilTime(now + CivilTime.dayMs)
        return CivilTime.instant(time.year, time.month, time.day, 0) + 300_000
    }
}
