import CAP
import Foundation
import Kernel
import Office
import Storage
import Web

/// `/broadcasts`: what the town says and hears, the form, and one broadcast.
struct BroadcastPages {
    let desk: BroadcastDesk
    let writer: BroadcastRoutes

    func add(to routes: inout Routes) {
        routes.get("/broadcasts", .needs(.broadcastRead), "What the town says and hears") { call in
            try await list(call)
        }
        routes.get("/broadcasts.xlsx", .needs(.broadcastRead), "What the town says, as a workbook") { call in
            try await export(call)
        }
        routes.get("/broadcasts/new", .needs(.broadcastWrite), "The form for a broadcast") { call in
            try form(call, values: ["caseId": call.query("case") ?? "", "hours": "6"], chosen: [], errors: [:])
        }
        routes.post("/broadcasts/new", .needs(.broadcastWrite), "Write a broadcast") { call in try await save(call) }
        routes.get("/broadcasts/{id}", .needs(.broadcastRead), "One broadcast") { call in try await show(call) }
        routes.post("/broadcasts/{id}/issue", .needs(.broadcastWrite), "Issue a draft") { call in
            try await writer.issue(call)
            return .redirect(to: "/broadcasts/\(try call.param("id"))?done=saved")
        }
        routes.post("/broadcasts/{id}/cancel", .needs(.broadcastWrite), "Cancel what is in force") { call in
            let id = try await writer.cancel(call, reason: call.form["reason"])
            return .redirect(to: "/broadcasts/\(id)?done=saved")
        }
        routes.post("/broadcasts/{id}/discard", .needs(.broadcastWrite), "Throw a draft away") { call in
            try await writer.discard(call)
            return .redirect(to: "/broadcasts?done=saved")
        }
        routes.get("/broadcasts/received/{id}", .needs(.broadcastRead), "Another centre's alert as it came") { call in
            let id: ID<ReceivedAlert> = try call.id()
            guard let text = try await call.database.read({ db in try ReceivedStore.document(id, in: db) }) else {
                throw Problem.notFound
            }
            return .text(text)
        }
    }

    private func list(_ call: Call) async throws -> Answer {
        let (found, more) = try await BroadcastRoutes.page(call)
        let received = try await call.database.read { db in try ReceivedStore.page(before: nil, limit: 50, in: db) }
        let now = Instant.now
        let caller = try call.signedIn()
        let state = call.query("state")
        var context: [String: Any] = [
            "items": found.map { row($0, call, at: now) },
            "states": Broadcast.State.allCases.map {
                [
                    "value": $0.rawValue, "label": call.word("broadcast.state.\($0.rawValue)"),
                    "selected": state == $0.rawValue,
                ] as [String: Any]
            },
            "received": received.map { one -> [String: Any] in
                [
                    "id": one.id.description, "headline": one.headline.isEmpty ? one.event : one.headline,
                    "sender": one.sender, "sentText": one.sent.text,
                    "status": call.word("broadcast.status.\(one.status)"),
                    "severity": one.severity.isEmpty ? "" : call.word("broadcast.severity.\(one.severity)"),
                    "tint": Self.tint(Info.Severity(rawValue: one.severity) ?? .unknown),
                    "caseId": one.caseID?.description ?? "", "hasCase": one.caseID != nil,
                ]
            },
            "canWrite": caller.may(.broadcastWrite), "export": "/broadcasts.xlsx?" + call.kept(["state"]),
        ]
        if more, let last = found.last { context["next"] = BroadcastRoutes.next("/broadcasts", call, after: last.id) }
        return try call.page("broadcast-list", title: call.word("broadcast.title"), context)
    }

    private func export(_ call: Call) async throws -> Answer {
        let state = call.query("state").flatMap(Broadcast.State.init(rawValue:))
        let (database, now) = (call.database, Instant.now)
        let columns = ["headline", "event", "areas", "severity", "state", "status", "at", "by"]
        let titles = columns.map { call.word("broadcast.column.\($0)") }
        let book = try Workbook(sheet: "Zhili", columns: titles.enumerated().map { ($1, $0 == 0 ? 40 : 20) })
        try await book.addPages { (last: Broadcast?) in
            try await database.read { db in
                try BroadcastStore.page(state: state, before: last?.id, at: now, limit: 500, in: db)
            }
        } cells: { one in
            [
                .text(one.content.headline), .text(one.content.event), .text(names(one.content.areas, call)),
                .text(call.word("broadcast.severity.\(one.content.severity.rawValue)")),
                .text(call.word("broadcast.state.\(one.state(at: now).rawValue)")),
                .text(call.word("broadcast.status.\(one.content.status.rawValue)")),
                .moment((one.issuedAt ?? one.createdAt).ms),
                .text(one.issuedAt == nil ? one.createdName : one.issuedName),
            ]
        }
        return .bytes(try book.bytes(), type: Workbook.type, name: call.word("broadcast.title") + ".xlsx")
    }

    private func row(_ one: Broadcast, _ call: Call, at now: Instant) -> [String: Any] {
        let state = one.state(at: now)
        return [
            "id": one.id.description, "headline": one.content.headline, "event": one.content.event,
            "state": call.word("broadcast.state.\(state.rawValue)"),
            "stateTint": state == .issued ? "ok" : state == .draft ? "warn" : "",
            "status": call.word("broadcast.status.\(one.content.status.rawValue)"),
            "isActual": one.content.status == .actual, "isCancel": one.kind == .cancel,
            "scope": call.word("broadcast.scope.\(one.content.scope.rawValue)"),
            "severity": call.word("broadcast.severity.\(one.content.severity.rawValue)"),
            "tint": Self.tint(one.content.severity), "areas": names(one.content.areas, call),
            "at": (one.issuedAt ?? one.createdAt).text, "by": one.issuedAt == nil ? one.createdName : one.issuedName,
        ]
    }

    private func names(_ ids: [AreaID], _ call: Call) -> String {
        if ids.isEmpty { return call.word("broadcast.wholeTown") }
        let known = desk.areas().filter { ids.contains($0.id) }.map(\.name)
        let shown = known.prefix(4).joined(separator: call.word("broadcast.listMark"))
        return known.count > 4 ? call.word("broadcast.andMore", ["names": shown, "count": "\(known.count)"]) : shown
    }

    /// Red, orange, yellow and blue as warnings have them; the word always stands beside.
    private static func tint(_ severity: Info.Severity) -> String {
        switch severity {
        case .extreme: "solid"
        case .severe: "bad"
        case .moderate: "warn"
        case .minor: "info"
        case .unknown: ""
        }
    }

    private func show(_ call: Call) async throws -> Answer {
        let id: ID<Broadcast> = try call.id()
        let now = Instant.now
        let (one, alert) = try await call.database.read { db in
            guard let one = try BroadcastStore.find(id, in: db) else { throw Problem.notFound }
            return (one, try desk.alert(one, at: now, in: db))
        }
        let caller = try call.signedIn()
        let state = one.state(at: now)
        let faults = AlertRules.faults(alert)
        var context = row(one, call, at: now)
        let isForOthers = one.content.status == .actual && !caller.may(.broadcastActual)
        context.merge(
            [
                "text": one.content.text, "instruction": one.content.instruction,
                "category": call.word("broadcast.category.\(one.content.category.rawValue)"),
                "urgency": call.word("broadcast.urgency.\(one.content.urgency.rawValue)"),
                "certainty": call.word("broadcast.certainty.\(one.content.certainty.rawValue)"),
                "identifier": one.identifier ?? "", "document": AlertWriter.document(alert),
                "expires": one.expiresAt?.text ?? call.word("broadcast.hoursFromIssue", ["n": "\(one.content.hours)"]),
                "created": "\(one.createdName) \(one.createdAt.text)",
                "issued": one.issuedAt.map { "\(one.issuedName) \($0.text)" } ?? "",
                "caseId": one.content.caseID?.description ?? "", "hasCase": one.content.caseID != nil,
                "earlier": one.earlier?.description ?? "", "hasEarlier": one.earlier != nil,
                "faults": faults.map(\.description), "hasFaults": !faults.isEmpty,
                "isDraft": state == .draft, "isIssued": one.issuedAt != nil,
                "canIssue": state == .draft && caller.may(.broadcastWrite) && !isForOthers && faults.isEmpty,
                "needsLeader": state == .draft && isForOthers,
                "canDiscard": state == .draft && caller.may(.broadcastWrite),
                "canCancel": state == .issued && one.kind != .cancel && caller.may(.broadcastWrite)
                    && !isForOthers,
            ], uniquingKeysWith: { $1 })
        return try call.page("broadcast", title: one.content.headline, context)
    }

    private func form(_ call: Call, values: [String: String], chosen: Set<String>, errors: [String: String]) throws
        -> Answer
    {
        func choices(_ name: String, _ all: [String], usual: String) -> [[String: Any]] {
            let current = values[name] ?? usual
            return all.map {
                ["value": $0, "label": call.word("broadcast.\(name).\($0)"), "selected": current == $0]
            }
        }
        return try call.page(
            "broadcast-edit", title: call.word("broadcast.new"),
            [
                "values": values, "errors": errors.mapValues { call.word("problem.field.\($0)") },
                "statuses": choices("status", ["Exercise", "Test", "Actual"], usual: "Exercise"),
                "scopes": choices(
                    "scope", desk.centre().mayWarnPublic ? ["Restricted", "Public"] : ["Restricted"],
                    usual: "Restricted"),
                "categories": choices("category", Info.Category.allCases.map(\.rawValue), usual: "Safety"),
                "severities": choices("severity", Info.Severity.allCases.map(\.rawValue), usual: "Moderate"),
                "urgencies": choices("urgency", Info.Urgency.allCases.map(\.rawValue), usual: "Expected"),
                "certainties": choices("certainty", Info.Certainty.allCases.map(\.rawValue), usual: "Likely"),
                "areas": desk.areas().filter { !$0.isTown }.map {
                    ["id": $0.id.description, "name": $0.name, "selected": chosen.contains($0.id.description)]
                        as [String: Any]
                },
            ], status: errors.isEmpty ? 200 : 422)
    }

    private func save(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let draft = BroadcastDraft(call.form)
        do {
            let content = try draft.content(known: desk.areas())
            let one = try await call.database.write { db in
                try writer.write(content, by: caller, at: .now, in: db)
            }
            return .redirect(to: "/broadcasts/\(one.id)?done=saved")
        } catch let problem as Problem where problem.status == 422 && !problem.fields.isEmpty {
            return try form(
                call, values: call.form.values, chosen: Set(draft.areas ?? []), errors: problem.fields)
        }
    }
}
