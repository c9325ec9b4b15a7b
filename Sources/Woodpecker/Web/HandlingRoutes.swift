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
            let id: CaseID = try call.id()
            let report: ReportID = try call.id("report")
            let caller = try call.signedIn()
            guard let position = Int(try call.param("position")), (0..<ReportForm.photoLimit).contains(position) else {
                throw Problem.notFound
            }
            let bytes = try await database.read { db -> [UInt8]? in
                _ = try handling.visible(id, for: caller, in: db)
                guard try ReportStore.find(report, in: db)?.caseID == id,
                    let key = try handling.key(of: report, for: caller, in: db),
                    let sealed = try ReportStore.photo(report, position, in: db)
                else { return nil }
                return Intake.unseal(sealed, key: key, "photo \(position)")
            }
            guard let bytes else { throw Problem.notFound }
            return .bytes(bytes, type: "image/jpeg")
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
                        "report": .id,
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
        _ = try handling.visible(id, for: caller, in: db)
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

    private func look(_ call: Call) async throws -> (ReportCase, CaseRecord, [OpenReport], CaseState) {
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

    private func handlingPage(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let (row, record, reports, state) = try await look(call)
        let (departments, updates) = try await database.read { db in
            (try DepartmentStore.all(in: db), try handling.updates(of: row.id, for: caller, in: db))
        }
        let category = category(row.category)
        let meant = Routing.department(
            for: row.category, area: row.area, about: row.about, among: departments, covers: areas.covers)
        var context: [String: Any] = [
            "id": row.id.description, "number": record.number, "name": record.title,
            "stateText": call.word("cases.phase.\(record.phase.rawValue)"), "supervised": record.isSupervised,
            "overdue": record.isOpen && row.outcome == nil && row.dueAt < .now, "waits": row.waits,
            "locked": reports.contains { !$0.isOpen && $0.report.erasedAt == nil }, "keyOpen": keys.isOpen(caller.id),
            "reports": reports.map { reportContext($0, row, category, call) },
            "facts": facts(row, departments, call),
            "templates": (1...4).map { ["text": call.word("woodpecker.template.\($0)")] },
        ]
        if !updates.isEmpty {
            context["updates"] = [
                "items": updates.map { item -> [String: Any] in
                    [
                        "status": item.update.status, "at": String(item.update.at.text.prefix(16)),
                        "words": item.words ?? "",
                    ]
                }
            ]
        }
        let isDesk = caller.may(.reportRoute)
        var acts: [[String: Any]] = []
        let phase = record.phase
        if isDesk, [.open, .accepted, .assigned, .handling].contains(phase) {
            acts.append(
                act(
                    .handOver, call, primary: row.department == nil, text: false,
                    departments: departments.filter { $0.isActive && Routing.mayHandle($0.id, about: row.about) }
                        .map { department in
                            [
                                "value": department.id.description, "label": department.name,
                                "checked": department.id == meant?.id, "meant": department.id == meant?.id,
                            ]
                        }))
        }
        if !phase.isFinal { acts.append(act(.answer, call)) }
        if !phase.isFinal { acts.append(act(.ask, call)) }
        let isUnitDone = phase == .handled && row.outcome == nil
        if [.assigned, .handling].contains(phase) || (isDesk && ([.open, .accepted].contains(phase) || isUnitDone)) {
            acts.append(
                act(
                    .finish, call, primary: row.department != nil && !isDesk,
                    outcomes: Outcome.ofHandling.map {
                        ["value": $0.rawValue, "label": call.word("woodpecker.outcome.\($0.rawValue)")]
                    }))
        }
        if row.department != nil, [.assigned, .handling].contains(phase) { acts.append(act(.giveBack, call)) }
        if isDesk, phase == .handled, row.outcome != nil, state.handler != caller.id {
            acts.append(act(.verify, call, primary: true, required: false))
            acts.append(act(.rework, call))
        }
        if caller.roles.contains(.leader), [.accepted, .assigned, .handling].contains(phase),
            row.extensions < Extension.limit, row.dueAt >= .now
        {
            acts.append(act(.extend, call, days: true))
        }
        if caller.roles.contains(.leader), !phase.isFinal, !record.isSupervised {
            acts.append(act(.supervise, call, text: false))
        }
        if isDesk, [.accepted, .assigned, .handling].contains(phase) { acts.append(act(.suspend, call)) }
        if isDesk, phase == .suspended { acts.append(act(.resume, call, primary: true, text: false)) }
        if isDesk, phase == .open { acts.append(act(.reject, call)) }
        if isDesk, [.open, .accepted, .assigned, .handling].contains(phase) {
            acts.append(act(.merge, call, text: false, other: true))
        }
        if isDesk, row.outcome != nil, category?.isPublic == true, reports.contains(where: \.report.mayPublish) {
            acts.append(row.publishedAt == nil ? act(.publish, call) : act(.unpublish, call, text: false))
        }
        acts.append(act(.note, call))
        context["acts"] = acts
        return try call.page("report-case", title: record.title, Citizen.tidy(context))
    }

    private func act(
        _ act: HandlingStep.Act, _ call: Call, primary: Bool = false, text: Bool = true, required: Bool = true,
        departments: [[String: Any]] = [], outcomes: [[String: Any]] = [], days: Bool = false, other: Bool = false
    ) -> [String: Any] {
        var context: [String: Any] = [
            "act": act.rawValue, "label": call.word("woodpecker.act.\(act.rawValue)"), "primary": primary,
            "help": call.word(ifKnown: "woodpecker.actHelp.\(act.rawValue)") ?? "",
        ]
        if text { context["text"] = ["required": required] }
        if act == .answer || act == .finish { context["canned"] = true }
        if !departments.isEmpty { context["departments"] = ["items": departments] }
        if !outcomes.isEmpty { context["outcomes"] = ["items": outcomes] }
        if days { context["days"] = true }
        if other { context["other"] = true }
        return context
    }

    private func facts(_ row: ReportCase, _ departments: [Department], _ call: Call) -> [[String: Any]] {
        var facts: [(String, String)] = [
            ("category", category(row.category)?.name.text(call.language) ?? row.category),
            ("area", row.area.map(areas.name(of:)) ?? ""), ("openedAt", row.openedAt.text),
            ("dueAt", row.outcome == nil ? row.dueAt.text : ""),
            ("department", departments.first { $0.id == row.department }?.name ?? ""),
            ("outcome", row.outcome.map { call.word("woodpecker.outcome.\($0.rawValue)") } ?? ""),
            ("returns", row.returns > 0 ? String(row.returns) : ""),
            ("extensions", row.extensions > 0 ? String(row.extensions) : ""),
            ("reopened", row.reopened > 0 ? String(row.reopened) : ""),
        ]
        if !row.about.isEmpty {
            let name =
                row.about == Holder.desk.name
                ? call.word("woodpecker.about.desk")
                : departments.first { Holder.department($0.id).name == row.about }?.name ?? ""
            facts.append(("about", name))
        }
        return facts.filter { !$0.1.isEmpty }.map { ["label": call.word("woodpecker.column.\($0.0)"), "value": $0.1] }
    }

    private func reportContext(_ item: OpenReport, _ row: ReportCase, _ category: Category?, _ call: Call)
        -> [String: Any]
    {
        let report = item.report
        var context: [String: Any] = [
            "id": report.id.description, "case": row.id.description,
            "level": call.word("woodpecker.level.\(report.level.rawValue)"),
            "channel": call.word("woodpecker.channel.\(report.channel.rawValue)"),
            "received": report.level == .named
                ? report.receivedAt.text : String(report.receivedAt.text.prefix(13)) + ":00",
            "open": item.isOpen, "erased": report.erasedAt != nil, "muted": report.isMuted,
            "mayMute": call.caller?.may(.reportRoute) == true,
            "muteAct": report.isMuted ? HandlingStep.Act.unmute.rawValue : HandlingStep.Act.mute.rawValue,
            "rating": report.rating.map { call.word("woodpecker.rating.\($0.rawValue)") } ?? "",
            "lines": item.lines.map { line -> [String: Any] in
                [
                    "from": call.word("woodpecker.sender.\(line.sender.rawValue)"),
                    "kind": call.word("woodpecker.kind.\(line.kind.rawValue)"), "isNote": line.kind == .note,
                    "isCitizen": line.sender == .citizen, "words": line.words,
                    "at": line.sender == .citizen && report.level != .named
                        ? String(line.at.text.prefix(13)) + ":00" : String(line.at.text.prefix(16)),
                ]
            },
        ]
        if let content = item.content {
            context["words"] = content.words
            context["place"] = content.place
            context["point"] = content.point.map { "\($0.lat), \($0.lon)" } ?? ""
            context["contact"] = [content.name, content.phone].compactMap(\.self).joined(separator: " ")
            context["answers"] = (category?.questions ?? []).compactMap { question -> [String: Any]? in
                guard let given = content.answers[question.code] else { return nil }
                let words = given.map { key in
                    question.choices.first { $0.key == key }?.name.text(call.language) ?? key
                }
                return ["label": question.name.text(call.language), "value": words.joined(separator: "、")]
            }
            context["photos"] = (0..<report.photos).map {
                ["src": "/reports/\(row.id)/photos/\(report.id)/\($0)", "n": String($0 + 1)]
            }
        }
        if let confided = item.confided {
            context["confided"] = [confided.name, confided.phone, confided.openID.map { "WeChat " + $0 }]
                .compactMap(\.self).joined(separator: " ")
        }
        return context
    }
}

/// Something that is done with a case of reports.
struct HandlingStep: Codable, Sendable {
    enum Act: String, Codable, Sendable, CaseIterable {
        case handOver = "hand-over"
        case giveBack = "give-back"
        case answer, ask, note, finish, verify, rework, merge, extend, mute, unmute, publish, unpublish
        case suspend, resume, supervise, reject

        /// Whether it is the desk's alone.
        var isRouting: Bool {
            switch self {
            case .handOver, .verify, .rework, .merge, .extend, .mute, .unmute, .publish, .unpublish, .suspend, .resume,
                .supervise, .reject:
                true
            case .giveBack, .answer, .ask, .note, .finish: false
            }
        }

        var needsText: Bool {
            switch self {
            case .giveBack, .answer, .ask, .note, .finish, .rework, .extend, .publish, .suspend, .reject: true
            case .handOver, .verify, .merge, .mute, .unmute, .unpublish, .resume, .supervise: false
            }
        }
    }

    var act: Act
    var text: String?
    var department: DepartmentID?
    var outcome: Outcome?
    var other: String?
    var days: Int?
    var report: ReportID?

    init(_ form: Form) throws {
        guard let act = form["act"].flatMap(Act.init(rawValue:)) else { throw Problem.invalid(["act": "invalid"]) }
        self.act = act
        text = form["text"]
        department = form["department"].flatMap(DepartmentID.init)
        outcome = form["outcome"].flatMap(Outcome.init(rawValue:))
        other = form["other"]
        days = form["days"].flatMap { Int($0) }
        report = form["report"].flatMap(ReportID.init)
        try check()
    }

    func check() throws {
        var check = FieldCheck()
        _ = check.text(text, "text", (act.needsText ? 1 : 0)...2_000)
        try check.finish()
    }
}
