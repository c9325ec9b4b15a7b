import Kernel

/// A time in which nobody watched a place that was to be watched.
public struct WaterGap: Sendable, Equatable {
    /// From when.
    public var from: Instant
    /// Until when.
    public var to: Instant

    /// Its length in milliseconds.
    public var length: Int64 { to - from }

    /// A gap that is shorter, in milliseconds, is nobody's fault: a change of seats, a glance away.
    public static let leastMs: Int64 = 15 * 60_000

    /// The gaps of a stretch of time at a place, and how long it was to be watched in it.
    /// - Parameter watched: the stretches in which somebody did; they may lie over each other.
    public static func find(
        in span: Range<Instant>, season: WaterSeason, watched: [(from: Instant, to: Instant)]
    ) -> (gaps: [WaterGap], dueMs: Int64) {
        var gaps: [WaterGap] = []
        var due: Int64 = 0
        guard span.lowerBound < span.upperBound else { return ([], 0) }
        let sorted = watched.sorted { $0.from < $1.from }
        for day in span.lowerBound.dayNumber...span.upperBound.dayNumber where season.holds(day: day) {
            let midnight = Instant(ms: Int64(day) * CivilTime.dayMs - CivilTime.offsetMs)
            var reached = max(span.lowerBound, midnight + Int64(season.minuteFrom) * 60_000)
            let end = min(span.upperBound, midnight + Int64(season.minuteTo) * 60_000)
            guard reached < end else { continue }
            due += end - reached
            for stretch in sorted where stretch.to > reached && stretch.from < end {
                if stretch.from - reached >= leastMs { gaps.append(WaterGap(from: reached, to: stretch.from)) }
                reached = max(reached, min(stretch.to, end))
            }
            if end - reached >= leastMs { gaps.append(WaterGap(from: reached, to: end)) }
        }
        return (gaps, due)
    }
}
