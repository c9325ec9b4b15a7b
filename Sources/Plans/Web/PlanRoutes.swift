import Cases
import Foundation
import Kernel
import Storage
import Web

/// A plan as a form or the API gives it.
struct PlanDraft: Codable {
    var name: String
    var kind: String
    var severity: Int
    /// A line each: minutes, where there are any, and what to do.
    var steps: [String]
    var roles: [String]?
    var contacts: [String]?
    var materials: [String]?

    init(_ plan: Plan) {
        name = plan.name
        kind = plan.kind.rawValue
        severity = plan.severity.rawValue
        steps = plan.content.steps.map(\.line)
        roles = plan.content.roles
        contacts = plan.content.contacts
        materials = plan.content.materials
    }

    init(_ form: Form) {
        let lines = { (name: String) in
            (form[name] ?? "").split(whereSeparator: \.isNewline).map(String.init).filter {
                !$0.allSatisfy(\.isWhitespace)
            }
        }
        name = form["name"] ?? ""
        kind = form["kind"] ?? ""
        severity = form["severity"].flatMap { Int($0) } ?? 0
        steps = lines("steps")
        roles = PlansRoom.roles.map(\.rawValue).filter { form["role-\($0)"] == "1" }
        contacts = lines("contacts")
        materials = lines("materials")
    }

    /// The plan, or what is wrong with it.
    func checked(at now: Instant) throws -> Plan {
        var check = FieldCheck()
        let name = check.text(name, "name", 2...60)
        let kind = CaseKind(rawValue: kind)
        let severity = Severity(rawValue: severity)
        check.expect(kind != nil, "kind", "unknown")
        check.expect(severity != nil, "severity", "unknown")
        check.expect((1...60).contains(steps.count), "steps", steps.isEmpty ? "required" : "too-long")
        let parsed = steps.prefix(61).compactMap { Plan.Step(line: $0) }
        check.expect(parsed.allSatisfy { $0.text.count <= 200 && $0.minutes <= 1_440 }, "steps", "too-long")
        let roles = roles ?? []
        check.expect(roles.count <= 10 && roles.allSatisfy { Role(rawValue: $0) != nil }, "roles", "unknown")
        for (field, lines) in [("contacts", contacts ?? []), ("materials", materials ?? [])] {
            check.expect(lines.count <= 40 && lines.allSatisfy { $0.count <= 200 }, field, "too-long")
        }
        try check.finish()
        guard let kind, let severity else { throw Problem.invalid(["kind": "unknown"]) }
        return Plan(
            name: name, kind: kind, severity: severity,
            content: Plan.Content(
                steps: parsed, roles: roles, contacts: contacts ?? [], materials: materials ?? []), from: now)
    }

    static let shape = Shape.object(
        [
            "name": .text, "kind": .oneOf(CaseKind.allCases.map(\.rawValue)), "severity": .integer,
            "steps": .list(.text), "roles": .list(.text), "contacts": .list(.text), "materials": .list(.text),
        ], required: ["name", "kind", "severity", "steps"])
}

/// A plan as the API shows it.
struct PlanItem: Encodable {
    var id: PlanID
    var versionId: PlanID
    var since: String
    var plan: PlanDraft

    init(_ plan: Plan) {
        id = plan.family
        versionId = plan.id
        since = plan.from.rfc3339
        self.plan = PlanDraft(plan)
    }

    static let shape = Shape.object(
        ["id": .id, "versionId": .id, "since": .time, "plan": PlanDraft.shape],
        required: ["id", "versionId", "since", "plan"])
}

extension PlansRoom {
    /// The roles that act in plans.
    static let roles: [Role] = [.officer, .leader, .brigade, .patrol, .grid, .clerk]

    func planRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/plans", .needs(.planRead), "Plans in force", shapes: Shapes(gives: .page(of: PlanItem.shape))
        ) { call in
            try .list(try await database.read { db in try PlanStore.current(in: db) }.map(PlanItem.init), next: nil)
        }
        routes.post(
            "/api/v1/plans", .needs(.planManage), "Writes a plan",
            shapes: Shapes(takes: PlanDraft.shape, gives: PlanItem.shape)
        ) { call in try .json(PlanItem(try await save(call, nil, try call.json())), status: 201) }
        routes.put(
            "/api/v1/plans/{id}", .needs(.planManage), "Writes the next version of a plan",
            shapes: Shapes(takes: PlanDraft.shape, gives: PlanItem.shape)
        ) { call in try .json(PlanItem(try await save(call, try call.id(), try call.json()))) }
        routes.post("/api/v1/plans/{id}/retire", .needs(.planManage), "Takes a plan out of force") { call in
            try await retire(call)
            return .nothing
        }
        routes.get("/plans", .needs(.planRead), "Plans and drills") { call in try await overview(call) }
        routes.get("/plans/new", .needs(.planManage), "The form for a new plan") { call in
            try form(call, nil, PlanDraft(Form("severity=1&kind=fire".utf8)), errors: [:])
        }
        routes.post("/plans/new", .needs(.planManage), "Write a plan") { call in try await post(call, nil) }
        routes.get("/plans/{id}", .needs(.planManage), "A plan's form") { call in
            let id: PlanID = try call.id()
            guard let plan = try await database.read({ db in try PlanStore.current(of: id, in: db) }) else {
                throw Problem.notFound
            }
            return try form(call, id, PlanDraft(plan), errors: [:])
        }
        routes.post("/plans/{id}", .needs(.planManage), "Write a plan's next version") { call in
            try await post(call, try call.id())
        }
        routes.post("/plans/{id}/retire", .needs(.planManage), "Take a plan out of force, from the page") { call in
            try await retire(call)
            return .redirect(to: "/plans?done=saved")
        }
    }

    private func save(_ call: Call, _ family: PlanID?, _ draft: PlanDraft) async throws -> Plan {
        let caller = try call.signedIn()
        let now = Instant.now
        let plan = try draft.checked(at: now)
        let saved = try await call.once { [desk] db in
            try desk.save(plan, of: family, by: caller, at: now, in: db).family
        }
        guard let current = try await database.read({ db in try PlanStore.current(of: saved, in: db) }) else {
            throw Problem.notFound
        }
        return current
    }

    private func retire(_ call: Call) async throws {
        let (id, caller): (PlanID, Caller) = (try call.id(), try call.signedIn())
        try await database.write { [desk] db in try desk.retire(id, by: caller, at: .now, in: db) }
    }

    private func post(_ call: Call, _ family: PlanID?) async throws -> Answer {
        let draft = PlanDraft(call.form)
        do {
            _ = try await save(call, family, draft)
            return .redirect(to: "/plans?done=saved")
        } catch let problem as Problem where problem.status == 422 {
            return try form(call, family, draft, errors: call.fieldWords(problem))
        }
    }

    private func form(
        _ call: Call, _ family: PlanID?, _ draft: PlanDraft, errors: [String: String]
    ) throws -> Answer {
        let choices = { (values: [(String, String)], chosen: String) in
            values.map { ["value": $0.0, "label": $0.1, "selected": $0.0 == chosen] as [String: Any] }
        }
        return try call.page(
            "plan-edit", title: family == nil ? call.word("plans.new") : draft.name,
            [
                "action": family.map { "/plans/\($0)" } ?? "/plans/new", "errors": errors,
                "retire": family.map { "/plans/\($0)/retire" } ?? "", "isKnown": family != nil,
                "values": [
                    "name": draft.name, "steps": draft.steps.joined(separator: "\n"),
                    "contacts": (draft.contacts ?? []).joined(separator: "\n"),
                    "materials": (draft.materials ?? []).joined(separator: "\n"),
                ],
                "kinds": choices(
                    CaseKind.allCases.map { ($0.rawValue, call.word("cases.kindName.\($0.rawValue)")) }, draft.kind),
                "severities": choices(
                    Severity.allCases.map { (String($0.rawValue), call.word("cases.severity.\($0.rawValue)")) },
                    String(draft.severity)),
                "roles": Self.roles.map { role in
                    [
                        "value": role.rawValue, "label": call.word("role.\(role.rawValue)"),
                        "isChosen": draft.roles?.contains(role.rawValue) ?? false,
                    ] as [String: Any]
                },
            ], status: errors.isEmpty ? 200 : 422)
    }

    private func overview(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let (plans, detectors, drills) = try await database.read { [desk, wire] db in
            (
                try PlanStore.current(in: db), try wire.detectors(db),
                try DrillStore.page(limit: 50, in: db).map { (drill: $0, score: try desk.score($0, in: db)) }
            )
        }
        return try call.page(
            "plans", title: call.word("plans.title"),
            [
                "canManage": caller.may(.planManage), "canDrill": caller.may(.drillRun) && !plans.isEmpty,
                "plans": plans.map { plan in
                    [
                        "href": "/plans/\(plan.family)", "name": plan.name, "canManage": caller.may(.planManage),
                        "kind": call.word("cases.kindName.\(plan.kind.rawValue)"),
                        "severity": call.word("cases.severity.\(plan.severity.rawValue)"),
                        "count": String(plan.content.steps.count), "since": plan.from.date,
                        "roles": plan.content.roles.map { call.word("role.\($0)") }
                            .joined(separator: call.language == .zh ? "、" : ", "),
                    ] as [String: Any]
                },
                "detectors": detectors.map { ["value": $0.id.description, "label": $0.name] },
                "hasDetectors": !detectors.isEmpty,
                "choices": plans.map { ["value": $0.family.description, "label": $0.name] },
                "soon": String((Instant.now + 3_600_000).rfc3339.prefix(16)),
                "drills": drills.map { drillRow($0.drill, $0.score, caller, call) },
            ])
    }
}
