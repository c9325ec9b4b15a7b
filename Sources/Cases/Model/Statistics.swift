import Kernel

/// How long each step took over a period.
struct StepTimes: Encodable, Sendable {
    var step: String
    var count: Int
    /// Milliseconds from the opening.
    var medianMs: Int64
    /// Milliseconds from the opening that nine of ten did not exceed.
    var p90Ms: Int64
}

/// What happened over some days, counted.
struct Statistics: Encodable, Sendable {
    /// Cases opened in a part of the time.
    struct Period: Encodable, Sendable {
        /// Its first day, `2026-11-24` in China Standard Time.
        var from: String
        var count: Int
    }

    var days: Int
    var opened: Int
    var closed: Int
    /// Not closed, rejected or merged yet.
    var open: Int
    var overdue: Int
    var byKind: [String: Int]
    var byVerdict: [String: Int]
    /// By day up to a month, by week up to a quarter, by thirty days beyond; the oldest first.
    var periods: [Period]
    var steps: [StepTimes]

    /// Counts cases; a percentile of nothing is left out rather than shown as 0.
    init(_ records: [CaseRecord], days: Int, at now: Instant) {
        self.days = days
        opened = records.count
        closed = records.filter { $0.phase == .closed }.count
        open = records.filter(\.isOpen).count
        overdue = records.filter { $0.isOpen && $0.isOverdue(at: now) }.count
        byKind = Dictionary(grouping: records, by: \.kind.rawValue).mapValues(\.count)
        byVerdict = Dictionary(grouping: records.compactMap(\.verdict), by: \.rawValue).mapValues(\.count)
        periods = Self.periods(records.map(\.openedAt), days: days, at: now)
        let times: [(String, (CaseRecord) -> Instant?)] = [
            ("acknowledged", \.acknowledgedAt), ("dispatched", \.dispatchedAt), ("arrived", \.arrivedAt),
            ("handled", \.handledAt), ("closed", \.closedAt),
        ]
        steps = times.compactMap { name, moment in
            let spans = records.compactMap { record in moment(record).map { $0 - record.openedAt } }.sorted()
            guard !spans.isEmpty else { return nil }
            return StepTimes(
                step: name, count: spans.count, medianMs: spans[(spans.count - 1) / 2],
                p90Ms: spans[(spans.count - 1) * 9 / 10])
        }
    }

    /// Whole days of China Standard Time; the newest part ends with today.
    private static func periods(_ moments: [Instant], days: Int, at now: Instant) -> [Period] {
        let offset: Int64 = 8 * 3_600_000
        let today = (now.ms + offset) / CivilTime.dayMs
        let width = days <= 31 ? 1 : days <= 92 ? 7 : 30
        let count = (days + width - 1) / width
        var counts = [Int](repeating: 0, count: count)
        for moment in moments {
            let part = Int(today - (moment.ms + offset) / CivilTime.dayMs) / width
            if counts.indices.contains(part) { counts[part] += 1 }
        }
        return counts.indices.reversed().map { part in
            let first = today - Int64((part + 1) * width - 1)
            return Period(
                from: String(Instant(ms: first * CivilTime.dayMs - offset).rfc3339.prefix(10)), count: counts[part])
        }
    }
}
