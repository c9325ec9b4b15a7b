import Kernel
import Storage
import Web

/// What a person asks for with a move.
public struct MoveRequest: Codable, Sendable {
    /// Which move.
    public var type: CaseMove
    /// The words that go with it.
    public var text: String?
    /// The number or id of the other case (merge).
    public var other: String?
    /// Days of more time (extend).
    public var days: Int?

    /// A move with its words.
    public init(type: CaseMove, text: String? = nil, other: String? = nil, days: Int? = nil) {
        self.type = type
        self.text = text
        self.other = other
        self.days = days
    }
}

extension CaseDesk {
    /// Does a move of a person, or says why it cannot be.
    @discardableResult
    public func move(_ request: MoveRequest, _ id: CaseID, by caller: Caller, at now: Instant, in db: any Writing)
        throws -> CaseState
    {
        try require(caller, answersFor: id, in: db)
        guard let state = CaseState(try CaseStore.timeline(id, in: db)) else { throw Problem.notFound }
        let move = request.type
        guard move != .dispatch else { throw Problem.invalid(["type": "invalid"]) }
        guard !move.roles.isDisjoint(with: caller.roles) else { throw Problem.forbidden }
        guard move.isAllowed(state, roles: caller.roles, by: caller.id) else {
            let own = move == .close && state.phase == .handled && state.handler == caller.id
            throw Problem.conflict(own ? "case.own-work" : "case.move-not-allowed", detail: state.phase.rawValue)
        }
        var check = FieldCheck()
        let text = check.text(request.text, "text", (move.needsText ? 1 : 0)...2_000)
        if move == .extend { check.expect((1...30).contains(request.days ?? 0), "days", "invalid") }
        try check.finish()
        let actor = Actor.staff(caller.id, caller.name)
        var content = CaseEntry.Content(move.entry, text: text)
        if move == .extend {
            let day = state.kind.isEmergency ? CivilTime.dayMs : WorkCalendar.dayMs
            content.moreMs = Int64(request.days ?? 0) * day
        }
        if move == .merge { content.other = try absorb(id, into: request.other ?? "", actor, at: now, in: db) }
        let after = try append([content], to: id, by: actor, at: now, in: db)
        if move == .standDown { try publishUnits(id, in: db) }
        return after
    }

    /// Throws a 404 where the case lies in an area that the caller does not answer for.
    private func require(_ caller: Caller, answersFor id: CaseID, in db: any Reading) throws {
        guard let areas = caller.areas, let area = try CaseStore.record(id, in: db)?.area else { return }
        guard areas.contains(area) else { throw Problem.notFound }
    }

    private func absorb(
        _ id: CaseID, into name: String, _ actor: Actor, at now: Instant, in db: any Writing
    ) throws -> CaseID {
        guard let other = try named(name, in: db), other.isOpen, other.id != id else {
            throw Problem.invalid(["other": "unknown-case"])
        }
        var content = CaseEntry.Content(.absorbed, text: try CaseStore.record(id, in: db)?.number)
        content.other = id
        try append([content], to: other.id, by: actor, at: now, in: db)
        try db.execute("UPDATE case_signal SET case_id = \(other.id.rawValue) WHERE case_id = \(id.rawValue)")
        return other.id
    }

    /// Sends a unit.
    func dispatch(
        _ unitID: UnitID, note: String, to id: CaseID, by caller: Caller, at now: Instant, in db: any Writing
    ) throws -> UnitTask {
        try require(caller, answersFor: id, in: db)
        guard let state = CaseState(try CaseStore.timeline(id, in: db)) else { throw Problem.notFound }
        guard CaseMove.dispatch.isAllowed(state, roles: caller.roles, by: caller.id) else {
            throw Problem.conflict("case.move-not-allowed", detail: state.phase.rawValue)
        }
        guard let unit = try UnitStore.find(unitID, in: db) else { throw Problem.invalid(["unitId": "unknown-unit"]) }
        let busy = try UnitStore.tasks(of: id, in: db).contains { $0.unit == unitID && $0.state.isActive }
        guard !busy else { throw Problem.conflict("case.already-sent") }
        let task = UnitTask(caseID: id, unit: unitID, note: note, at: now)
        try UnitStore.insert(task, in: db)
        var content = CaseEntry.Content(.task, text: note)
        content.task = task.id
        content.taskState = .offered
        content.unit = unit.name
        try append([content], to: id, by: .staff(caller.id, caller.name), at: now, in: db)
        try publishTask(task, in: db)
        return task
    }

    /// Takes a unit's word on its task.
    func report(
        _ move: TaskMove, text: String, attachments: [AttachmentID], on id: TaskID, by caller: Caller,
        at now: Instant, in db: any Writing
    ) throws -> UnitTask {
        guard var task = try UnitStore.task(id, in: db),
            try UnitStore.units(of: caller.id, in: db).contains(task.unit)
        else { throw Problem.notFound }
        guard TaskMove.allowed(in: task.state).contains(move) else {
            throw Problem.conflict("task.move-not-allowed", detail: task.state.rawValue)
        }
        if move == .result || move == .decline, text.isEmpty { throw Problem.invalid(["text": "required"]) }
        task.state = move.target
        try UnitStore.set(id, task.state, at: now, in: db)
        for attachment in attachments {
            let taken = try db.execute(
                """
                UPDATE attachment SET case_id = \(task.caseID.rawValue) WHERE id = \(attachment.rawValue)
                AND uploaded_by = \(caller.id.rawValue) AND case_id IS NULL
                """)
            if taken == 0 { throw Problem.invalid(["attachmentIds": "unknown"]) }
        }
        var content = CaseEntry.Content(.task, text: text)
        content.task = id
        content.taskState = task.state
        content.unit = try UnitStore.find(task.unit, in: db)?.name
        if !attachments.isEmpty { content.attachments = attachments }
        try append([content], to: task.caseID, by: .staff(caller.id, caller.name), at: now, in: db)
        try publishTask(task, in: db)
        return task
    }

    private func publishTask(_ task: UnitTask, in db: any Writing) throws {
        for (type, subject) in [("task.changed", "tasks/\(task.id)"), ("unit.changed", "units/\(task.unit)")] {
            try db.publish(
                NewEvent(
                    type: type, subject: subject, permission: Permission.caseRead.name,
                    data: "{\"subject\":\"\(subject)\",\"caseId\":\"\(task.caseID)\"}"))
        }
    }

    private func publishUnits(_ id: CaseID, in db: any Writing) throws {
        for task in try UnitStore.tasks(of: id, in: db) { try publishTask(task, in: db) }
    }
}

extension CaseDesk {
    /// Sends the first unit of a kind that has nothing to do.
    /// - Parameter kind: as units are kept, such as `patrol`.
    /// - Returns: the unit, or `nil` when none is free; the case then says so to whoever reads it.
    public func callOut(
        kind: String, note: String, to id: CaseID, by actor: Actor, at now: Instant, in db: any Writing
    ) throws -> Unit? {
        guard
            let unit = try UnitStore.all(in: db).first(where: { $0.unit.kind == kind && $0.state == .available })?.unit
        else { return nil }
        let task = UnitTask(caseID: id, unit: unit.id, note: note, at: now)
        try UnitStore.insert(task, in: db)
        var content = CaseEntry.Content(.task, text: note)
        content.task = task.id
        content.taskState = .offered
        content.unit = unit.name
        try append([content], to: id, by: actor, at: now, in: db)
        try publishTask(task, in: db)
        return unit
    }
}
