import Cases
import Kernel
import Places
import Storage
import Web

extension WoodpeckerRoom {
    /// What is done with reports, from the page and from programs.
    func handlingRoutes(_ routes: inout Routes) {
        routes.get("/reports/{id}", .needs(.reportRead), "A case of reports with what they say") { call in
            try await handlingPage(call)
        }
        routes.post("/reports/{id}", .needs(.reportHandle), "Act on reports, from their page") { call in
            let id: CaseID = try call.id()
            let caller = try call.signedIn()
            let step = try HandlingStep(call.form)
            try await database.write { db in try perform(step, id, by: caller, at: .now, in: db) }
            return .redirect(to: "/reports/\(id)?done=saved")
        }
        routes.get("/reports/{id}/photos/{report}/{position}", .needs(.reportRead), "A photo of a report") { call in
            let (id, report, position) = try photoNamed(call)
            return .bytes(
                try await photo(id, report, position, for: try call.signedIn()), type: "image/jpeg")
        }
        routes.get(
            "/api/v1/reports/{id}", .needs(.reportRead),
            "A case of reports, with what they say where the caller's key is open",
            shapes: Shapes(gives: ReportRow.shape)
        ) { call in try .json(try await detail(call)) }
        routes.post(
            "/api/v1/reports/{id}/moves", .needs(.reportHandle), "Act on a case of reports",
            shapes: Shapes(
                takes: .object(
                    [
                        "act": .oneOf(HandlingStep.Act.allCases.map(\.rawValue)), "text": .text, "department": .id,
                        "outcome": .oneOf(Outcome.allCases.map(\.rawValue)), "other": .text, "days": .integer,
                        "report": .id, "result": .oneOf(CallBackStore.Result.allCases.map(\.rawValue)),
                    ], required: ["act"]), gives: .object(["id": .id, "state": .text]))
        ) { call in
            struct Moved: Codable, Sendable {
                var id: CaseID
                var state: String
            }
            let id: CaseID = try call.id()
            let caller = try call.signedIn()
            let step: HandlingStep = try call.json()
            try step.check()
            let moved = try await call.once { db in
                try perform(step, id, by: caller, at: .now, in: db)
                return Moved(id: id, state: try cases.record(id, in: db)?.phase.rawValue ?? "")
            }
            return try .json(moved)
        }
    }

    func perform(_ step: HandlingStep, _ id: CaseID, by caller: Caller, at now: Instant, in db: any Writing)
        throws
    {
        let text = step.text ?? ""
        let row = try handling.visible(id, for: caller, in: db)
        // Who helps the department in charge tells it; it alone tells the reporters.
        guard try step.act == .note || handling.leads(row, caller, in: db) else {
            throw Problem.conflict("woodpecker.helps")
        }
        if step.act.isRouting { try caller.require(.reportRoute) }
        switch step.act {
        case .handOver:
            guard let department = step.department else { throw Problem.invalid(["department": "required"]) }
            try handling.handOver(id, to: department, by: caller, at: now, in: db)
        case .giveBack: try handling.giveBack(id, reason: text, by: caller, at: now, in: db)
        case .answer: try handling.tell(.answer, text, on: id, by: caller, at: now, in: db)
        case .ask: try handling.tell(.question, text, on: id, by: caller, at: now, in: db)
        case .note: try handling.tell(.note, text, on: id, by: caller, at: now, in: db)
        case .finish:
            guard let outcome = step.outcome, Outcome.ofHandling.contains(outcome) else {
                throw Problem.invalid(["outcome": "required"])
            }
            try handling.finish(id, outcome, words: text, by: caller, at: now, in: db)
        case .verify: try handling.verify(id, isSo: true, words: text, by: caller, at: now, in: db)
        case .rework: try handling.verify(id, isSo: false, words: text, by: caller, at: now, in: db)
        case .merge: try handling.merge(id, into: step.other ?? "", by: caller, at: now, in: db)
        case .extend: try handling.extend(id, days: step.days ?? 0, reason: text, by: caller, at: now, in: db)
        case .publish:
            try handling.publish(id, words: text, isPublic: isPublic(id, in: db), by: caller, at: now, in: db)
        case .unpublish: try handling.unpublish(id, by: caller, at: now, in: db)
        case .suspend: try handling.suspend(id, reason: text, by: caller, at: now, in: db)
        case .resume: try handling.move(.resume, id, by: caller, at: now, in: db)
        case .supervise: try handling.move(.supervise, id, by: caller, at: now, in: db)
        case .assist, .release:
            guard let department = step.department else { throw Problem.invalid(["department": "required"]) }
            if step.act == .assist {
                try handling.assist(id, by: department, as: caller, at: now, in: db)
            } else {
                try handling.release(id, of: department, as: caller, at: now, in: db)
            }
        case .callBack:
            guard let report = step.report else { throw Problem.invalid(["report": "required"]) }
            guard let result = step.result.flatMap(CallBackStore.Result.init(rawValue:)) else {
                throw Problem.invalid(["result": "required"])
            }
            try handling.callBack(id, report, result, words: text, by: caller, at: now, in: db)
        case .reject: try handling.reject(id, reason: text, by: caller, at: now, in: db)
        case .mute, .unmute:
            guard let report = step.report, try ReportStore.find(report, in: db)?.caseID == id else {
                throw Problem.invalid(["report": "unknown"])
            }
            try ReportStore.setMuted(report, step.act == .mute, in: db)
            try handling.record("report.\(step.act.rawValue)", id, caller, at: now, in: db)
        }
    }

    private func isPublic(_ id: CaseID, in db: any Reading) throws -> Bool {
        try ReportCaseStore.find(id, in: db).flatMap { category($0.category) }?.isPublic ?? false
    }

    // MARK: What is shown

    func look(_ call: Call) async throws -> (ReportCase, CaseRecord, [OpenReport], CaseState) {
        let id: CaseID = try call.id()
        let caller = try call.signedIn()
        let found = try await database.read { db -> (ReportCase, CaseRecord, [OpenReport], CaseState) in
            let row = try handling.visible(id, for: caller, in: db)
            guard let record = try cases.record(id, in: db), let state = try cases.state(id, in: db) else {
                throw Problem.notFound
            }
            let reports = try ReportStore.list(of: id, in: db).map { report in
                try OpenReport(
                    report, key: try handling.key(of: report.id, for: caller, in: db),
                    confided: try handling.confided(of: report.id, for: caller, in: db), in: db)
            }
            return (row, record, reports, state)
        }
        // Who read it stands in the record before the reader has it.
        try await database.write { db in try handling.record("report.read", id, caller, at: .now, in: db) }
        return found
    }

    private func detail(_ call: Call) async throws -> ReportDetail {
        let (row, record, reports, _) = try await look(call)
        let department = try await database.read { db in
            try row.department.flatMap { try DepartmentStore.find($0, in: db) }
        }
        return ReportDetail(
            row: ReportRow(
                row, record, reports: Int64(reports.count), department: department,
                areaName: row.area.map(areas.name(of:)) ?? "", at: .now), reports: reports.map(ReportDetail.Item.init))
    }
}
