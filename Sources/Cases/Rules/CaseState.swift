import Kernel

/// A case as its timeline makes it: the fold of its entries.
public struct CaseState: Sendable, Equatable {
    /// What it is about.
    public private(set) var kind: CaseKind
    /// How grave.
    public private(set) var severity: Severity
    /// Where it stands.
    public private(set) var phase: CasePhase = .open
    /// Whether a leader watches it (督办).
    public private(set) var isSupervised = false
    /// What the alarm turned out to be.
    public private(set) var verdict: Verdict?
    /// Who reported it handled, and so may not close it.
    public private(set) var handler: StaffID?
    /// Every task and where it stands.
    public private(set) var tasks: [TaskID: TaskState] = [:]
    /// The citizen's clock; never pauses before the end.
    public private(set) var citizenClock: Clock
    /// The department's clock; pauses while suspended.
    public private(set) var departmentClock: Clock
    /// When each step was reached first.
    public private(set) var reached: [Step: Instant] = [:]
    private var phaseBefore: CasePhase = .accepted

    /// The steps whose times are measured.
    public enum Step: String, Sendable, CaseIterable {
        case opened, acknowledged, verified, dispatched, accepted, onTheWay, arrived, handled, closed
    }

    /// Begins with the first entry.
    public init?(_ first: CaseEntry) {
        guard first.content.type == .opened, let kind = first.content.kind, let severity = first.content.severity else {
            return nil
        }
        self.kind = kind
        self.severity = severity
        citizenClock = Clock(limitMs: ClockLimits.citizen(kind))
        departmentClock = Clock(limitMs: ClockLimits.department(kind))
        citizenClock.start(at: first.at)
        reached[.opened] = first.at
    }

    /// The fold of a whole timeline; `nil` when it does not begin with an opening.
    public init?(_ entries: some Sequence<CaseEntry>) {
        var state: CaseState?
        for entry in entries {
            if state == nil { state = CaseState(entry) } else { state?.apply(entry) }
        }
        guard let state else { return nil }
        self = state
    }

    /// Takes in the next entry.
    public mutating func apply(_ entry: CaseEntry) {
        let content = entry.content
        switch content.type {
        case .opened, .note, .joined, .attachment, .absorbed: break
        case .severityRaised: severity = max(severity, content.severity ?? severity)
        case .acknowledged: reach(.acknowledged, entry.at)
        case .verified:
            verdict = content.verdict
            reach(.verified, entry.at)
        case .accepted: enter(.accepted, entry.at)
        case .rejected: finish(.rejected, entry.at)
        case .assigned: enter(.assigned, entry.at)
        case .started: enter(.handling, entry.at)
        case .handled:
            handler = entry.actor.staffID
            enter(.handled, entry.at)
        case .closed: finish(.closed, entry.at)
        case .returned: enter(phase == .handled ? .handling : .accepted, entry.at)
        case .extended: departmentClock.limitMs += max(0, content.moreMs ?? 0)
        case .suspended:
            phaseBefore = phase
            enter(.suspended, entry.at)
        case .resumed: enter(phaseBefore, entry.at)
        case .supervised: isSupervised = true
        case .merged: finish(.merged, entry.at)
        case .reopened:
            // Who was not helped waits anew: both clocks begin again, and the timeline keeps the first round.
            citizenClock = Clock(limitMs: ClockLimits.citizen(kind))
            departmentClock = Clock(limitMs: ClockLimits.department(kind))
            citizenClock.start(at: entry.at)
            handler = nil
            reached[.closed] = nil
            reached[.handled] = nil
            enter(.accepted, entry.at)
        case .stoodDown:
            for (id, state) in tasks where state.isActive { tasks[id] = .cancelled }
        case .task: applyTask(entry)
        }
    }

    private mutating func applyTask(_ entry: CaseEntry) {
        guard let id = entry.content.task, let state = entry.content.taskState else { return }
        tasks[id] = state
        switch state {
        case .offered:
            reach(.dispatched, entry.at)
            if phase == .open || phase == .accepted || phase == .handled { enter(.assigned, entry.at) }
        case .accepted: reach(.accepted, entry.at)
        case .onTheWay:
            reach(.onTheWay, entry.at)
            if phase == .assigned { enter(.handling, entry.at) }
        case .arrived:
            reach(.arrived, entry.at)
            if phase == .assigned { enter(.handling, entry.at) }
        case .done:
            if !tasks.values.contains(where: \.isActive), phase == .assigned || phase == .handling {
                handler = entry.actor.staffID
                enter(.handled, entry.at)
            }
        case .declined, .cancelled: break
        }
    }

    private mutating func enter(_ next: CasePhase, _ at: Instant) {
        phase = next
        switch next {
        case .assigned, .handling: departmentClock.start(at: at)
        case .suspended, .accepted, .handled, .open: departmentClock.stop(at: at)
        case .closed, .rejected, .merged: break
        }
        if next == .handled { reach(.handled, at) }
    }

    private mutating func finish(_ end: CasePhase, _ at: Instant) {
        phase = end
        citizenClock.stop(at: at)
        departmentClock.stop(at: at)
        reach(.closed, at)
        for (id, state) in tasks where state.isActive { tasks[id] = .cancelled }
    }

    private mutating func reach(_ step: Step, _ at: Instant) { if reached[step] == nil { reached[step] = at } }

    /// How the clocks of this case measure time.
    public func measure(_ calendar: WorkCalendar) -> ClockMeasure { kind.isEmergency ? .wall : .working(calendar) }

    /// When the first of the running clocks is overdue.
    public func due(_ calendar: WorkCalendar) -> Instant? {
        let measure = measure(calendar)
        return [citizenClock.due(measure), departmentClock.due(measure)].compactMap { $0 }.min()
    }

    /// Milliseconds from opening to each later step that was reached.
    public var responseTimes: [(step: Step, ms: Int64)] {
        guard let opened = reached[.opened] else { return [] }
        return Step.allCases.dropFirst().compactMap { step in reached[step].map { (step, $0 - opened) } }
    }
}
