import Cases
import Kernel
import Storage
import Web

extension JointRoom {
    func caseRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/cases/{id}/joint", .needs(.jointRead), "A joint case: lead, tasks of departments, messages",
            shapes: Shapes(gives: JointItem.shape)
        ) { call in try await answer(call, try call.id()) }
        routes.put(
            "/api/v1/cases/{id}/joint", .needs(.jointManage),
            "Makes a case a joint one, or gives it another lead or goal",
            shapes: Shapes(
                takes: .object(["leadId": .id, "goal": .text], required: ["leadId", "goal"]), gives: JointItem.shape)
        ) { call in
            struct Body: Decodable { var leadId: OfficeID, goal: String }
            let body: Body = try call.json()
            try await open(call, body.leadId, body.goal)
            return try await answer(call, try call.id())
        }
        routes.post(
            "/api/v1/cases/{id}/joint/tasks", .needs(.jointWork),
            "Gives a department something to do: the lead's people, officers and leaders",
            shapes: Shapes(
                takes: .object(
                    ["officeId": .id, "text": .text, "dueAt": .time], required: ["officeId", "text", "dueAt"]),
                gives: JointItem.shape)
        ) { call in
            struct Body: Decodable { var officeId: OfficeID, text: String, dueAt: String }
            let body: Body = try call.json()
            try await add(call, body.officeId, body.text, body.dueAt)
            return try await answer(call, try call.id(), status: 201)
        }
        routes.post(
            "/api/v1/joint-tasks/{id}/moves", .needs(.jointWork),
            "Says that a department's task is done or not its own, or gives it another time",
            shapes: Shapes(
                takes: .object(
                    ["type": .oneOf(["done", "returned", "due"]), "text": .text, "dueAt": .time], required: ["type"]),
                gives: JointItem.shape)
        ) { call in
            struct Body: Decodable { var type: String, text: String?, dueAt: String? }
            let body: Body = try call.json()
            return try await answer(call, try await step(call, body.type, body.text, body.dueAt))
        }
        routes.post(
            "/api/v1/cases/{id}/joint/messages", .needs(.jointWork), "Writes a message; @ and a name calls somebody",
            shapes: Shapes(takes: .object(["text": .text], required: ["text"]), gives: JointItem.shape)
        ) { call in
            struct Body: Decodable { var text: String }
            let body: Body = try call.json()
            try await say(call, body.text)
            return try await answer(call, try call.id(), status: 201)
        }
        routes.get("/joint/cases/{id}", .needs(.jointRead), "A joint case, or the form that makes a case one") { call in
            try await page(call)
        }
        routes.post("/joint/cases/{id}", .needs(.jointManage), "Make a case a joint one, from the page") { call in
            try await open(call, call.form["leadId"].flatMap(OfficeID.init), call.form["goal"] ?? "")
            return .redirect(to: "/joint/cases/\(try call.param("id"))?done=saved")
        }
        routes.post("/joint/cases/{id}/tasks", .needs(.jointWork), "Give a department something to do, from the page") {
            call in
            try await add(
                call, call.form["officeId"].flatMap(OfficeID.init), call.form["text"] ?? "", call.form["dueAt"] ?? "")
            return .redirect(to: "/joint/cases/\(try call.param("id"))?done=saved")
        }
        routes.post("/joint/cases/{id}/messages", .needs(.jointWork), "Write a message, from the page") { call in
            try await say(call, call.form["text"] ?? "")
            return .redirect(to: "/joint/cases/\(try call.param("id"))#talk")
        }
        routes.post("/joint/tasks/{id}", .needs(.jointWork), "Move a department's task, from the page") { call in
            let id = try await step(call, call.form["type"] ?? "", call.form["text"], call.form["dueAt"])
            return .redirect(to: "/joint/cases/\(id)?done=saved")
        }
    }

    private func answer(_ call: Call, _ id: CaseID, status: Int = 200) async throws -> Answer {
        let caller = try call.signedIn()
        return try .json(try await database.read { db in try item(id, for: caller, in: db) }, status: status)
    }

    private func open(_ call: Call, _ lead: OfficeID?, _ goal: String) async throws {
        let (id, caller): (CaseID, Caller) = (try call.id(), try call.signedIn())
        var check = FieldCheck()
        let goal = check.text(goal, "goal", 2...300)
        check.expect(lead != nil, "leadId", "required")
        try check.finish()
        guard let lead else { return }
        try await database.write { [desk] db in
            try desk.open(id, lead: lead, goal: goal, by: caller, at: .now, in: db)
        }
    }

    private func add(_ call: Call, _ office: OfficeID?, _ text: String, _ due: String) async throws {
        let (id, caller): (CaseID, Caller) = (try call.id(), try call.signedIn())
        var check = FieldCheck()
        let text = check.text(text, "text", 2...300)
        let dueAt = Instant(due)
        check.expect(dueAt != nil, "dueAt", "invalid")
        check.expect(office != nil, "officeId", "required")
        try check.finish()
        guard let office, let dueAt else { return }
        _ = try await call.once { [desk] db in
            try desk.add(text, for: office, dueAt: dueAt, to: id, by: caller, at: .now, in: db)
        }
    }

    private func say(_ call: Call, _ text: String) async throws {
        let (id, caller): (CaseID, Caller) = (try call.id(), try call.signedIn())
        var check = FieldCheck()
        let text = check.text(text, "text", 1...1_000)
        try check.finish()
        _ = try await call.once { [desk] db in try desk.say(text, on: id, by: caller, at: .now, in: db) }
    }

    private func step(_ call: Call, _ type: String, _ text: String?, _ due: String?) async throws -> CaseID {
        let (id, caller): (JointTaskID, Caller) = (try call.id(), try call.signedIn())
        var check = FieldCheck()
        let wanted: JointDesk.Step
        switch type {
        case "done": wanted = .done(check.text(text, "text", 1...500))
        case "returned": wanted = .returned(check.text(text, "text", 1...500))
        case "due":
            let moment = due.flatMap { Instant($0) }
            check.expect(moment != nil, "dueAt", "invalid")
            wanted = .due(moment ?? .now)
        default: throw Problem.invalid(["type": "invalid"])
        }
        try check.finish()
        return try await database.write { [desk] db in try desk.step(id, wanted, by: caller, at: .now, in: db) }
    }

    private func page(_ call: Call) async throws -> Answer {
        let (id, caller): (CaseID, Caller) = (try call.id(), try call.signedIn())
        let now = Instant.now
        let (record, joint, offices, people) = try await database.read { [desk] db in
            (
                try desk.record(id, for: caller, in: db), try JointStore.find(id, in: db), try desk.offices(db),
                try desk.people(in: db)
            )
        }
        let shown = try await database.read { db in joint == nil ? nil : try item(id, for: caller, in: db) }
        if joint != nil { try await readMentions(of: id, by: caller) }
        let leads = joint.map { desk.leads(caller, $0, offices) } ?? false
        let mayWork = caller.may(.jointWork) && record.isOpen
        let own = Set(offices.filter { $0.members.contains(caller.id) }.map(\.id))
        let choices = { (chosen: OfficeID?) in
            offices.map { office -> [String: Any] in
                ["value": office.id.description, "label": office.name, "selected": office.id == chosen]
            }
        }
        return try call.page(
            "joint-case", title: record.title,
            [
                "id": id.description, "number": record.number, "case": "/cases/\(id)", "isJoint": joint != nil,
                "isReport": record.kind == .report, "isOpen": record.isOpen,
                "phase": call.word("cases.phase.\(record.phase.rawValue)"),
                "canManage": caller.may(.jointManage) && record.isOpen && record.kind != .report,
                "canAdd": leads && mayWork, "canSay": mayWork && joint != nil, "goal": joint?.goal ?? "",
                "lead": shown?.lead ?? "", "offices": choices(joint?.lead), "hasOffices": !offices.isEmpty,
                "targets": choices(nil), "soon": String((now + CivilTime.dayMs).rfc3339.prefix(16)),
                "tasks": (shown?.tasks ?? []).map { task -> [String: Any] in
                    let isOpen = task.state == "open"
                    return [
                        "id": task.id.description, "office": task.office, "text": task.text, "due": task.dueAt,
                        "dueText": String(task.dueAt.prefix(16).dropFirst(5).replacing("T", with: " ")),
                        "dueValue": String(task.dueAt.prefix(16)),
                        "state": call.word(task.isLate ? "joint.late" : "joint.taskState.\(task.state)"),
                        "tint": task.isLate ? "bad" : task.state == "done" ? "ok" : isOpen ? "info" : "warn",
                        "result": task.result, "hasResult": !task.result.isEmpty, "by": task.doneBy,
                        "canDo": isOpen && mayWork && (own.contains(task.officeId) || caller.may(.jointManage)),
                        "canMove": isOpen && mayWork && leads,
                    ]
                },
                "messages": (shown?.messages ?? []).map { message in
                    [
                        "by": message.by, "at": message.at,
                        "time": String(message.at.prefix(16).dropFirst(5).replacing("T", with: " ")),
                        "text": message.text,
                    ]
                },
                "people": people.map { ["name": $0.name] },
            ])
    }

    /// Whoever opens the case has read what calls them there.
    private func readMentions(of id: CaseID, by caller: Caller) async throws {
        let calls = try await database.read { db in try TalkStore.calling(caller.id, in: db) }
        guard calls.contains(where: { $0.caseID == id }) else { return }
        _ = try await database.write { db in try TalkStore.read(id, by: caller.id, at: .now, in: db) }
    }
}
