import Cases
import Identity
import Kernel
import Storage
import Web

extension Permission {
    /// See joint cases and what recurs.
    public static let jointRead = Permission("joint.read", [.officer, .leader, .clerk, .admin, .auditor])
    /// Work on joint cases: do the own department's tasks, write messages.
    public static let jointWork = Permission("joint.work", [.officer, .leader, .clerk])
    /// Make a case a joint one, and say which department leads it.
    public static let jointManage = Permission("joint.manage", [.officer, .leader])
    /// Conclude what recurs.
    public static let jointReview = Permission("joint.review", [.leader])
}

/// What departments do together, each in one transaction with its record and its event.
public struct JointDesk: Sendable {
    let cases: CaseDesk
    let audit: Audit
    /// The departments in use.
    let offices: @Sendable (any Reading) throws -> [Office]
    let word: @Sendable (_ key: String, _ values: [String: String]) -> String

    /// A desk.
    public init(
        cases: CaseDesk, audit: Audit, offices: @escaping @Sendable (any Reading) throws -> [Office],
        word: @escaping @Sendable (_ key: String, _ values: [String: String]) -> String
    ) {
        self.cases = cases
        self.audit = audit
        self.offices = offices
        self.word = word
    }

    /// The case, where the caller may see it.
    func record(_ id: CaseID, for caller: Caller, in db: any Reading) throws -> CaseRecord {
        guard let record = try cases.record(id, in: db) else { throw Problem.notFound }
        if let area = record.area, let areas = caller.areas, !areas.contains(area) { throw Problem.notFound }
        return record
    }

    /// Makes a case a joint one, or gives it another lead or goal.
    func open(
        _ id: CaseID, lead: OfficeID, goal: String, by caller: Caller, at now: Instant, in db: any Writing
    ) throws {
        let record = try record(id, for: caller, in: db)
        guard record.isOpen else { throw Problem.conflict("joint.closed") }
        // A citizen's report is sealed for its department, and has other departments' help of its own.
        guard record.kind != .report else { throw Problem.conflict("joint.report") }
        guard let office = try offices(db).first(where: { $0.id == lead }) else {
            throw Problem.invalid(["leadId": "unknown"])
        }
        let known = try JointStore.find(id, in: db)
        try JointStore.save(
            JointCase(caseID: id, lead: lead, goal: goal, openedAt: known?.openedAt ?? now, openedBy: caller.name),
            in: db)
        try note("joint.line.lead", ["office": office.name, "goal": goal], id, caller, now, in: db)
        try audit(
            known == nil ? "joint.open" : "joint.change", id, ["lead": office.name, "goal": goal], caller, now, db)
        try publish("joint.changed", record, at: now, in: db)
    }

    /// Gives a department something to do.
    func add(
        _ text: String, for office: OfficeID, dueAt: Instant, to id: CaseID, by caller: Caller, at now: Instant,
        in db: any Writing
    ) throws -> JointTaskID {
        let (record, joint) = try standing(id, caller, in: db)
        let all = try offices(db)
        guard leads(caller, joint, all) else { throw Problem.forbidden }
        guard let wanted = all.first(where: { $0.id == office }) else { throw Problem.invalid(["officeId": "unknown"]) }
        guard dueAt > now, dueAt < now + 366 * CivilTime.dayMs else { throw Problem.invalid(["dueAt": "out-of-range"]) }
        guard try JointStore.tasks(of: id, in: db).count < 200 else { throw Problem.conflict("joint.full") }
        let task = JointTask(of: id, office: office, text: text, dueAt: dueAt, madeBy: caller.name, at: now)
        try JointStore.insert(task, in: db)
        try note(
            "joint.line.task", ["office": wanted.name, "task": text, "due": String(dueAt.text.dropLast(3))], id, caller,
            now, in: db)
        try audit("joint.task", id, ["office": wanted.name, "task": text], caller, now, db)
        try publish("joint.changed", record, at: now, in: db)
        db.wake(JointClerk.topic)
        return task.id
    }

    /// What a department says of its task, or the lead of its time.
    enum Step: Sendable {
        case done(String)
        case returned(String)
        case due(Instant)
    }

    func step(_ id: JointTaskID, _ step: Step, by caller: Caller, at now: Instant, in db: any Writing) throws -> CaseID
    {
        guard var task = try JointStore.task(id, in: db) else { throw Problem.notFound }
        let (record, joint) = try standing(task.caseID, caller, in: db)
        let all = try offices(db)
        guard task.state == .open else { throw Problem.conflict("joint.taskDone") }
        let isOwn = all.first { $0.id == task.office }?.members.contains(caller.id) ?? false
        let office = all.first { $0.id == task.office }?.name ?? ""
        switch step {
        case .done(let result), .returned(let result):
            guard isOwn || caller.may(.jointManage) else { throw Problem.forbidden }
            let isDone = if case .done = step { true } else { false }
            (task.state, task.result) = (isDone ? .done : .returned, result)
            (task.doneBy, task.doneAt) = (caller.name, now)
            try note(
                isDone ? "joint.line.done" : "joint.line.returned",
                ["office": office, "task": task.text, "result": result], task.caseID, caller, now, in: db)
        case .due(let moment):
            // Who owes a task does not give themselves more time.
            guard leads(caller, joint, all) else { throw Problem.forbidden }
            guard moment > now, moment < now + 366 * CivilTime.dayMs else {
                throw Problem.invalid(["dueAt": "out-of-range"])
            }
            (task.dueAt, task.lateAt) = (moment, nil)
            try note(
                "joint.line.due", ["office": office, "task": task.text, "due": String(moment.text.dropLast(3))],
                task.caseID, caller, now, in: db)
            db.wake(JointClerk.topic)
        }
        try JointStore.update(task, in: db)
        try audit("joint.step", task.caseID, ["task": task.text, "state": task.state.rawValue], caller, now, db)
        try publish("joint.changed", record, at: now, in: db)
        return task.caseID
    }

    /// Writes a message; whom it calls by `@` finds it on their page.
    func say(_ text: String, on id: CaseID, by caller: Caller, at now: Instant, in db: any Writing) throws -> TalkID {
        let (record, _) = try standing(id, caller, in: db)
        let people = try people(in: db)
        let called = Set(Mentions.read(text, among: people.map(\.name)))
        let talk = Talk(on: id, by: caller.id, name: caller.name, text: text, at: now)
        try TalkStore.insert(talk, calling: people.filter { called.contains($0.name) && $0.id != caller.id }, in: db)
        try publish("joint.said", record, at: now, in: db)
        return talk.id
    }

    /// Who can be called: the departments' people, the officers and the leaders.
    func people(in db: any Reading) throws -> [(id: StaffID, name: String)] {
        var ids = Set(try offices(db).flatMap(\.members))
        for role in [Role.officer, .leader] {
            ids.formUnion(try StaffDirectory.onDuty(role: role, area: nil, in: db).map(\.id))
        }
        return try StaffDirectory.contacts(of: ids, in: db).map { ($0.key, $0.value.name) }.sorted { $0.1 < $1.1 }
    }

    /// Tells on its case, once, that a task's time is over.
    func tellLate(_ task: JointTask, at now: Instant, in db: any Writing) throws {
        var task = task
        task.lateAt = now
        try JointStore.update(task, in: db)
        guard let record = try cases.record(task.caseID, in: db), record.isOpen else { return }
        let office = try offices(db).first { $0.id == task.office }?.name ?? ""
        try cases.note(
            word("joint.line.late", ["office": office, "task": task.text]), on: task.caseID, by: .system("joint"),
            at: now, in: db)
        try publish("joint.changed", record, at: now, in: db)
    }

    /// Writes what was concluded of what recurs.
    func conclude(
        _ text: String, of kind: CaseKind, at place: String, week: Int, by caller: Caller, now: Instant,
        in db: any Writing
    ) throws {
        try ReviewStore.save(text, of: kind.rawValue, at: place, week: week, by: caller.name, now: now, in: db)
        try audit.record(
            AuditEntry(
                at: now, actor: caller.id, actorName: caller.name, action: "joint.conclude", subject: "joint/review",
                detail: try JSON.text(["kind": kind.rawValue, "place": place, "text": text])), in: db)
    }

    /// Whether a caller may say who does what: whoever sends cases, and the lead's own people.
    func leads(_ caller: Caller, _ joint: JointCase, _ offices: [Office]) -> Bool {
        caller.may(.jointManage) || offices.first { $0.id == joint.lead }?.members.contains(caller.id) ?? false
    }

    private func standing(_ id: CaseID, _ caller: Caller, in db: any Reading) throws -> (CaseRecord, JointCase) {
        let record = try record(id, for: caller, in: db)
        guard let joint = try JointStore.find(id, in: db) else { throw Problem.notFound }
        guard record.isOpen else { throw Problem.conflict("joint.closed") }
        return (record, joint)
    }

    private func note(
        _ key: String, _ values: [String: String], _ id: CaseID, _ caller: Caller, _ now: Instant, in db: any Writing
    ) throws {
        try cases.note(word(key, values), on: id, by: .staff(caller.id, caller.name), at: now, in: db)
    }

    private func publish(_ type: String, _ record: CaseRecord, at now: Instant, in db: any Writing) throws {
        try db.publish(
            NewEvent(
                type: type, subject: "cases/\(record.id)", permission: Permission.jointRead.name,
                area: record.area?.rawValue, at: now,
                data: try JSON.text(["subject": "cases/\(record.id)", "caseId": record.id.description])))
    }

    private func audit(
        _ action: String, _ id: CaseID, _ detail: [String: String], _ caller: Caller, _ now: Instant,
        _ db: any Writing
    ) throws {
        try audit.record(
            AuditEntry(
                at: now, actor: caller.id, actorName: caller.name, action: action, subject: "cases/\(id)",
                detail: try JSON.text(detail)), in: db)
    }
}
