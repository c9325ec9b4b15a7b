import Kernel

/// Tells a device's second try of one transmission from a second event with the same bytes.
public enum Resend {
    /// A transmission with a known key is a second try within this time. Devices give up after three tries of 10 s;
    /// the rest is for reconnecting. Later, a device whose clock stands still means a new event by the same bytes.
    public static let windowMs: Int64 = 10 * 60_000

    /// Whether a transmission at `now` repeats the one with the same key that arrived at `before`.
    public static func isSecondTry(before: Instant, now: Instant) -> Bool { now - before <= windowMs }
}
