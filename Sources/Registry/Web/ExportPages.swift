import Kernel
import Storage
import Web

/// `/registry/exports`: which workbooks left the house, by whom, and whether somebody in them has been deleted since.
struct ExportPages {
    let desk: RegistryDesk

    func add(to routes: inout Routes) {
        routes.get("/registry/exports", .needs(.registryQuality), "The register of workbooks that left the house") {
            call in
            let (items, next) = try await lines(call)
            var context: [String: Any] = [
                "items": items.map { line -> [String: Any] in
                    [
                        "at": line.shownAt, "by": line.by, "category": line.categoryName, "rows": String(line.rows),
                        "recalled": line.recalled > 0 ? [["count": String(line.recalled)]] : [],
                    ]
                }
            ]
            if let next { context["next"] = "/registry/exports?after=\(next)" }
            return try call.page("registry-exports", title: call.word("registry.exports"), context)
        }
        let shape = Shape.object(
            ["id": .id, "category": .text, "by": .text, "at": .time, "rows": .integer, "recalled": .integer],
            required: ["id", "category", "by", "at", "rows", "recalled"])
        routes.get(
            "/api/v1/registry/exports", .needs(.registryQuality),
            "Workbooks that left the house, the newest first; `recalled` are records deleted since",
            shapes: Shapes(
                query: [("after", "the last id of the page before"), ("limit", "1…500")], gives: .page(of: shape))
        ) { call in
            let (items, next) = try await lines(call)
            return try .list(items, next: next.map { "/api/v1/registry/exports?limit=\(call.limit)&after=\($0)" })
        }
    }

    private struct Line: Encodable, Sendable {
        enum CodingKeys: CodingKey { case id, category, by, at, rows, recalled }
        var id: RecordID
        var category: String
        var categoryName: String
        var by: String
        var at: String
        var shownAt: String
        var rows: Int64
        var recalled: Int64
    }

    private func lines(_ call: Call) async throws -> ([Line], next: RecordID?) {
        let categories = try desk.categories(call)
        var check = FieldCheck()
        let after = call.query("after").flatMap { RecordID($0) }
        check.expect(call.query("after") == nil || after != nil, "after", "invalid")
        try check.finish()
        let (keys, limit) = (categories.map(\.key), call.limit)
        let found = try await call.database.read { db in
            try ExportStore.list(keys, after: after, limit: limit + 1, in: db)
        }
        let names = Dictionary(categories.map { ($0.key, $0.name.text(call.language)) }) { first, _ in first }
        let page = found.prefix(limit).map {
            Line(
                id: $0.id, category: $0.category, categoryName: names[$0.category] ?? $0.category, by: $0.name,
                at: $0.at.rfc3339, shownAt: $0.at.text, rows: $0.rows, recalled: $0.recalled)
        }
        return (page, found.count > limit ? page.last?.id : nil)
    }
}
