import Kernel

/// How watches were stood.
public struct Attendance: Sendable {
    /// A watch that somebody must stand, with what became of it.
    public struct Line: Sendable {
        /// The watch.
        public var shift: Shift
        /// Milliseconds of it in which nobody had come, up to now; a delay within ten minutes counts as none.
        public var unmannedMs: Int64
    }

    /// Watches that must be stood, oldest first.
    public var lines: [Line]
    /// Those that somebody came to in time.
    public var inTime: Int { lines.filter { $0.unmannedMs == 0 }.count }
    /// Those that somebody came to late.
    public var late: [Line] { lines.filter { $0.unmannedMs > 0 && $0.shift.checkedInAt != nil } }
    /// Those that nobody came to.
    public var missed: [Line] { lines.filter { $0.unmannedMs > 0 && $0.shift.checkedInAt == nil } }

    /// Counts those of `shifts` that must be stood and have begun at least ten minutes before `now`.
    init(_ shifts: [Shift], now: Instant) {
        lines = shifts.compactMap { shift in
            guard shift.mustCover, shift.startsAt + DutyClerk.graceMs <= now else { return nil }
            let come = shift.attended?.lowerBound ?? shift.endsAt
            return Line(shift: shift, unmannedMs: max(0, min(come, min(shift.endsAt, now)) - shift.startsAt))
        }
    }
}
