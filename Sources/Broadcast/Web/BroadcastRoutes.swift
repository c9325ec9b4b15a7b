import CAP
import Cases
import Foundation
import Kernel
import Storage
import Web

/// `/api/v1/broadcasts`.
struct BroadcastRoutes {
    let desk: BroadcastDesk

    func add(to routes: inout Routes) {
        routes.get(
            "/api/v1/broadcasts", .needs(.broadcastRead), "What the town says, newest first",
            shapes: Shapes(
                query: [("state", "draft, issued or ended"), ("before", "the last id seen"), ("limit", "1…500")],
                gives: .page(of: BroadcastView.shape))
        ) { call in
            let (found, more) = try await Self.page(call)
            let now = Instant.now
            return try .list(
                found.map { BroadcastView($0, at: now) },
                next: more ? found.last.map { Self.next("/api/v1/broadcasts", call, after: $0.id) } : nil)
        }
        routes.get(
            "/api/v1/broadcasts/{id}", .needs(.broadcastRead), "One broadcast",
            shapes: Shapes(gives: BroadcastView.shape)
        ) { call in
            let id: ID<Broadcast> = try call.id()
            let one = try await call.database.read { db in try BroadcastStore.find(id, in: db) }
            guard let one else { throw Problem.notFound }
            return try .json(BroadcastView(one, at: .now))
        }
        routes.post(
            "/api/v1/broadcasts", .needs(.broadcastWrite), "Write a broadcast; it is a draft until it is issued",
            shapes: Shapes(takes: BroadcastDraft.shape, gives: BroadcastView.shape)
        ) { call in
            let caller = try call.signedIn()
            let draft: BroadcastDraft = try call.json()
            let content = try draft.content(known: desk.areas())
            let view = try await call.once { db in
                BroadcastView(try write(content, by: caller, at: .now, in: db), at: .now)
            }
            return try .json(view, status: 201)
        }
        routes.post("/api/v1/broadcasts/{id}/issue", .needs(.broadcastWrite), "Issue a draft") { call in
            try await issue(call)
            return .nothing
        }
        routes.delete("/api/v1/broadcasts/{id}", .needs(.broadcastWrite), "Throw a draft away") { call in
            try await discard(call)
            return .nothing
        }
        routes.post(
            "/api/v1/broadcasts/{id}/cancel", .needs(.broadcastWrite), "Cancel what is in force, with a reason",
            shapes: Shapes(takes: .object(["reason": .text], required: ["reason"]))
        ) { call in
            let body: [String: String] = try call.json()
            return try .json(["id": try await cancel(call, reason: body["reason"]).description], status: 201)
        }
        routes.get(
            "/api/v1/alerts-received", .needs(.broadcastRead), "What other centres said, newest first",
            shapes: Shapes(query: [("before", "the last id seen"), ("limit", "1…500")])
        ) { call in
            let (before, limit) = (call.query("before").flatMap { ID<ReceivedAlert>($0) }, call.limit)
            let found = try await call.database.read { db in
                try ReceivedStore.page(before: before, limit: limit + 1, in: db)
            }
            let shown = found.prefix(limit)
            return try .list(
                shown.map(ReceivedView.init),
                next: found.count > limit
                    ? shown.last.map { "/api/v1/alerts-received?before=\($0.id)&limit=\(limit)" } : nil)
        }
    }

    func write(_ content: Broadcast.Content, by caller: Caller, at now: Instant, in db: any Writing) throws -> Broadcast
    {
        if let caseID = content.caseID, try desk.cases.record(caseID, in: db) == nil {
            throw Problem.invalid(["caseId": "unknown"])
        }
        let one = Broadcast(
            id: .next(), identifier: nil, kind: .alert, earlier: nil, content: content, createdAt: now,
            createdBy: caller.id, createdName: caller.name, issuedAt: nil, issuedBy: nil, issuedName: "",
            endedAt: nil)
        try BroadcastStore.insert(one, in: db)
        try desk.record("broadcast.write", one.id, caller, at: now, in: db)
        return one
    }

    func issue(_ call: Call) async throws {
        let caller = try call.signedIn()
        let id: ID<Broadcast> = try call.id()
        try await call.database.write { db in try desk.issue(id, by: caller, at: .now, in: db) }
    }

    func discard(_ call: Call) async throws {
        let caller = try call.signedIn()
        let id: ID<Broadcast> = try call.id()
        try await call.database.write { db in
            guard let one = try BroadcastStore.find(id, in: db) else { throw Problem.notFound }
            guard one.issuedAt == nil else { throw Problem.conflict("broadcast.issued-already") }
            try BroadcastStore.remove(draft: id, in: db)
            try desk.record("broadcast.discard", id, caller, at: .now, in: db)
        }
    }

    func cancel(_ call: Call, reason: String?) async throws -> ID<Broadcast> {
        let caller = try call.signedIn()
        let id: ID<Broadcast> = try call.id()
        var check = FieldCheck()
        let reason = check.text(reason, "reason", 1...500)
        try check.finish()
        return try await call.database.write { db in
            try desk.cancel(id, reason: reason, by: caller, at: .now, in: db)
        }
    }

    static func page(_ call: Call) async throws -> (found: [Broadcast], more: Bool) {
        let state = call.query("state").flatMap(Broadcast.State.init(rawValue:))
        let (before, limit, now) = (call.query("before").flatMap { ID<Broadcast>($0) }, call.limit, Instant.now)
        let found = try await call.database.read { db in
            try BroadcastStore.page(state: state, before: before, at: now, limit: limit + 1, in: db)
        }
        return (Array(found.prefix(limit)), found.count > limit)
    }

    static func next(_ path: String, _ call: Call, after id: ID<Broadcast>) -> String {
        let state = call.query("state").flatMap(Broadcast.State.init(rawValue:)).map { "&state=\($0.rawValue)" } ?? ""
        return "\(path)?limit=\(call.limit)\(state)&before=\(id)"
    }
}

/// Another centre's alert as the API shows it.
struct ReceivedView: Encodable {
    var id: String
    var sender: String
    var identifier: String
    var sent: String
    var status: String
    var type: String
    var severity: String
    var event: String
    var headline: String
    var caseId: CaseID?
    var receivedAt: String

    init(_ one: ReceivedAlert) {
        id = one.id.description
        sender = one.sender
        identifier = one.identifier
        sent = one.sent.rfc3339
        status = one.status
        type = one.kind
        severity = one.severity
        event = one.event
        headline = one.headline
        caseId = one.caseID
        receivedAt = one.receivedAt.rfc3339
    }
}
