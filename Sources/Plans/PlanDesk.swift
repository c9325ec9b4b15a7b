import Cases
import Identity
import Kernel
import Storage
import Web

extension Permission {
    /// See plans, checklists and drills.
    public static let planRead = Permission(
        "plan.read", [.officer, .leader, .brigade, .patrol, .grid, .clerk, .admin, .auditor])
    /// Tick off steps of a case's checklist.
    public static let planWork = Permission("plan.work", [.officer, .leader, .brigade, .patrol, .grid])
    /// Write plans.
    public static let planManage = Permission("plan.manage", [.leader, .admin])
    /// Schedule drills, start and end them.
    public static let drillRun = Permission("drill.run", [.officer, .leader])
}

/// What people do with plans and drills, each in one transaction with its record and its event.
public struct PlanDesk: Sendable {
    let cases: CaseDesk
    let audit: Audit
    let word: @Sendable (_ key: String, _ values: [String: String]) -> String

    /// A desk.
    /// - Parameter word: the catalogue's words in the town's language.
    public init(
        cases: CaseDesk, audit: Audit, word: @escaping @Sendable (_ key: String, _ values: [String: String]) -> String
    ) {
        self.cases = cases
        self.audit = audit
        self.word = word
    }

    /// A case's checklist.
    struct Checklist: Sendable {
        var record: CaseRecord
        var plan: Plan
        var ticks: [Tick]
    }

    /// The checklist that a case opened with, or `nil` where no plan was in force for it.
    func checklist(of id: CaseID, in db: any Reading) throws -> Checklist? {
        guard let record = try cases.record(id, in: db) else { throw Problem.notFound }
        let plans = try PlanStore.all(for: record.kind.rawValue, until: record.openedAt, in: db)
        guard
            let plan = Plan.opening(
                with: record.kind, severity: record.severity, at: record.openedAt, among: plans)
        else { return nil }
        return Checklist(record: record, plan: plan, ticks: try PlanStore.ticks(of: id, plan: plan.id, in: db))
    }

    /// Somebody did a step; a second time changes nothing.
    func tick(
        _ step: Int, of id: CaseID, note: String, by caller: Caller, at now: Instant, in db: any Writing
    ) throws {
        guard let list = try checklist(of: id, in: db), list.plan.content.steps.indices.contains(step) else {
            throw Problem.notFound
        }
        guard list.record.isOpen else { throw Problem.conflict("plans.closed") }
        let tick = Tick(step: step, at: now, name: caller.name, note: note)
        guard try PlanStore.add(tick, of: id, plan: list.plan.id, by: caller.id, in: db) else { return }
        let values = ["step": list.plan.content.steps[step].text, "note": note]
        try cases.note(
            word(note.isEmpty ? "plans.line.done" : "plans.line.doneNote", values), on: id,
            by: .staff(caller.id, caller.name), at: now, in: db)
    }

    /// Writes a plan, or its next version.
    func save(_ plan: Plan, of family: PlanID?, by caller: Caller, at now: Instant, in db: any Writing) throws -> Plan {
        var plan = plan
        if let family {
            guard try PlanStore.current(of: family, in: db) != nil else { throw Problem.notFound }
            try PlanStore.retire(family, at: now, in: db)
            plan.family = family
        }
        try PlanStore.insert(plan, in: db)
        try record(
            family == nil ? "plan.create" : "plan.change", "plans/\(plan.id)", by: .staff(caller.id, caller.name),
            detail: plan.content, at: now, in: db)
        return plan
    }

    /// Takes a plan out of force; cases that opened with it keep it.
    func retire(_ family: PlanID, by caller: Caller, at now: Instant, in db: any Writing) throws {
        guard let plan = try PlanStore.current(of: family, in: db) else { throw Problem.notFound }
        try PlanStore.retire(family, at: now, in: db)
        try record(
            "plan.retire", "plans/\(plan.id)", by: .staff(caller.id, caller.name), detail: ["name": plan.name], at: now,
            in: db)
    }

    // MARK: drills

    func schedule(
        _ family: PlanID, title: String, place: String, at planned: Instant, detector: DetectorID? = nil,
        startsItself: Bool = false, by caller: Caller, now: Instant, in db: any Writing
    ) throws -> Drill {
        guard let plan = try PlanStore.current(of: family, in: db) else { throw Problem.invalid(["planId": "unknown"]) }
        // A drill on a detector's wire is a fire, whatever plan it is of.
        guard detector == nil || plan.kind == .fire else { throw Problem.invalid(["detectorId": "plans.notFire"]) }
        guard !startsItself || planned > now else { throw Problem.invalid(["plannedAt": "out-of-range"]) }
        var drill = Drill(plan: plan, title: title, place: place, plannedAt: planned, madeBy: caller.name)
        drill.detector = detector
        drill.startsItself = startsItself
        try DrillStore.insert(drill, in: db)
        try record(
            "drill.schedule", "drills/\(drill.id)", by: .staff(caller.id, caller.name), detail: ["title": title],
            at: now,
            in: db)
        db.wake(DrillClerk.topic)
        return drill
    }

    /// Begins a drill: opens its case at the desk, or announces the frame that its detector's gateway will bring.
    func start(
        _ id: DrillID, by actor: Actor, at now: Instant, over wire: DrillWire = .none, in db: any Writing
    ) throws -> Drill {
        guard var drill = try DrillStore.find(id, in: db) else { throw Problem.notFound }
        guard drill.state == .planned else { return drill }
        guard let plan = try PlanStore.current(of: drill.family, in: db) else {
            throw Problem.conflict("plans.retired")
        }
        let title = word("plans.drillCase", ["title": drill.title])
        if let detector = drill.detector {
            try wire.announce(drill.reference, detector, now, db)
        } else {
            let caseID = try cases.open(
                NewCase(
                    kind: plan.kind, severity: plan.severity, title: title, placeText: drill.place,
                    subject: "drills/\(id)", signal: Signal(source: "drill", key: id.description), at: now), in: db)
            try cases.verified(caseID, verdict: .drill, by: actor, at: now, in: db)
            drill.caseID = caseID
        }
        drill.startedAt = now
        try DrillStore.update(drill, in: db)
        try record("drill.start", "drills/\(id)", by: actor, detail: ["title": title], at: now, in: db)
        db.wake(DrillClerk.topic)
        return drill
    }

    /// A person begins it.
    func start(
        _ id: DrillID, by caller: Caller, at now: Instant, over wire: DrillWire = .none, in db: any Writing
    ) throws -> Drill {
        try start(id, by: .staff(caller.id, caller.name), at: now, over: wire, in: db)
    }

    /// Joins a drill to the case that its frame has opened.
    func heard(_ id: DrillID, as caseID: CaseID, at now: Instant, in db: any Writing) throws {
        guard var drill = try DrillStore.find(id, in: db), drill.caseID == nil, drill.endedAt == nil else { return }
        drill.caseID = caseID
        try DrillStore.update(drill, in: db)
        try cases.note(
            word("plans.line.wire", ["title": drill.title]), on: caseID, by: .system("drill"), at: now, in: db)
        try record("drill.heard", "drills/\(id)", by: .system("drill"), detail: ["title": drill.title], at: now, in: db)
    }

    /// Ends a drill that could not be played, and says why.
    func fail(_ id: DrillID, _ failure: String, at now: Instant, in db: any Writing) throws {
        guard var drill = try DrillStore.find(id, in: db), drill.endedAt == nil, drill.caseID == nil else { return }
        drill.startedAt = drill.startedAt ?? now
        drill.endedAt = now
        drill.failure = failure
        try DrillStore.update(drill, in: db)
        try record("drill.fail", "drills/\(id)", by: .system("drill"), detail: ["why": failure], at: now, in: db)
    }

    /// Ends a drill, with what was learnt.
    func end(
        _ id: DrillID, lesson: String, by caller: Caller, at now: Instant, over wire: DrillWire = .none,
        in db: any Writing
    ) throws -> Drill {
        guard var drill = try DrillStore.find(id, in: db) else { throw Problem.notFound }
        guard drill.state == .running, let caseID = drill.caseID else { throw Problem.conflict("plans.notRunning") }
        drill.endedAt = now
        drill.lesson = lesson
        try DrillStore.update(drill, in: db)
        let score = try score(drill, in: db)
        if drill.detector != nil { try wire.end(drill.reference, caller.name, now, db) }
        let actor = Actor.staff(caller.id, caller.name)
        try cases.note(
            word("plans.line.ended", ["percent": score?.percent.map { String($0) } ?? "—", "lesson": lesson]),
            on: caseID, by: actor, at: now, in: db)
        try record("drill.end", "drills/\(id)", by: actor, detail: ["lesson": lesson], at: now, in: db)
        return drill
    }

    /// How a drill that has begun stands; what happened after its end does not count.
    func score(_ drill: Drill, in db: any Reading) throws -> DrillScore? {
        guard let started = drill.startedAt, let id = drill.caseID, let record = try cases.record(id, in: db) else {
            return nil
        }
        let end = drill.endedAt
        let counted = { (moment: Instant?) in moment.flatMap { at in end.map { at <= $0 } ?? true ? at : nil } }
        let list = try checklist(of: id, in: db)
        return DrillScore(
            started: started, taken: drill.detector == nil ? nil : .some(counted(record.acknowledgedAt)),
            dispatched: counted(record.dispatchedAt), arrived: counted(record.arrivedAt),
            steps: list?.plan.content.steps ?? [], ticks: (list?.ticks ?? []).filter { counted($0.at) != nil })
    }

    private func record(
        _ action: String, _ subject: String, by actor: Actor, detail: some Encodable, at now: Instant,
        in db: any Writing
    ) throws {
        try audit.record(
            AuditEntry(
                at: now, actor: actor.staffID, actorName: actor.name, action: action, subject: subject,
                detail: try JSON.text(detail)), in: db)
        try db.publish(
            NewEvent(
                type: action, subject: subject, permission: Permission.planRead.name, at: now,
                data: try JSON.text(["subject": subject])))
    }
}
