import Cases
import Kernel
import Storage
import Web

/// More time, no time now, not at all, and what everybody may know.
extension Handling {
    /// Shows everybody what became of it, in words of the desk's own, where a reporter agreed.
    func publish(
        _ id: CaseID, words: String, isPublic: Bool, by caller: Caller, at now: Instant, in db: any Writing
    ) throws {
        let row = try visible(id, for: caller, in: db)
        guard isPublic, row.outcome != nil, row.about.isEmpty,
            try ReportStore.list(of: id, in: db).contains(where: \.mayPublish)
        else { throw Problem.conflict("woodpecker.not-public") }
        try ReportCaseStore.publish(id, words: words, at: now, in: db)
        try record("report.publish", id, caller, at: now, in: db)
    }

    /// Takes back what was shown to everybody.
    func unpublish(_ id: CaseID, by caller: Caller, at now: Instant, in db: any Writing) throws {
        _ = try visible(id, for: caller, in: db)
        try ReportCaseStore.publish(id, words: "", at: nil, in: db)
        try record("report.unpublish", id, caller, at: now, in: db)
    }

    /// More time, by a leader; the reporters are told why.
    func extend(_ id: CaseID, days: Int, reason: String, by caller: Caller, at now: Instant, in db: any Writing) throws
    {
        let row = try visible(id, for: caller, in: db)
        do {
            try Extension.check(
                days: days, extensions: row.extensions, granted: row.extendedDays, dueAt: row.dueAt, at: now)
        } catch {
            throw Problem.conflict(error.rawValue)
        }
        try cases.move(
            MoveRequest(type: .extend, text: word("woodpecker.case.extended", ["days": String(days)]), days: days), id,
            by: caller, at: now, in: db)
        let due = cases.calendar.moment(after: Int64(days) * WorkCalendar.dayMs, from: row.dueAt)
        try ReportCaseStore.extended(id, days: days, due: due, in: db)
        try tell(.answer, reason, on: id, by: caller, at: now, in: db)
    }

    /// It cannot be done now (挂账): the department's clock stands, the citizen's goes on; the reporters are told why.
    func suspend(_ id: CaseID, reason: String, by caller: Caller, at now: Instant, in db: any Writing) throws {
        _ = try visible(id, for: caller, in: db)
        try cases.move(
            MoveRequest(type: .suspend, text: word("woodpecker.case.suspended", [:])), id, by: caller, at: now, in: db)
        try ReportCaseStore.suspended(id, in: db)
        try tell(.answer, reason, on: id, by: caller, at: now, in: db)
        try record("report.suspend", id, caller, at: now, in: db)
    }

    /// It can be done again, or is watched by a leader from now on (督办).
    func move(_ type: CaseMove, _ id: CaseID, by caller: Caller, at now: Instant, in db: any Writing) throws {
        let row = try visible(id, for: caller, in: db)
        try cases.move(MoveRequest(type: type), id, by: caller, at: now, in: db)
        try record("report.\(type.rawValue)", id, caller, at: now, in: db)
        try Intake.publish(id, area: row.area, at: now, in: db)
    }

    /// It is not taken up (不予受理), and every reporter is told why. A reporter can object within a month.
    func reject(_ id: CaseID, reason: String, by caller: Caller, at now: Instant, in db: any Writing) throws {
        _ = try visible(id, for: caller, in: db)
        try tell(.outcome, reason, on: id, by: caller, at: now, in: db)
        try cases.move(
            MoveRequest(type: .reject, text: word("woodpecker.outcome.rejected", [:])), id, by: caller, at: now,
            in: db)
        try ReportCaseStore.setOutcome(id, .rejected, at: now, in: db)
        try record("report.reject", id, caller, at: now, in: db)
    }
}
