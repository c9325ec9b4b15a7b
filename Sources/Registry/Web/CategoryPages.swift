import Kernel
import Storage
import Web

/// `/registry`: the categories and the one search box; `/api/v1/categories`.
struct CategoryPages {
    let desk: RegistryDesk

    func add(to routes: inout Routes) {
        routes.get("/registry", .needs(.registryRead), "The categories, and the search box") { call in
            try await page(call)
        }
        routes.get("/registry/search", .needs(.registryRead), "What the search box found, over all categories") {
            call in try await search(call)
        }
        routes.get(
            "/api/v1/categories", .needs(.registryRead), "The categories that the caller sees something of",
            shapes: Shapes(
                gives: .page(
                    of: .object(["id": .text, "name": .text, "class": .text], required: ["id", "name", "class"])))
        ) { call in
            try .list(try desk.categories(call).map { CategoryView($0, viewer: try viewer(call), call) }, next: nil)
        }
        routes.get(
            "/api/v1/categories/{category}", .needs(.registryRead),
            "A category with the fields that the caller sees, and how much of each"
        ) { call in
            try .json(CategoryView(try desk.category(call), viewer: try viewer(call), call))
        }
    }

    private func viewer(_ call: Call) throws -> Viewer { Viewer(try call.signedIn(), desk.areas) }

    private func page(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let categories = try desk.categories(call)
        // A count over the whole town would tell somebody bound to one village of the others.
        let counts = caller.areas == nil ? try await call.database.read { db in try RecordStore.counts(in: db) } : [:]
        let groups: [Category.Class] = [.people, .sensitive, .child, .things]
        return try call.page(
            "registry", title: call.word("registry.title"),
            [
                "groups": groups.compactMap { group -> [String: Any]? in
                    let items = categories.filter { $0.class == group }
                    guard !items.isEmpty else { return nil }
                    return [
                        "title": call.word("registry.class.\(group.rawValue)"),
                        "hint": call.word("registry.classHint.\(group.rawValue)"),
                        "items": items.map { category -> [String: Any] in
                            [
                                "key": category.key, "name": category.name.text(call.language),
                                "purpose": category.purpose.text(call.language), "icon": category.drawn.icon,
                                "owner": category.owner.text(call.language),
                                "count": caller.areas == nil
                                    ? Shown.count(counts[category.key] ?? 0, aboutPeople: category.isAboutPeople) : "",
                            ]
                        },
                    ]
                }, "canImport": caller.may(.registryImport), "canReview": caller.may(.registryReview),
                "canManage": caller.may(.registryManage), "canQuality": caller.may(.registryQuality),
                "canVerify": caller.may(.registryVerify), "canReport": caller.may(.registryReport),
            ])
    }

    private func search(_ call: Call) async throws -> Answer {
        let categories = try desk.categories(call)
        let typed = call.query("q") ?? ""
        let query = RecordQuery(
            categories: categories, text: SearchQuery(typed),
            after: call.query("after").flatMap(RecordQuery.Cursor.init))
        let limit = min(call.limit, 100)
        let page = try await call.database.read { db in
            try RecordFinder(search: desk.search, viewer: try desk.viewer(call, in: db), now: .now)
                .page(query, limit: limit, in: db)
        }
        let areas = desk.areas
        var context: [String: Any] = [
            "values": ["q": typed], "asked": !typed.isEmpty,
            "items": page.records.map { record -> [String: Any] in
                [
                    "key": record.category.key, "id": record.id.description, "label": record.label,
                    "category": record.category.name.text(call.language), "icon": record.category.drawn.icon,
                    "area": areas.name(of: record.area),
                    "cells": record.values.filter {
                        $0.field.list == true && $0.field.key != record.category.label && !$0.value.isEmpty
                    }.prefix(5).map { Shown.cell($0, call) },
                ]
            },
        ]
        if let next = page.next {
            context["next"] = "/registry/search?q=\(Shown.escaped(typed))&after=\(Shown.escaped(next.text))"
        }
        return try call.page("registry-search", title: call.word("registry.search"), context)
    }
}

/// A category as the API shows it to one caller.
struct CategoryView: Encodable {
    struct FieldView: Encodable {
        var key: String
        var name: String
        var type: String
        var unit: String?
        var sight: String
        var required: Bool
        var filter: Bool
        var codes: [String: String]?
    }

    var id: String
    var name: String
    var `class`: String
    var purpose: String
    var basis: String
    var owner: String
    var retentionDays: Int
    var verifyDays: Int
    var fields: [FieldView]

    init(_ category: Category, viewer: Viewer, _ call: Call) {
        id = category.key
        name = category.name.text(call.language)
        self.class = category.class.rawValue
        purpose = category.purpose.text(call.language)
        basis = category.basis.text(call.language)
        owner = category.owner.text(call.language)
        retentionDays = category.retentionDays
        verifyDays = category.verifyDays
        fields = category.fields.compactMap { field in
            let sight = Policy.sight(of: field, in: category, for: viewer)
            guard sight != .hidden else { return nil }
            return FieldView(
                key: field.key, name: field.name.text(call.language), type: field.type.rawValue, unit: field.unit,
                sight: sight == .plain ? "plain" : "masked", required: field.required == true,
                filter: Policy.mayFilter(field, in: category, for: viewer),
                codes: field.codes.map { codes in
                    Dictionary(codes.map { ($0.key, $0.name.text(call.language)) }) { first, _ in first }
                })
        }
    }
}
