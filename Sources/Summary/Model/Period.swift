import Kernel

/// A day, a week from Monday, or a month, by China's calendar.
public struct Period: Sendable, Equatable {
    /// How long it is.
    public enum Length: String, Sendable, CaseIterable {
        case day, week, month
    }

    /// How long it is.
    public let length: Length
    /// Its first day, in days after 1970-01-01.
    public let firstDay: Int
    /// The day after its last.
    public let endDay: Int

    /// The one in which a day lies.
    public init(_ length: Length, of day: Int) {
        self.length = length
        switch length {
        case .day: (firstDay, endDay) = (day, day + 1)
        case .week:
            // 1970-01-01 was a Thursday.
            let monday = day - ((day + 3) % 7 + 7) % 7
            (firstDay, endDay) = (monday, monday + 7)
        case .month:
            let date = CivilTime.date(ofDay: day)
            firstDay = CivilTime.dayNumber(year: date.year, month: date.month, day: 1)
            endDay =
                date.month == 12
                ? CivilTime.dayNumber(year: date.year + 1, month: 1, day: 1)
                : CivilTime.dayNumber(year: date.year, month: date.month + 1, day: 1)
        }
    }

    /// From its first moment to the first one after it.
    public var span: Range<Instant> { Self.midnight(firstDay)..<Self.midnight(endDay) }
    /// The one before.
    public var previous: Period { Period(length, of: firstDay - 1) }
    /// The one after.
    public var next: Period { Period(length, of: endDay) }

    /// `2026-11-25`, as lists take it in their `from` and `to`.
    public var from: String { span.lowerBound.date }
    /// The first day after it.
    public var to: String { span.upperBound.date }
    /// `2026-11-25`, or both days of a longer one.
    public var words: String {
        endDay - firstDay == 1 ? from : "\(from) – \(Self.midnight(endDay - 1).date)"
    }

    /// What a chart counts by: the hours of a day, the days of a week or month.
    public var labels: [String] {
        switch length {
        case .day: (0..<24).map { "\($0)" }
        case .week, .month: (firstDay..<endDay).map { String(Self.midnight($0).date.dropFirst(5)) }
        }
    }

    /// How many of `moments` fall into each of ``labels``.
    public func counts(_ moments: some Sequence<Instant>) -> [Double] {
        let start = span.lowerBound.ms
        let width = length == .day ? 3_600_000 : CivilTime.dayMs
        var counts = [Double](repeating: 0, count: length == .day ? 24 : endDay - firstDay)
        for moment in moments where span.contains(moment) { counts[Int((moment.ms - start) / width)] += 1 }
        return counts
    }

    private static func midnight(_ day: Int) -> Instant {
        Instant(ms: Int64(day) * CivilTime.dayMs - CivilTime.offsetMs)
    }
}
