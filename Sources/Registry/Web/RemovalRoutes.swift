import Kernel
import Storage
import Web

/// Categories that go and come back.
struct RemovalRoutes {
    let desk: RegistryDesk

    func add(to routes: inout Routes) {
        routes.post("/registry/categories/{category}/remove", .needs(.registryManage), "Remove a category") { call in
            let form = call.form
            let outcome = try await remove(call, reason: form["reason"])
            return .redirect(
                to: outcome == .removed
                    ? "/registry/categories?done=registry.decided"
                    : "/registry/categories/\(try call.param("category"))?done=registry.proposed")
        }
        routes.post("/registry/categories/{category}/restore", .needs(.registryManage), "Bring a category back") {
            call in
            _ = try await restore(call)
            return .redirect(to: "/registry/categories?done=registry.decided")
        }
        routes.post(
            "/api/v1/categories/{category}/removal", .needs(.registryManage),
            "Removes a category without records; one with records goes when another person agrees: {reason}",
            shapes: Shapes(
                takes: .object(["reason": .text], required: ["reason"]),
                gives: .object(["isRemoved": .flag, "records": .integer], required: ["isRemoved", "records"]))
        ) { call in
            struct Body: Decodable { var reason: String }
            struct View: Encodable {
                var isRemoved: Bool
                var records: Int64
            }
            let body: Body = try call.json()
            switch try await remove(call, reason: body.reason) {
            case .removed: return try .json(View(isRemoved: true, records: 0))
            case .proposed(let records): return try .json(View(isRemoved: false, records: records))
            }
        }
        routes.post(
            "/api/v1/categories/{category}/restore", .needs(.registryManage),
            "Brings a removed category back as its newest version says, without records",
            shapes: Shapes(gives: .object(["version": .integer], required: ["version"]))
        ) { call in
            struct View: Encodable { var version: Int64 }
            return try .json(View(version: try await restore(call)))
        }
        let shape = Shape.object(
            ["category": .text, "name": .text, "version": .integer, "isGoing": .flag],
            required: ["category", "name", "version", "isGoing"])
        routes.get(
            "/api/v1/categories/removed", .needs(.registryManage), "Categories that were removed",
            shapes: Shapes(gives: .page(of: shape))
        ) { call in try .list(try await removed(call), next: nil) }
    }

    /// A category that was removed.
    struct Removed: Encodable, Sendable {
        var category: String
        var name: String
        var version: Int64
        /// Whether its records are still being deleted.
        var isGoing: Bool
    }

    func removed(_ call: Call) async throws -> [Removed] {
        let language = call.language
        return try await call.database.read { db in
            try CategoryStore.removed(in: db).map { row in
                Removed(
                    category: row.category.key, name: row.category.name.text(language), version: row.version,
                    isGoing: try CategoryRemoval.isRunning(row.category.key, in: db))
            }
        }
    }

    private func remove(_ call: Call, reason: String?) async throws -> CategoryRemoval.Outcome {
        let caller = try call.signedIn()
        guard let category = desk.book[try call.param("category")] else { throw Problem.notFound }
        var check = FieldCheck()
        let reason = check.text(reason, "reason", 2...200)
        try check.finish()
        let now = Instant.now
        let outcome = try await call.database.write { db in
            let outcome = try CategoryRemoval.remove(
                category, reason: reason, by: caller.hand(.department, at: now), in: db)
            try desk.note(
                outcome == .removed ? "category.remove" : "category.propose-removal", "categories/\(category.key)",
                by: caller, purpose: reason, at: now, in: db)
            return outcome
        }
        try await desk.readBook()
        return outcome
    }

    private func restore(_ call: Call) async throws -> Int64 {
        let caller = try call.signedIn()
        let (key, now, why) = (try call.param("category"), Instant.now, call.word("registry.restoreCategory"))
        let version = try await call.database.write { db in
            let version = try CategoryRemoval.restore(key, by: caller.name, reason: why, at: now, in: db)
            try desk.note("category.restore", "categories/\(key)", by: caller, at: now, in: db)
            return version
        }
        try await desk.readBook()
        return version
    }
}
