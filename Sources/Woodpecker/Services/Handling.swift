import Cases
import Crypt
import Identity
import Kernel
import Places
import Storage
import Web

/// What those at the desk and in departments do with reports; each call is one transaction's work.
struct Handling: Sendable {
    let cases: CaseDesk
    let areas: AreaIndex
    let keys: KeyRing
    let audit: Audit
    /// Words for timelines, in the town's language.
    let word: @Sendable (String, [String: String]) -> String

    /// Working milliseconds in which a department may give a report back.
    static let returnMs = 2 * WorkCalendar.dayMs

    /// The case, where this person may see it; else it does not exist.
    func visible(_ id: CaseID, for caller: Caller, in db: any Reading) throws -> ReportCase {
        guard let row = try ReportCaseStore.find(id, in: db) else { throw Problem.notFound }
        let holders = try KeyRing.holders(of: caller, in: db)
        let helpers =
            holders.contains { $0.department != nil } ? Set(try AssistStore.departments(of: id, in: db)) : []
        guard holders.contains(where: { sees(row, $0, helpers) }), try !isReported(caller, row.about, in: db) else {
            throw Problem.notFound
        }
        if let own = caller.areas, !own.isEmpty, let area = row.area, !areas.covers(own, area),
            holders.allSatisfy({ $0.department == nil })
        {
            throw Problem.notFound
        }
        return row
    }

    /// Whether a person belongs to the department that reports are about, whatever else that person is.
    private func isReported(_ caller: Caller, _ about: String, in db: any Reading) throws -> Bool {
        guard let department = Holder(name: about).department else { return false }
        return try DepartmentStore.members(department, in: db).contains(caller.id)
    }

    private func sees(_ row: ReportCase, _ holder: Holder, _ helpers: Set<DepartmentID>) -> Bool {
        if row.about == Holder.desk.name { return holder == .leader }
        if let department = holder.department {
            return (row.department == department || helpers.contains(department))
                && Routing.mayHandle(department, about: row.about)
        }
        return holder == .desk
    }

    /// The report's key, for somebody who acts for one of its holders and whose own key is open.
    func key(of report: ReportID, for caller: Caller, in db: any Reading) throws -> [UInt8]? {
        for holder in try KeyRing.holders(of: caller, in: db) {
            guard let sealed = try ReportStore.seal(report, holder, in: db),
                let pair = try keys.key(of: holder, for: caller.id, in: db)
            else { continue }
            if let key = SealedKey.open(sealed, of: report, with: pair) { return key }
        }
        return nil
    }

    /// Name and phone that a confidential reporter gave to the desk.
    func confided(of report: ReportID, for caller: Caller, in db: any Reading) throws -> Confided? {
        guard let sealed = try ReportStore.contact(report, in: db), !sealed.isEmpty else { return nil }
        for holder in [Holder.desk, .leader] {
            guard try KeyRing.holders(of: caller, in: db).contains(holder),
                let pair = try keys.key(of: holder, for: caller.id, in: db),
                let bytes = SealedBox.open(sealed, with: pair, context: "contact \(report)").flatMap(Padding.remove)
            else { continue }
            return try JSON.decode(Confided.self, bytes)
        }
        return nil
    }

    /// What other systems told of a case, with their words where this person's key opens them.
    func updates(of id: CaseID, for caller: Caller, in db: any Reading) throws -> [(
        update: Open311Store.Update, words: String?
    )] {
        let holders = try KeyRing.holders(of: caller, in: db)
        return try Open311Store.updates(of: id, in: db).map { update in
            for holder in holders {
                guard let sealed = try Open311Store.sealed(update.id, for: holder, in: db),
                    let pair = try keys.key(of: holder, for: caller.id, in: db),
                    let bytes = SealedBox.open(sealed, with: pair, context: "open311 \(update.id)")
                        .flatMap(Padding.remove)
                else { continue }
                return (update, String(decoding: bytes, as: UTF8.self))
            }
            return (update, nil)
        }
    }

    /// Gives the case with all its reports to a department: accepts it where it is new, seals every report's key to the
    /// department.
    func handOver(_ id: CaseID, to departmentID: DepartmentID, by caller: Caller, at now: Instant, in db: any Writing)
        throws
    {
        let row = try visible(id, for: caller, in: db)
        guard let department = try DepartmentStore.find(departmentID, in: db), department.isActive else {
            throw Problem.invalid(["department": "unknown"])
        }
        guard Routing.mayHandle(departmentID, about: row.about) else { throw Problem.conflict("woodpecker.own-case") }
        guard try KeyStore.publicKey(.department(departmentID), in: db) != nil else {
            throw Problem.conflict("woodpecker.no-department-key")
        }
        guard let state = try cases.state(id, in: db) else { throw Problem.notFound }
        if state.phase == .open { try cases.move(MoveRequest(type: .accept), id, by: caller, at: now, in: db) }
        if state.phase == .assigned || state.phase == .handling {
            // Given elsewhere: the desk takes it back first, so that the department's clock stops and starts.
            try cases.move(
                MoveRequest(type: .return, text: word("woodpecker.case.takenBack", [:])), id, by: caller, at: now,
                in: db)
        }
        try cases.move(
            MoveRequest(type: .assign, text: word("woodpecker.case.handed", ["name": department.name])), id,
            by: caller, at: now, in: db)
        if let before = row.department { try withdraw(id, from: before, in: db) }
        try AssistStore.remove(id, departmentID, in: db)
        try share(id, with: departmentID, as: caller, in: db)
        try ReportCaseStore.handOver(id, to: departmentID, at: now, in: db)
        try record("report.hand-over", id, caller, at: now, detail: ["department": departmentID.description], in: db)
        try Intake.publish(id, area: row.area, at: now, in: db)
    }

    /// The department gives it back (退单), with a reason, within two working days; its seals are dropped.
    func giveBack(_ id: CaseID, reason: String, by caller: Caller, at now: Instant, in db: any Writing) throws {
        let row = try visible(id, for: caller, in: db)
        guard let department = row.department else { throw Problem.conflict("woodpecker.not-assigned") }
        guard let phase = try cases.state(id, in: db)?.phase, phase == .assigned || phase == .handling else {
            throw Problem.conflict("woodpecker.not-assigned")
        }
        let isDesk = !caller.roles.isDisjoint(with: [.officer, .leader])
        if let handed = row.handedAt, !isDesk, cases.calendar.working(from: handed, to: now) > Self.returnMs {
            throw Problem.conflict("woodpecker.return-late")
        }
        try cases.move(MoveRequest(type: .return, text: reason), id, by: caller, at: now, in: db)
        try withdraw(id, from: department, in: db)
        try ReportCaseStore.returned(id, by: department, at: now, in: db)
        try record("report.return", id, caller, at: now, in: db)
        try Intake.publish(id, area: row.area, at: now, in: db)
    }

    /// A word to every reporter of the case: an answer, a question, or a note that no reporter sees.
    func tell(
        _ kind: ReportMessage.Kind, _ words: String, on id: CaseID, by caller: Caller, at now: Instant,
        in db: any Writing
    ) throws {
        let row = try visible(id, for: caller, in: db)
        let sender: ReportMessage.Sender =
            caller.roles.isDisjoint(with: [.officer, .leader]) ? .department : .desk
        for report in try ReportStore.list(of: id, in: db) where report.erasedAt == nil {
            guard let key = try key(of: report.id, for: caller, in: db) else {
                throw Problem.conflict("woodpecker.locked")
            }
            try ReportStore.insert(
                try ReportMessage(
                    .next(), report: report.id, at: now, sender: sender, kind: kind, words: words, key: key), in: db)
            if kind != .note { try AccountStore.tell(report.id, at: now, in: db) }
        }
        if kind != .note { try ReportCaseStore.answered(id, at: now, in: db) }
        if kind == .question || kind == .answer {
            try cases.note(
                word("woodpecker.case.told.\(kind.rawValue)", [:]), on: id, by: .staff(caller.id, caller.name),
                at: now, in: db)
        }
        try Intake.publish(id, area: row.area, at: now, in: db)
    }

    /// Says what became of it: the case is handled, every reporter is told, and somebody else verifies it.
    func finish(
        _ id: CaseID, _ outcome: Outcome, words: String, by caller: Caller, at now: Instant, in db: any Writing
    ) throws {
        guard let state = try cases.state(id, in: db) else { throw Problem.notFound }
        if state.phase == .open || state.phase == .accepted {
            // The desk answers by itself what needs no department.
            if state.phase == .open { try cases.move(MoveRequest(type: .accept), id, by: caller, at: now, in: db) }
            try cases.move(
                MoveRequest(type: .assign, text: word("woodpecker.case.byDesk", [:])), id, by: caller, at: now, in: db)
        }
        if state.phase == .handled, try ReportCaseStore.find(id, in: db)?.outcome == nil {
            // A unit has done its task, and nobody has told the reporters yet: who tells them answers for it.
            try cases.move(
                MoveRequest(type: .return, text: word("woodpecker.case.unitDone", [:])), id, by: caller, at: now,
                in: db)
        }
        try cases.move(
            MoveRequest(type: .handled, text: word("woodpecker.outcome.\(outcome.rawValue)", [:])), id, by: caller,
            at: now, in: db)
        try tell(.outcome, words, on: id, by: caller, at: now, in: db)
        try ReportCaseStore.setOutcome(id, outcome, at: now, in: db)
    }

    /// Somebody other than the handler has looked: it is so, and the case is closed, or it is not, and goes back.
    func verify(
        _ id: CaseID, isSo: Bool, words: String, by caller: Caller, at now: Instant, in db: any Writing
    ) throws {
        let row = try visible(id, for: caller, in: db)
        guard row.outcome != nil else { throw Problem.conflict("woodpecker.not-finished") }
        try cases.move(
            MoveRequest(type: isSo ? .close : .return, text: words), id, by: caller, at: now, in: db)
        if !isSo { try ReportCaseStore.setOutcome(id, nil, at: now, in: db) }
        try record(isSo ? "report.verified" : "report.rework", id, caller, at: now, in: db)
        try Intake.publish(id, area: row.area, at: now, in: db)
    }

    /// The same thing was reported before: every reporter is answered under the other case from now on.
    func merge(_ id: CaseID, into number: String, by caller: Caller, at now: Instant, in db: any Writing) throws {
        let row = try visible(id, for: caller, in: db)
        // A case that this person cannot see is no case to this person.
        guard let other = try cases.named(number, in: db)?.id, let target = try? visible(other, for: caller, in: db),
            target.outcome == nil
        else { throw Problem.invalid(["other": "unknown-case"]) }
        // What is said about somebody keeps its own way, or those it is about would read it.
        guard row.about.isEmpty, target.about.isEmpty else { throw Problem.conflict("woodpecker.merge-about") }
        try cases.move(MoveRequest(type: .merge, other: number), id, by: caller, at: now, in: db)
        for report in try ReportStore.list(of: id, in: db) where report.erasedAt == nil {
            guard let key = try key(of: report.id, for: caller, in: db) else {
                throw Problem.conflict("woodpecker.locked")
            }
            for before in [row.department].compactMap(\.self) + (try AssistStore.departments(of: id, in: db)) {
                try ReportStore.dropSeal(report.id, .department(before), in: db)
            }
            for department in [target.department].compactMap(\.self)
                + (try AssistStore.departments(of: other, in: db))
            {
                guard let receiver = try KeyStore.publicKey(.department(department), in: db) else { continue }
                try ReportStore.addSeal(
                    report.id, .department(department), try Intake.seal(key, of: report.id, to: receiver), in: db)
            }
        }
        try ReportStore.move(id, to: other, in: db)
        try ReportCaseStore.setOutcome(id, .duplicate, at: now, in: db)
        try ReportCaseStore.waits(other, in: db)
        try record("report.merge", id, caller, at: now, detail: ["into": other.description], in: db)
        try Intake.publish(other, area: target.area, at: now, in: db)
    }

    /// Notes in the audit log who did or saw what; never what it said.
    func record(
        _ action: String, _ id: CaseID, _ caller: Caller, at now: Instant, detail: [String: String] = [:],
        in db: any Writing
    ) throws {
        try audit.record(
            AuditEntry(
                at: now, actor: caller.id, actorName: caller.name, action: action, subject: "reports/\(id)",
                detail: try JSON.text(detail)), in: db)
    }
}

/// Opens what ``Intake/seal(_:of:to:)`` sealed.
enum SealedKey {
    static func open(_ sealed: [UInt8], of report: ReportID, with pair: KeyPair) -> [UInt8]? {
        SealedBox.open(sealed, with: pair, context: "report \(report)")
    }
}
