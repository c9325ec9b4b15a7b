import Cases
import Crypt
import Kernel
import Storage
import Web

/// More than one hand on a report: departments that help, and calls back by who did not handle it.
extension Handling {
    /// Whether a person acts for the desk or for the department in charge; who merely helps notes, and no more.
    func leads(_ row: ReportCase, _ caller: Caller, in db: any Reading) throws -> Bool {
        let holders = try KeyRing.holders(of: caller, in: db)
        return holders.contains(.desk) || holders.contains { $0.department != nil && $0.department == row.department }
    }

    /// Asks one more department to help (协办): it reads everything from then on.
    func assist(_ id: CaseID, by departmentID: DepartmentID, as caller: Caller, at now: Instant, in db: any Writing)
        throws
    {
        let row = try visible(id, for: caller, in: db)
        guard let department = try DepartmentStore.find(departmentID, in: db), department.isActive,
            row.department != departmentID
        else { throw Problem.invalid(["department": "unknown"]) }
        guard row.department != nil, try cases.isOpen(id, in: db) else {
            throw Problem.conflict("woodpecker.not-assigned")
        }
        guard Routing.mayHandle(departmentID, about: row.about) else { throw Problem.conflict("woodpecker.own-case") }
        guard try KeyStore.publicKey(.department(departmentID), in: db) != nil else {
            throw Problem.conflict("woodpecker.no-department-key")
        }
        try AssistStore.add(id, departmentID, at: now, in: db)
        try share(id, with: departmentID, as: caller, in: db)
        try cases.note(
            word("woodpecker.case.assists", ["name": department.name]), on: id, by: .staff(caller.id, caller.name),
            at: now, in: db)
        try record("report.assist", id, caller, at: now, detail: ["department": departmentID.description], in: db)
        try Intake.publish(id, area: row.area, at: now, in: db)
    }

    /// The help of a department is not needed any more; it opens nothing from then on.
    func release(_ id: CaseID, of departmentID: DepartmentID, as caller: Caller, at now: Instant, in db: any Writing)
        throws
    {
        let row = try visible(id, for: caller, in: db)
        guard try AssistStore.departments(of: id, in: db).contains(departmentID) else {
            throw Problem.invalid(["department": "unknown"])
        }
        try AssistStore.remove(id, departmentID, in: db)
        try withdraw(id, from: departmentID, in: db)
        try record("report.release", id, caller, at: now, detail: ["department": departmentID.description], in: db)
        try Intake.publish(id, area: row.area, at: now, in: db)
    }

    /// Seals every report of a case, and what other systems told of it, to a department.
    func share(_ id: CaseID, with department: DepartmentID, as caller: Caller, in db: any Writing) throws {
        guard let receiver = try KeyStore.publicKey(.department(department), in: db) else {
            throw Problem.conflict("woodpecker.no-department-key")
        }
        for report in try ReportStore.list(of: id, in: db) where report.erasedAt == nil {
            guard let key = try key(of: report.id, for: caller, in: db) else {
                throw Problem.conflict("woodpecker.locked")
            }
            try ReportStore.addSeal(
                report.id, .department(department), try Intake.seal(key, of: report.id, to: receiver), in: db)
        }
        for update in try updates(of: id, for: caller, in: db) {
            if let words = update.words {
                try Open311Store.seal(update.update.id, words, to: .department(department), in: db)
            }
        }
    }

    /// Takes the seals of a case from a department.
    func withdraw(_ id: CaseID, from department: DepartmentID, in db: any Writing) throws {
        for report in try ReportStore.list(of: id, in: db) {
            try ReportStore.dropSeal(report.id, .department(department), in: db)
        }
        try Open311Store.drop(.department(department), of: id, in: db)
    }

    /// Somebody who did not handle the case has called the reporter (回访). What the reporter rates with the receipt
    /// stands above what was said on the phone.
    func callBack(
        _ id: CaseID, _ reportID: ReportID, _ result: CallBackStore.Result, words: String, by caller: Caller,
        at now: Instant, in db: any Writing
    ) throws {
        let row = try visible(id, for: caller, in: db)
        guard let report = try ReportStore.find(reportID, in: db), report.caseID == id, report.erasedAt == nil else {
            throw Problem.invalid(["report": "unknown"])
        }
        guard row.outcome != nil else { throw Problem.conflict("woodpecker.not-finished") }
        guard try cases.state(id, in: db)?.handler != caller.id else { throw Problem.conflict("woodpecker.own-call") }
        try CallBackStore.add(id, reportID, by: caller.id, result, at: now, in: db)
        if let rating = result.rating, report.rating == nil {
            try ReportStore.setRating(reportID, rating, in: db)
        }
        guard let key = try key(of: reportID, for: caller, in: db) else { throw Problem.conflict("woodpecker.locked") }
        let text = word("woodpecker.call.\(result.rawValue)", [:]) + (words.isEmpty ? "" : "：" + words)
        try ReportStore.insert(
            try ReportMessage(
                .next(), report: reportID, at: now, sender: .desk, kind: .callBack, words: text, key: key), in: db)
        try record("report.call-back", id, caller, at: now, detail: ["result": result.rawValue], in: db)
        try Intake.publish(id, area: row.area, at: now, in: db)
    }
}
