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
        /// Nobody watched, or for less than five minutes.
        case unwatched
        /// Watched for a part.
        case partly
        /// Watched for 45 minutes and more.
        case watched
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
            let due = min(
                60, Int((now - begin) / 60_000), season.minuteTo - hour * 60, hour * 60 + 60 - season.minuteFrom)
            let seen = minutes(of: begin, in: intervals)
            if seen >= due * 3 / 4, seen > 0 || due == 0 { return .watched }
            return seen >= 5 ? .partly : .unwatched
        }
    }
}
