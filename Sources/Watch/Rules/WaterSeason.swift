import Kernel

/// The part of the year and of the day in which a place is watched, by China's clock.
public struct WaterSeason: Sendable, Equatable {
    /// The first day, month × 100 + day.
    public var from: Int
    /// The last day, month × 100 + day; before ``from`` where the season goes over the new year.
    public var to: Int
    /// The first minute of the day.
    public var minuteFrom: Int
    /// The minute after the last; at most 1,440.
    public var minuteTo: Int

    /// A season.
    public init(from: Int, to: Int, minuteFrom: Int, minuteTo: Int) {
        self.from = from
        self.to = to
        self.minuteFrom = minuteFrom
        self.minuteTo = minuteTo
    }

    /// Whether a day is in the season.
    public func holds(day: Int) -> Bool {
        let date = CivilTime.date(ofDay: day)
        let number = date.month * 100 + date.day
        return from <= to ? (from...to).contains(number) : number >= from || number <= to
    }

    /// Whether a place is to be watched at a moment.
    public func holds(_ moment: Instant) -> Bool {
        let time = CivilTime(moment)
        let minute = time.hour * 60 + time.minute
        return holds(day: moment.dayNumber) && minute >= minuteFrom && minute < minuteTo
    }
}

/// How much of each hour of a day somebody watched.
public enum WatchHours {
    /// An hour of a place's day.
    public enum Mark: String, Sendable {
        /// Not to be watched.
        case off
        /// It has not come yet.
        case ahead
        /// Nobody watched, or for less than five minutes with more than half an hour between two looks.
        case unwatched
        /// Watched for a part.
        case partly
        /// Watched without a pause of more than ten minutes: one screen that goes round many places watches them all.
        case watched
    }

    /// The longest time within `span` in which nobody watched, in milliseconds; intervals may lie over each other.
    public static func longestPause(in span: Range<Instant>, _ intervals: [(from: Instant, to: Instant)]) -> Int64 {
        var longest: Int64 = 0
        var reached = span.lowerBound
        for interval in intervals.sorted(by: { $0.from < $1.from })
        where interval.to >= span.lowerBound && interval.from < span.upperBound {
            longest = max(longest, interval.from - reached)
            reached = max(reached, interval.to)
        }
        return max(longest, span.upperBound - reached)
    }

    /// Minutes of an hour in which at least one interval lies; intervals may lie over each other.
    public static func minutes(of hour: Instant, in intervals: [(from: Instant, to: Instant)]) -> Int {
        let end = hour + 3_600_000
        var covered: Int64 = 0
        var reached = hour
        for interval in intervals.sorted(by: { $0.from < $1.from }) {
            let from = max(interval.from, reached)
            let to = min(interval.to, end)
            guard from < to else { continue }
            covered += to - from
            reached = to
        }
        return Int(covered / 60_000)
    }

    /// The marks of the 24 hours of a day.
    public static func marks(
        day: Int, season: WaterSeason, intervals: [(from: Instant, to: Instant)], now: Instant
    ) -> [Mark] {
        let start = Instant(ms: Int64(day) * CivilTime.dayMs - CivilTime.offsetMs)
        return (0..<24).map { hour in
            let begin = start + Int64(hour) * 3_600_000
            guard season.holds(day: day), hour * 60 + 59 >= season.minuteFrom, hour * 60 < season.minuteTo else {
                return .off
            }
            guard begin < now else { return .ahead }
            // Of the running hour counts what has passed of it, and of the first and last what belongs to the watch.
            let first = max(begin, start + Int64(season.minuteFrom) * 60_000)
            let last = min(begin + 3_600_000, now, start + Int64(season.minuteTo) * 60_000)
            guard first < last else { return .ahead }
            let pause = longestPause(in: first..<last, intervals)
            if pause <= 600_000 { return .watched }
            return pause <= 1_800_000 || minutes(of: begin, in: intervals) >= 5 ? .partly : .unwatched
        }
    }
}
