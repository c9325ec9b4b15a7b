import Kernel
import Storage
import Web

/// `/api/v1/categories/…` for administrators: declarations, looked at, checked, made, changed.
struct CategoryRoutes {
    let desk: RegistryDesk

    /// Bytes of a declaration with what is said about it.
    private static let bodyLimit = 400_000

    func add(to routes: inout Routes) {
        let takes = Shape.object(
            ["declaration": .anything, "reason": .text, "version": .integer], required: ["declaration", "reason"])
        routes.get(
            "/api/v1/categories/{category}/declaration", .needs(.registryManage),
            "A category's whole declaration: the one that holds, or an older version",
            shapes: Shapes(query: [("version", "an older version's number")])
        ) { call in try await declaration(call) }
        routes.post(
            "/api/v1/categories/check", .needs(.registryManage),
            "What is wrong with a declaration, and what of the records speaks against it; stores nothing",
            bodyLimit: Self.bodyLimit,
            shapes: Shapes(takes: .object(["declaration": .anything], required: ["declaration"]))
        ) { call in
            struct Body: Decodable { var declaration: Category }
            let body: Body = try call.json()
            let change = CategoryChange(new: body.declaration, old: desk.book[body.declaration.key])
            return try .json(try await verdict(change, call))
        }
        routes.post(
            "/api/v1/categories", .needs(.registryManage), "Adds a category: {declaration, reason}",
            bodyLimit: Self.bodyLimit, shapes: Shapes(takes: takes)
        ) { call in try await save(call, key: nil) }
        routes.put(
            "/api/v1/categories/{category}", .needs(.registryManage),
            "Changes a category: {declaration, reason, version}; 409 where somebody else was faster",
            bodyLimit: Self.bodyLimit, shapes: Shapes(takes: takes)
        ) { call in try await save(call, key: try call.param("category")) }
    }

    private struct Declared: Encodable, Sendable {
        var version: Int64
        var declaration: Category
        var at: String
        var by: String
        var reason: String
    }

    private func declaration(_ call: Call) async throws -> Answer {
        let key = try call.param("category")
        guard desk.book[key] != nil else { throw Problem.notFound }
        let versions = try await call.database.read { db in try CategoryStore.versions(of: key, in: db) }
        let wanted = call.query("version").flatMap { Int64($0) } ?? versions.first?.version
        guard let row = versions.first(where: { $0.version == wanted }) else { throw Problem.notFound }
        return try .json(
            Declared(
                version: row.version, declaration: row.category, at: row.at.rfc3339, by: row.by, reason: row.reason))
    }

    /// What a check says, for a script and for people.
    struct Verdict: Encodable, Sendable {
        struct Line: Encodable, Sendable {
            /// A name of the category's own, or `fields.` and a field's name.
            var place: String
            var text: String
        }
        /// Whether it can be saved.
        var holds: Bool
        var records: Int
        var flaws: [Line]
        /// Records that must be put right first.
        var clashes: [Line]
        /// Records that will stand out afterwards.
        var warnings: [Line]
        var changes: [Line]
        /// Whether search words and due dates are made anew.
        var derives: Bool
    }

    private func verdict(_ change: CategoryChange, _ call: Call) async throws -> Verdict {
        let flaws = change.flaws.sorted { $0.key < $1.key }.map {
            Verdict.Line(place: $0.key, text: call.word("registry.declaration.\($0.value)"))
        }
        // Rules and patterns that are no rules are not tried on records.
        let (records, findings) =
            flaws.isEmpty && change.old != nil
            ? try await call.database.read { db in try change.findings(today: Instant.now.dayNumber, in: db) }
            : (0, [])
        func line(_ finding: CategoryChange.Finding) -> Verdict.Line {
            let isWhole = finding.clash == .same || finding.clash == .rule
            let field = change.new.field(finding.place) ?? change.old?.field(finding.place)
            return Verdict.Line(
                place: isWhole ? finding.place : "fields.\(finding.place)",
                text: call.word(
                    "registry.clash.\(finding.clash.rawValue)",
                    ["field": field?.name.text(call.language) ?? finding.place, "n": String(finding.count)]))
        }
        let refused = findings.filter(\.clash.isRefused)
        return Verdict(
            holds: flaws.isEmpty && refused.isEmpty, records: records, flaws: flaws, clashes: refused.map(line),
            warnings: findings.filter { !$0.clash.isRefused }.map(line),
            changes: try change.differences().map { difference in
                let names = difference.properties.map { call.word(ifKnown: "registry.editor.\($0)") ?? $0 }
                let separator = call.language == .zh ? "、" : ", "
                return Verdict.Line(
                    place: difference.field.map { "fields.\($0.key)" } ?? "category",
                    text: call.word(
                        "registry.difference.\(difference.kind.rawValue)",
                        [
                            "what": difference.field?.name.text(call.language) ?? call.word("registry.category"),
                            "properties": names.joined(separator: separator),
                        ]))
            }, derives: change.derives)
    }

    private func save(_ call: Call, key: String?) async throws -> Answer {
        struct Body: Decodable {
            var declaration: Category
            var reason: String
            var version: Int64?
        }
        let caller = try call.signedIn()
        let body: Body = try call.json()
        var check = FieldCheck()
        let reason = check.text(body.reason, "reason", 2...200)
        let old = desk.book[key ?? body.declaration.key]
        if let key {
            guard old != nil else { throw Problem.notFound }
            check.expect(body.declaration.key == key, "key", "unknown")
            check.expect(body.version != nil, "version", "required")
        } else {
            check.expect(old == nil, "key", "taken")
        }
        try check.finish()
        let change = CategoryChange(new: body.declaration, old: old)
        let verdict = try await verdict(change, call)
        guard verdict.holds else { return try .json(verdict, status: 422) }
        let (now, base) = (Instant.now, key == nil ? 0 : body.version ?? 0)
        let rows = try await call.database.write { db in
            try change.save(base: base, by: caller.name, reason: reason, at: now, in: db)
            try desk.note(
                key == nil ? "category.add" : "category.change", "categories/\(change.new.key)", by: caller,
                purpose: reason, at: now, in: db)
            return try CategoryStore.current(in: db)
        }
        desk.book.replace(rows)
        return try .json(
            ["id": change.new.key, "version": String(desk.book.version(of: change.new.key))],
            status: key == nil ? 201 : 200)
    }
}
