#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
///
/// The town lives in China Standard Time (UTC+8, no daylight saving since 1991), so calendar arithmetic on an `Instant`
/// is integer arithmetic and needs no `Calendar`.
public struct Instant: Sendable, Hashable, Comparable {
    /// Milliseconds since the Unix epoch.
    public var ms: Int64

    /// A moment given in milliseconds since the Unix epoch.
    public init(ms: Int64) { self.ms = ms }

    /// The moment of `now` on the machine's wall clock.
    public static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(ms: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Orders by time.
    public static func < (left: Instant, right: Instant) -> Bool { left.ms < right.ms }
    /// The moment `ms` milliseconds later.
    public static func + (moment: Instant, ms: Int64) -> Instant { Instant(ms: moment.ms + ms) }
    /// The moment `ms` milliseconds earlier.
    public static func - (moment: Instant, ms: Int64) -> Instant { Instant(ms: moment.ms - ms) }
    /// Milliseconds from `earlier` to `later`.
    public static func - (later: Instant, earlier: Instant) -> Int64 { later.ms - earlier.ms }
}

extension Instant: Codable {
    /// Stored as a number of milliseconds; the API shows ``rfc3339`` instead.
    public init(from decoder: any Decoder) throws {
        ms = try decoder.singleValueContainer().decode(Int64.self)
    }

    /// Stored as a number of milliseconds; the API shows ``rfc3339`` instead.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(ms)
    }
}

extension Instant: CustomStringConvertible {
    /// The RFC 3339 form.
    public var description: String { rfc3339 }
}
