import Cases
import Kernel
import Storage
import Web

extension PlansRoom {
    private struct ChecklistItem: Encodable {
        struct Step: Encodable {
            var step: Int
            var text: String
            var dueAt: String?
            var doneAt: String?
            var doneBy: String?
            var note: String?
        }
        var caseId: CaseID
        var planId: PlanID
        var name: String
        var steps: [Step]

        static let shape = Shape.object(
            [
                "caseId": .id, "planId": .id, "name": .text,
                "steps": .list(
                    .object([
                        "step": .integer, "text": .text, "dueAt": .time, "doneAt": .time, "doneBy": .text,
                        "note": .text,
                    ])),
            ], required: ["caseId", "planId", "name", "steps"])

        init(_ list: PlanDesk.Checklist) {
            caseId = list.record.id
            planId = list.plan.family
            name = list.plan.name
            steps = list.plan.content.steps.enumerated().map { index, step in
                let tick = list.ticks.first { $0.step == index }
                return Step(
                    step: index, text: step.text,
                    dueAt: step.minutes > 0
                        ? (list.record.openedAt + Int64(step.minutes) * 60_000).rfc3339 : nil,
                    doneAt: tick?.at.rfc3339, doneBy: tick?.name, note: tick?.note)
            }
        }
    }

    func checklistRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/cases/{id}/plan", .needs(.planRead), "The checklist that a case opened with",
            shapes: Shapes(gives: ChecklistItem.shape)
        ) { call in try .json(ChecklistItem(try await checklist(call))) }
        routes.post(
            "/api/v1/cases/{id}/plan/steps/{step}", .needs(.planWork), "A step is done; a second time changes nothing",
            shapes: Shapes(takes: .object(["note": .text]), gives: ChecklistItem.shape)
        ) { call in
            struct Body: Decodable { var note: String? }
            let body: Body = try call.json()
            try await tick(call, body.note ?? "")
            return try .json(ChecklistItem(try await checklist(call)))
        }
        routes.get("/plans/cases/{id}", .needs(.planRead), "A case's checklist") { call in try await page(call) }
        routes.post("/plans/cases/{id}/steps/{step}", .needs(.planWork), "A step is done, from the page") { call in
            try await tick(call, call.form["note"] ?? "")
            let id: CaseID = try call.id()
            return .redirect(to: "/plans/cases/\(id)")
        }
    }

    private func checklist(_ call: Call) async throws -> PlanDesk.Checklist {
        let id: CaseID = try call.id()
        guard let list = try await database.read({ [desk] db in try desk.checklist(of: id, in: db) }) else {
            throw Problem.notFound
        }
        return list
    }

    private func tick(_ call: Call, _ note: String) async throws {
        let (id, caller): (CaseID, Caller) = (try call.id(), try call.signedIn())
        guard let step = Int(try call.param("step")) else { throw Problem.notFound }
        var check = FieldCheck()
        let note = check.text(note, "note", 0...200)
        try check.finish()
        try await database.write { [desk] db in try desk.tick(step, of: id, note: note, by: caller, at: .now, in: db) }
    }

    private func page(_ call: Call) async throws -> Answer {
        let (id, caller): (CaseID, Caller) = (try call.id(), try call.signedIn())
        let (list, people, nearby) = try await database.read { [desk, surroundings] db in
            guard let list = try desk.checklist(of: id, in: db) else { throw Problem.notFound }
            let people = try list.plan.content.roles.compactMap(Role.init(rawValue:)).map { role in
                (role: role, people: try surroundings.onDuty(role, list.record.area, db))
            }
            let nearby =
                try list.record.point.map { try surroundings.nearby($0, caller, db) { call.word($0) } } ?? []
            return (list, people, nearby)
        }
        let now = Instant.now
        let done = list.ticks.count
        return try call.page(
            "checklist", title: list.plan.name,
            [
                "case": "/cases/\(id)", "number": list.record.number, "caseTitle": list.record.title,
                "done": String(done), "all": String(list.plan.content.steps.count), "id": id.description,
                "percent": String(done * 100 / max(1, list.plan.content.steps.count)),
                "steps": list.plan.content.steps.enumerated().map { index, step -> [String: Any] in
                    let tick = list.ticks.first { $0.step == index }
                    let due = step.minutes > 0 ? list.record.openedAt + Int64(step.minutes) * 60_000 : nil
                    return [
                        "number": String(index + 1), "index": String(index), "text": step.text, "isDone": tick != nil,
                        "by": tick.map { "\($0.at.text.dropFirst(11).prefix(5)) \($0.name)" } ?? "",
                        "note": tick?.note ?? "", "hasNote": !(tick?.note.isEmpty ?? true),
                        "due": due.map { String($0.text.dropFirst(11).prefix(5)) } ?? "", "hasDue": due != nil,
                        "isLate": due.map { (tick?.at ?? now) > $0 } ?? false,
                        "canDo": tick == nil && caller.may(.planWork) && list.record.isOpen,
                    ]
                },
                "people": people.map { role, people -> [String: Any] in
                    [
                        "role": call.word("role.\(role.rawValue)"), "isEmpty": people.isEmpty,
                        "people": people.prefix(6).map { ["name": $0.name, "phone": $0.phone] },
                    ]
                },
                "contacts": list.plan.content.contacts.map { ["text": $0] },
                "hasContacts": !list.plan.content.contacts.isEmpty,
                "materials": list.plan.content.materials.map { ["text": $0] },
                "hasMaterials": !list.plan.content.materials.isEmpty, "hasNearby": !nearby.isEmpty,
                "nearby": nearby.map {
                    [
                        "name": $0.name, "kind": $0.kind, "metres": String($0.metres), "href": $0.href,
                        "hasHref": !$0.href.isEmpty,
                    ] as [String: Any]
                },
            ])
    }
}
