import Foundation
import Identity
import Kernel
import Storage
import Web

/// A policy as it comes in.
struct PolicyDraft: Codable, Sendable {
    var title: String
    var policy: EscalationPolicy
    var isActive: Bool?

    static let shape = Shape.object(
        [
            "title": .text, "isActive": .flag,
            "policy": .object(
                [
                    "name": .text, "repeatSeconds": .integer,
                    "scope": .object(["area": .id, "fromMinute": .integer, "toMinute": .integer]),
                    "steps": .list(
                        .object(
                            [
                                "afterSeconds": .integer, "roles": .list(.text), "people": .list(.id),
                                "channels": .list(.oneOf(Channel.allCases.map(\.rawValue))),
                            ], required: ["afterSeconds", "roles", "people", "channels"])),
                ], required: ["name", "steps", "repeatSeconds", "scope"]),
        ], required: ["title", "policy"])
}

/// A policy as the API shows it.
struct PolicyItem: Codable, Sendable {
    var id: ID<StoredPolicy>
    var title: String
    var isActive: Bool
    var policy: EscalationPolicy

    init(_ stored: StoredPolicy) {
        id = stored.id
        title = stored.title
        isActive = stored.isActive
        policy = stored.policy
    }
}

extension NotifyRoom {
    /// Whom a step may name.
    static let deskRoles: [Role] = [.officer, .leader, .admin]
    /// What there are policies for.
    static let kinds = ["fire"]

    func policyRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/escalation-policies", .needs(.messageRead),
            "Policies that people made; without one the built-in holds"
        ) { call in
            let all = try await database.read { db in try PolicyStore.all(in: db) }
            return try .list(all.map(PolicyItem.init), next: nil)
        }
        routes.post(
            "/api/v1/escalation-policies", .needs(.escalationManage), "Makes a policy",
            shapes: Shapes(takes: PolicyDraft.shape)
        ) { call in try .json(try await save(call, nil, try call.json()), status: 201) }
        routes.put(
            "/api/v1/escalation-policies/{id}", .needs(.escalationManage), "Changes a policy",
            shapes: Shapes(takes: PolicyDraft.shape)
        ) { call in try .json(try await save(call, try call.id(), try call.json())) }
        routes.get("/escalation", .needs(.messageRead), "Who is told next when nobody takes an alarm") { call in
            try await policies(call)
        }
        routes.get("/escalation/new", .needs(.escalationManage), "The form for a new policy") { call in
            try await form(
                call, nil, PolicyDraft(title: "", policy: EscalationPolicy.fire, isActive: true), errors: [:])
        }
        routes.get("/escalation/{id}", .needs(.escalationManage), "A policy's form") { call in
            let id: ID<StoredPolicy> = try call.id()
            guard let stored = try await database.read({ db in try PolicyStore.find(id, in: db) }) else {
                throw Problem.notFound
            }
            return try await form(
                call, id, PolicyDraft(title: stored.title, policy: stored.policy, isActive: stored.isActive),
                errors: [:])
        }
        routes.post("/escalation/new", .needs(.escalationManage), "Make a policy") { call in
            try await post(call, nil)
        }
        routes.post("/escalation/{id}", .needs(.escalationManage), "Change a policy") { call in
            try await post(call, try call.id())
        }
    }

    private func save(_ call: Call, _ known: ID<StoredPolicy>?, _ draft: PolicyDraft) async throws -> PolicyItem {
        let caller = try call.signedIn()
        var check = FieldCheck()
        let title = check.text(draft.title, "title", 1...60)
        check.expect(Self.kinds.contains(draft.policy.name), "name", "invalid")
        for (field, code) in draft.policy.flaws { check.expect(false, field, code) }
        if let area = draft.policy.scope.area {
            check.expect(areas().contains { $0.id == area }, "area", "unknown")
        }
        for (index, step) in draft.policy.steps.enumerated() {
            check.expect(Set(step.roles).isSubset(of: Self.deskRoles), "who-\(index)", "invalid")
        }
        try check.finish()
        return try await call.once { [audit] db in
            if let known, try PolicyStore.find(known, in: db) == nil { throw Problem.notFound }
            let now = Instant.now
            let stored = StoredPolicy(
                id: known ?? .next(), title: title, policy: draft.policy, isActive: draft.isActive ?? true,
                changedAt: now)
            for (index, step) in draft.policy.steps.enumerated() {
                let found = try StaffDirectory.contacts(of: step.people, in: db)
                guard found.count == Set(step.people).count else {
                    throw Problem.invalid(["who-\(index)": "unknown"])
                }
            }
            try PolicyStore.save(stored, in: db)
            try audit.record(
                AuditEntry(
                    at: now, actor: caller.id, actorName: caller.name, action: "escalation.change",
                    subject: "escalation-policies/\(stored.id)", detail: try JSON.text(draft.policy)), in: db)
            return PolicyItem(stored)
        }
    }

    private func post(_ call: Call, _ known: ID<StoredPolicy>?) async throws -> Answer {
        let (draft, hours) = Self.draft(call.form)
        guard let hours else {
            return try await form(call, known, draft, errors: ["hours": call.word("problem.field.invalid")])
        }
        var whole = draft
        whole.policy.scope.fromMinute = hours.first
        whole.policy.scope.toMinute = hours.last
        do {
            _ = try await save(call, known, whole)
            return .redirect(to: "/escalation?done=saved")
        } catch let problem as Problem where problem.status == 422 {
            return try await form(call, known, whole, errors: call.fieldWords(problem))
        }
    }

    /// Reads the form; the hours are `nil` where they cannot be read, empty where there are none.
    private static func draft(_ form: Form) -> (PolicyDraft, hours: [Int]?) {
        var steps: [EscalationPolicy.Step] = []
        for index in 0..<EscalationPolicy.mostSteps {
            guard let after = form["after-\(index)"].flatMap({ Int64($0) }) else { continue }
            steps.append(
                EscalationPolicy.Step(
                    afterSeconds: after, roles: form.all("roles-\(index)").compactMap(Role.init(rawValue:)),
                    people: [form["person-\(index)"].flatMap(StaffID.init)].compactMap(\.self),
                    channels: form.all("channels-\(index)").compactMap(Channel.init(rawValue:))))
        }
        let policy = EscalationPolicy(
            name: form["name"] ?? "", steps: steps, repeatSeconds: form["repeatSeconds"].flatMap { Int64($0) } ?? 0,
            scope: EscalationPolicy.Scope(area: form["area"].flatMap(AreaID.init)))
        return (
            PolicyDraft(title: form["title"] ?? "", policy: policy, isActive: form["isActive"] == "1"),
            minutes(form["hours"] ?? "")
        )
    }

    /// `22:00-06:00` as two minutes of the day; empty text as none.
    static func minutes(_ text: String) -> [Int]? {
        let text = text.filter { !$0.isWhitespace }
        guard !text.isEmpty else { return [] }
        let ends = text.split(separator: "-").map { end -> Int? in
            let parts = end.split(whereSeparator: { $0 == ":" || $0 == "：" }).map { Int($0) }
            guard parts.count == 2, let hour = parts[0], let minute = parts[1], (0..<24).contains(hour),
                (0..<60).contains(minute)
            else { return nil }
            return hour * 60 + minute
        }
        guard ends.count == 2, let from = ends[0], let to = ends[1], from != to else { return nil }
        return [from, to]
    }

    private static func hours(_ scope: EscalationPolicy.Scope) -> String {
        guard let from = scope.fromMinute, let to = scope.toMinute else { return "" }
        func clock(_ minute: Int) -> String {
            let (hour, rest) = (minute / 60, minute % 60)
            return "\(hour < 10 ? "0" : "")\(hour):\(rest < 10 ? "0" : "")\(rest)"
        }
        return "\(clock(from))-\(clock(to))"
    }

    private func policies(_ call: Call) async throws -> Answer {
        let canManage = try call.signedIn().may(.escalationManage)
        let (stored, names) = try await database.read { db in
            let all = try PolicyStore.all(in: db)
            return (all, try StaffDirectory.names(of: all.flatMap { $0.policy.steps.flatMap(\.people) }, in: db))
        }
        let built = escalations.policies.map { policy in
            card(nil, call.word("notify.policy.default"), policy, true, names, call)
        }
        let made = stored.map { card($0.id, $0.title, $0.policy, $0.isActive, names, call) }
        return try call.page(
            "escalation", title: call.word("notify.policy.title"), ["canManage": canManage, "items": made + built])
    }

    private func card(
        _ id: ID<StoredPolicy>?, _ title: String, _ policy: EscalationPolicy, _ isActive: Bool,
        _ names: [StaffID: String], _ call: Call
    ) -> [String: Any] {
        let separator = call.language == .zh ? "、" : ", "
        let hours = Self.hours(policy.scope)
        let areaName = policy.scope.area.flatMap { area in areas().first { $0.id == area }?.name }
        return [
            "id": id?.description ?? "", "isMade": id != nil, "title": title, "isActive": isActive,
            "kind": call.word("notify.policy.kind.\(policy.name)"),
            "area": areaName ?? call.word("notify.policy.town"),
            "hours": hours.isEmpty ? call.word("notify.policy.always") : hours,
            "again": call.word("notify.policy.again", ["seconds": String(policy.repeatSeconds)]),
            "steps": policy.steps.map { step in
                [
                    "after": call.word("notify.policy.line", ["seconds": String(step.afterSeconds)]),
                    "who": (step.roles.map { call.word("role.\($0.rawValue)") } + step.people.compactMap { names[$0] })
                        .joined(separator: separator),
                    "how": step.channels.map { call.word("js.channel.\($0.rawValue)") }.joined(separator: separator),
                ]
            },
        ]
    }

    private func form(
        _ call: Call, _ known: ID<StoredPolicy>?, _ draft: PolicyDraft, errors: [String: String]
    ) async throws -> Answer {
        let people = try await database.read { db in
            try Self.deskRoles.flatMap { try StaffDirectory.onDuty(role: $0, area: nil, in: db) }
        }
        var seen: Set<StaffID> = []
        let choices = people.filter { seen.insert($0.id).inserted }
        let steps = draft.policy.steps
        return try call.page(
            "escalation-edit", title: known == nil ? call.word("notify.policy.new") : draft.title,
            [
                "action": known.map { "/escalation/\($0)" } ?? "/escalation/new", "errors": errors,
                "values": [
                    "title": draft.title, "hours": Self.hours(draft.policy.scope),
                    "repeatSeconds": String(draft.policy.repeatSeconds),
                ],
                "isActive": draft.isActive ?? true,
                "kinds": Self.kinds.map {
                    ["value": $0, "label": call.word("notify.policy.kind.\($0)"), "selected": $0 == draft.policy.name]
                        as [String: Any]
                },
                "areas": areas().map {
                    ["value": $0.id.description, "label": $0.name, "selected": $0.id == draft.policy.scope.area]
                        as [String: Any]
                },
                "steps": (0..<EscalationPolicy.mostSteps).map { index -> [String: Any] in
                    let step = index < steps.count ? steps[index] : nil
                    let flaw = ["after", "who", "channels"].compactMap { errors["\($0)-\(index)"] }.first
                    return [
                        "index": String(index), "title": call.word("notify.policy.step", ["n": String(index + 1)]),
                        "after": step.map { String($0.afterSeconds) } ?? "", "hasFlaw": flaw != nil, "flaw": flaw ?? "",
                        "roles": Self.deskRoles.map {
                            [
                                "value": $0.rawValue, "label": call.word("role.\($0.rawValue)"),
                                "checked": step?.roles.contains($0) ?? false,
                            ] as [String: Any]
                        },
                        "channels": Channel.allCases.map {
                            [
                                "value": $0.rawValue, "label": call.word("js.channel.\($0.rawValue)"),
                                "checked": step?.channels.contains($0) ?? false,
                            ] as [String: Any]
                        },
                        "people": choices.map {
                            [
                                "value": $0.id.description, "label": $0.name,
                                "selected": step?.people.contains($0.id) ?? false,
                            ] as [String: Any]
                        },
                    ]
                },
            ], status: errors.isEmpty ? 200 : 422)
    }
}
