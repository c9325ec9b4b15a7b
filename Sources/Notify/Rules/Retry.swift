import Kernel

/// When a message that a gateway did not take is tried again.
enum Retry {
    private static let pausesMs: [Int64] = [2_000, 5_000, 15_000, 60_000, 120_000, 300_000, 600_000]

    /// Milliseconds until the next try, or `nil` when there is none: about 18 minutes after the first.
    /// - Parameter attempt: how often it was tried, from 1.
    static func pauseMs(afterAttempt attempt: Int) -> Int64? {
        attempt >= 1 && attempt <= pausesMs.count ? pausesMs[attempt - 1] : nil
    }
}

/// What came of handing a message to a gateway.
public enum Delivery: Sendable, Equatable {
    /// It has it, under its own number.
    case taken(providerID: String?)
    /// It will never take it.
    case refused(String)
    /// It did not take it now. Where the connection broke after the request was written, nobody knows whether the
    /// person was told: the next try says so.
    case again(String, mayHaveGoneOut: Bool)
    /// Every carrier's quota for this callee is used up until then; it was handed to none.
    case later(Instant, String)
}
