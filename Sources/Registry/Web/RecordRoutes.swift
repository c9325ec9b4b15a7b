import Kernel
import Storage
import Web

/// `/api/v1/records/{category}/{id}`: reading, making, changing, opening, history.
struct RecordRoutes {
    let desk: RegistryDesk

    func add(to routes: inout Routes) {
        routes.get(
            "/api/v1/records/{category}/{id}", .needs(.registryRead), "A record, masked for the caller",
            shapes: Shapes(gives: RecordView.shape)
        ) { call in
            let category = try desk.category(call)
            let caller = try call.signedIn()
            let id: RecordID = try call.id()
            let view = try await view(id, category, call)
            try await call.database.write { db in
                try desk.note("record.read", "records/\(category.key)/\(id)", by: caller, in: db)
            }
            return try .json(view)
        }
        routes.get(
            "/api/v1/records/{category}/{id}/history", .needs(.registryRead), "Changes of the fields the caller sees"
        ) { call in try await history(call) }
        routes.post(
            "/api/v1/records/{category}", .needs(.registryWrite), "Makes a record: {values}",
            shapes: Shapes(takes: .object(["values": .anything], required: ["values"]), gives: RecordView.shape)
        ) { call in try await create(call) }
        routes.patch(
            "/api/v1/records/{category}/{id}", .needs(.registryWrite),
            "Changes fields: {version, values}; 409 with both sides where somebody else changed the same field",
            shapes: Shapes(
                takes: .object(["version": .integer, "values": .anything], required: ["version", "values"]))
        ) { call in try await change(call) }
        routes.post(
            "/api/v1/records/{category}/{id}/unmask", .needs(.registryUnmask),
            "Opens a record to the caller for ten minutes: {purpose, caseNumber}",
            shapes: Shapes(takes: .object(["purpose": .text, "caseNumber": .text], required: ["purpose"]))
        ) { call in
            struct Body: Decodable {
                var purpose: String
                var caseNumber: String?
            }
            let category = try desk.category(call)
            let id: RecordID = try call.id()
            let body: Body = try call.json()
            try await Unmasking(desk: desk).open(
                id, category, call, purpose: body.purpose, caseNumber: body.caseNumber ?? "")
            return try .json(try await view(id, category, call))
        }
    }

    private func view(_ id: RecordID, _ category: Category, _ call: Call) async throws -> RecordView {
        let areas = desk.areas
        return try await call.database.read { db in
            RecordView(try desk.judged(id, category, try desk.viewer(call, in: db), in: db), areas)
        }
    }

    private struct Change: Encodable, Sendable {
        var field: String
        var old: String
        var new: String
        var by: String
        var source: String
        var at: String
    }

    private func history(_ call: Call) async throws -> Answer {
        let category = try desk.category(call)
        let id: RecordID = try call.id()
        let changes = try await call.database.read { db -> [Change] in
            let record = try desk.judged(id, category, try desk.viewer(call, in: db), in: db)
            return try RecordStore.history(of: id, limit: 500, in: db).compactMap { change in
                guard let value = record.values.first(where: { $0.field.key == change.field }) else { return nil }
                func shown(_ text: String) -> String {
                    value.sight == .plain ? text : Mask.apply(text, to: value.field)
                }
                return Change(
                    field: change.field, old: shown(change.old), new: shown(change.new), by: change.by,
                    source: change.source.rawValue, at: change.at.rfc3339)
            }
        }
        return try .list(changes, next: nil)
    }

    private func create(_ call: Call) async throws -> Answer {
        struct Body: Decodable { var values: [String: String] }
        let category = try desk.category(call)
        let caller = try call.signedIn()
        let values = (try call.json(Body.self)).values
        let now = Instant.now
        let areas = desk.areas
        let view = try await call.once { db in
            let viewer = Viewer(caller, areas)
            let editing = RecordEditing(
                desk: desk, category: category, viewer: viewer, hand: caller.hand(.department, at: now))
            let id = try editing.create(values, in: db)
            try desk.note("record.create", "records/\(category.key)/\(id)", by: caller, at: now, in: db)
            return RecordView(try desk.judged(id, category, viewer, in: db), areas)
        }
        return try .json(view, status: 201)
    }

    private struct ConflictAnswer: Encodable {
        var type = "urn:zhili:problem:registry.conflict"
        var title: String
        var status = 409
        var code = "registry.conflict"
        var version: Int64
        var conflicts: [Conflict]
    }

    private func change(_ call: Call) async throws -> Answer {
        struct Body: Decodable {
            var version: Int64
            var values: [String: String]
        }
        let category = try desk.category(call)
        let caller = try call.signedIn()
        let id: RecordID = try call.id()
        let body: Body = try call.json()
        let (base, sent, now) = (body.version, body.values, Instant.now)
        let outcome = try await call.database.write { db in
            let editing = RecordEditing(
                desk: desk, category: category, viewer: try desk.viewer(call, in: db),
                hand: caller.hand(.department, at: now))
            let outcome = try editing.change(id, base: base, sent: sent, in: db)
            if case .saved = outcome {
                try desk.note("record.change", "records/\(category.key)/\(id)", by: caller, at: now, in: db)
            }
            return outcome
        }
        if case .conflict(let conflicts, let version, _) = outcome {
            return try .json(
                ConflictAnswer(
                    title: call.word("problem.registry.conflict"), version: version, conflicts: conflicts),
                status: 409)
        }
        return try .json(try await view(id, category, call))
    }
}
