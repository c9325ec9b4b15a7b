import Identity
import Kernel
import Storage
import Web

/// What people do with shifts, each in one transaction with its record and its event.
struct ShiftMoves {
    /// Milliseconds before its start from which somebody may check in.
    static let earlyMs: Int64 = 1_800_000

    let audit: Audit

    /// Somebody comes to a watch.
    func checkIn(_ id: ShiftID, by caller: Caller, at now: Instant, in db: any Writing) throws -> Shift {
        var shift = try find(id, in: db)
        guard shift.staff == caller.id else { throw Problem.conflict("duty.not-yours") }
        guard shift.checkedInAt == nil else { return shift }
        guard now >= shift.startsAt - Self.earlyMs, now < shift.endsAt else { throw Problem.conflict("duty.not-now") }
        shift.checkedInAt = now
        try ShiftStore.update(shift, in: db)
        try record("shift.check-in", shift, by: caller, detail: "{}", at: now, in: db)
        try DutyEvents.publish("shift.checked-in", shift, in: db)
        return shift
    }

    /// Somebody stands in for another.
    func substitute(
        _ id: ShiftID, by person: StaffID, reason: String, caller: Caller, at now: Instant, in db: any Writing
    ) throws -> Shift {
        var shift = try find(id, in: db)
        guard now < shift.endsAt else { throw Problem.conflict("duty.over") }
        let holders = try StaffDirectory.onDuty(role: shift.role, area: nil, in: db)
        guard holders.contains(where: { $0.id == person }) else { throw Problem.invalid(["staffId": "unknown"]) }
        let before = shift.staff
        guard before != person else { return shift }
        shift.staff = person
        shift.origin = .substitute
        shift.note = reason
        shift.checkedInAt = nil
        shift.missedAt = nil
        try ShiftStore.update(shift, in: db)
        try record(
            "shift.substitute", shift, by: caller,
            detail: try JSON.text(["from": before.description, "to": person.description, "reason": reason]), at: now,
            in: db)
        try DutyEvents.publish("shift.changed", shift, in: db)
        db.wake(DutyClerk.topic)
        return shift
    }

    /// Somebody adds a line to the log.
    func remark(_ id: ShiftID, _ text: String, by caller: Caller, at now: Instant, in db: any Writing) throws {
        let shift = try find(id, in: db)
        try RemarkStore.insert(Remark(shift: id, staff: caller.id, at: now, text: text), in: db)
        try DutyEvents.publish("shift.remark", shift, in: db)
    }

    func record(
        _ action: String, _ shift: Shift, by caller: Caller, detail: String, at now: Instant, in db: any Writing
    ) throws {
        try audit.record(
            AuditEntry(
                at: now, actor: caller.id, actorName: caller.name, action: action, subject: "shifts/\(shift.id)",
                detail: detail), in: db)
    }

    private func find(_ id: ShiftID, in db: any Reading) throws -> Shift {
        guard let shift = try ShiftStore.find(id, in: db) else { throw Problem.notFound }
        return shift
    }
}
