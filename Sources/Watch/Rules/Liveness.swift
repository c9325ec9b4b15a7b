import Kernel

/// When a device counts as gone (GB/T 28181-2022, 9.6.1).
public struct Liveness: Sendable {
    /// Seconds between signs of life.
    public var intervalSeconds: Int64 = 60
    /// How many may be missed.
    public var misses: Int64 = 3

    /// The standard's usual numbers.
    public init() {}

    /// Whether a device that gave its last sign then, and is registered until then, counts as reachable.
    public func isAlive(lastSeen: Instant?, expiresAt: Instant?, at now: Instant) -> Bool {
        guard let lastSeen, let expiresAt, expiresAt > now else { return false }
        // Half an interval more than the misses: a sign that is merely late is not a miss.
        return now - lastSeen <= (misses * intervalSeconds + intervalSeconds / 2) * 1_000
    }
}

/// Bounds on those who are not known: so many tries, then silence for a while. Pure; the time is passed in.
public struct StrangerLimit: Sendable {
    /// Tries of one address before it is left without an answer.
    public var tries = 20
    /// Milliseconds after which one try is forgiven.
    public var forgiveMs: Int64 = 5_000
    /// Addresses that are remembered; the oldest are forgotten first.
    public var addresses = 10_000

    private var counts: [String: (tries: Int, at: Instant)] = [:]

    /// Nobody has tried yet.
    public init() {}

    /// Notes a failed try.
    public mutating func note(_ address: String, at now: Instant) {
        let left = remaining(address, at: now)
        if counts.count >= addresses, counts[address] == nil {
            let old = counts.sorted { $0.value.at < $1.value.at }.prefix(addresses / 4)
            for entry in old { counts[entry.key] = nil }
        }
        counts[address] = (min(left + 1, tries + 1), now)
    }

    /// Whether an address is still answered.
    public func isAnswered(_ address: String, at now: Instant) -> Bool { remaining(address, at: now) < tries }

    private func remaining(_ address: String, at now: Instant) -> Int {
        guard let entry = counts[address] else { return 0 }
        return max(0, entry.tries - Int(max(0, now - entry.at) / forgiveMs))
    }
}
