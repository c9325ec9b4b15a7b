import Kernel

/// How a clock measures time.
public enum ClockMeasure: Sendable {
    /// Every millisecond counts.
    case wall
    /// Working time alone counts.
    case working(WorkCalendar)

    func elapsed(from start: Instant, to end: Instant) -> Int64 {
        switch self {
        case .wall: max(0, end - start)
        case .working(let calendar): calendar.working(from: start, to: end)
        }
    }

    func moment(after ms: Int64, from start: Instant) -> Instant {
        switch self {
        case .wall: start + ms
        case .working(let calendar): calendar.moment(after: ms, from: start)
        }
    }
}

/// A clock as a ledger of the intervals in which it ran: stopping and starting append, nothing is ever recomputed
/// from a total, so that no pause is forgotten.
public struct Clock: Sendable, Equatable {
    /// One stretch of running; `end` is `nil` while it runs.
    public struct Interval: Sendable, Equatable {
        /// When it began to run.
        public var start: Instant
        /// When it stopped; `nil` while it runs.
        public var end: Instant?
    }

    /// The stretches, in order.
    public private(set) var intervals: [Interval] = []
    /// Milliseconds, in the clock's measure, after which it is overdue.
    public var limitMs: Int64

    /// A clock that has not run yet.
    public init(limitMs: Int64) { self.limitMs = limitMs }

    /// Whether it runs.
    public var isRunning: Bool { intervals.last.map { $0.end == nil } ?? false }

    mutating func start(at moment: Instant) {
        if !isRunning { intervals.append(Interval(start: moment, end: nil)) }
    }

    mutating func stop(at moment: Instant) {
        guard isRunning, let last = intervals.last else { return }
        intervals[intervals.count - 1].end = max(moment, last.start)
    }

    /// Milliseconds run until `now`.
    public func elapsed(at now: Instant, _ measure: ClockMeasure) -> Int64 {
        intervals.reduce(0) { $0 + measure.elapsed(from: $1.start, to: $1.end ?? max(now, $1.start)) }
    }

    /// When it will be overdue if it runs on; `nil` while it stands still.
    public func due(_ measure: ClockMeasure) -> Instant? {
        guard isRunning, let last = intervals.last else { return nil }
        let before = intervals.dropLast().reduce(0) {
            $0 + measure.elapsed(from: $1.start, to: $1.end ?? $1.start)
        }
        guard before < limitMs else { return last.start }
        return measure.moment(after: limitMs - before, from: last.start)
    }
}

/// How long things may take.
enum ClockLimits {
    private static let minute: Int64 = 60_000

    /// From opening to closing, as the town sees it.
    static func citizen(_ kind: CaseKind) -> Int64 {
        switch kind {
        case .fire, .river, .hazard: 120 * minute
        case .report: 5 * WorkCalendar.dayMs
        case .patrol, .device, .other: 10 * WorkCalendar.dayMs
        }
    }

    /// From assignment to the handler's answer.
    static func department(_ kind: CaseKind) -> Int64 {
        switch kind {
        case .fire, .river, .hazard: 60 * minute
        case .report: 3 * WorkCalendar.dayMs
        case .patrol, .device, .other: 7 * WorkCalendar.dayMs
        }
    }
}
