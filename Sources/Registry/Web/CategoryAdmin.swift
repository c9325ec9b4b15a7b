import Foundation
import Kernel
import Storage
import Web

/// `/registry/categories`: what is kept about what, changed in the browser; every version stays and can come back.
struct CategoryAdmin {
    let desk: RegistryDesk

    func add(to routes: inout Routes) {
        routes.get("/registry/categories", .needs(.registryManage), "The categories' declarations") { call in
            try call.page(
                "registry-categories", title: call.word("registry.manage"),
                [
                    "items": desk.book.all.map { category -> [String: Any] in
                        [
                            "key": category.key, "name": category.name.text(call.language),
                            "class": call.word("registry.class.\(category.class.rawValue)"),
                            "owner": category.owner.text(call.language), "fields": String(category.fields.count),
                            "retention": String(category.retentionDays), "verify": String(category.verifyDays),
                            "version": String(desk.book.version(of: category.key)),
                        ]
                    }
                ])
        }
        routes.get("/registry/categories/{category}", .needs(.registryManage), "A declaration and its versions") {
            call in try await page(call)
        }
        routes.post(
            "/registry/categories/{category}", .needs(.registryManage),
            "Change a declaration, checked against the records", bodyLimit: 400_000
        ) { call in try await change(call) }
    }

    private func page(
        _ call: Call, text: String? = nil, flaws: [String: String] = [:], breaks: [String: Int] = [:],
        status: Int = 200
    ) async throws -> Answer {
        let key = try call.param("category")
        guard let category = desk.book[key] else { throw Problem.notFound }
        let versions = try await call.database.read { db in try CategoryStore.versions(of: key, in: db) }
        let shown = call.query("version").flatMap { Int64($0) }
        let declared = versions.first { $0.version == shown }?.category ?? category
        return try call.page(
            "registry-category", title: category.name.text(call.language),
            [
                "key": key, "declaration": try text ?? Self.text(declared),
                "fields": declared.fields.map { field -> [String: Any] in
                    [
                        "key": field.key, "name": field.name.text(call.language), "type": field.type.rawValue,
                        "guard": call.word("registry.guard.\(field.guard.rawValue)"),
                        "plain": field.see.plain.map { call.word("role.\($0.rawValue)") }.joined(separator: "、"),
                        "masked": field.see.masked.map { call.word("role.\($0.rawValue)") }.joined(separator: "、"),
                    ]
                },
                "flaws": flaws.sorted { $0.key < $1.key }.map {
                    ["place": $0.key, "why": call.word("registry.declaration.\($0.value)")]
                },
                "breaks": breaks.sorted { $0.key < $1.key }.map {
                    ["field": category.field($0.key)?.name.text(call.language) ?? $0.key, "count": String($0.value)]
                },
                "versions": versions.map { row -> [String: Any] in
                    [
                        "version": String(row.version), "at": row.at.text, "by": row.by, "reason": row.reason,
                        "isShown": row.version == shown ?? desk.book.version(of: key),
                    ]
                },
            ], status: status)
    }

    private static func text(_ category: Category) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(category), as: UTF8.self)
    }

    private func change(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let key = try call.param("category")
        guard desk.book[key] != nil else { throw Problem.notFound }
        let text = call.form["declaration"] ?? ""
        var check = FieldCheck()
        let reason = check.text(call.form["reason"], "reason", 2...200)
        try check.finish()
        guard let new = try? StoredJSON.decode(Category.self, text) else {
            return try await page(call, text: text, flaws: ["JSON": "json"], status: 422)
        }
        var flaws = DeclarationCheck.flaws(new)
        if new.key != key { flaws["key"] = "key" }
        guard flaws.isEmpty else { return try await page(call, text: text, flaws: flaws, status: 422) }
        let breaks = try await call.database.read { db in try Self.breaks(new, in: db) }
        guard breaks.isEmpty else { return try await page(call, text: text, breaks: breaks, status: 422) }
        let now = Instant.now
        let current = try await call.database.write { db in
            try CategoryStore.save(new, by: caller.name, reason: reason, at: now, in: db)
            try RecordWriter.touch(db)
            try desk.note("category.change", "categories/\(key)", by: caller, purpose: reason, at: now, in: db)
            return try CategoryStore.current(in: db)
        }
        desk.book.replace(current)
        return .redirect(to: "/registry/categories/\(key)?done=saved")
    }

    /// How many records hold a value that the new declaration would not take, or a value of a field that is gone.
    static func breaks(_ new: Category, in db: any Reading) throws -> [String: Int] {
        var breaks: [String: Int] = [:]
        let fields = Dictionary(new.fields.map { ($0.key, $0) }) { first, _ in first }
        try db.scan("SELECT data FROM registry_record WHERE category = \(new.key)") { row in
            for (key, value) in FieldValues(json: try row.next()).all {
                guard let field = fields[key] else {
                    breaks[key, default: 0] += 1
                    continue
                }
                if (try? Validation.value(.text(value), of: field)) != value { breaks[key, default: 0] += 1 }
            }
            return true
        }
        return breaks
    }
}
