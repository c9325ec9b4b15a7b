import Kernel
import Office
import Places
import Storage
import Web

/// The list of a category's records, as a page, over the API, and as a workbook.
struct RecordListPages {
    let desk: RegistryDesk

    func add(to routes: inout Routes) {
        routes.get("/registry/{category}", .needs(.registryRead), "The records of a category") { call in
            try await page(call)
        }
        routes.get(
            "/registry/{category}/table.xlsx", .needs(.registryExport), "The list as a workbook, masked as the list is"
        ) { call in try await export(call) }
        let parameters = [
            ("q", "name, its letters, part of an address, a whole or the last four of an identifier"),
            ("village", "an area's id"), ("state", "due, doubt, missing"), ("sort", "newest, name, due"),
            ("f.FIELD", "only records with this value; fields that the caller sees plainly"),
            ("after", "where the last page ended"), ("limit", "1…500"),
        ]
        routes.get(
            "/api/v1/records/{category}", .needs(.registryRead), "Lists records, masked for the caller",
            shapes: Shapes(query: parameters, gives: .page(of: RecordView.shape))
        ) { call in try await list(call, [try desk.category(call)]) }
        routes.get(
            "/api/v1/records", .needs(.registryRead), "Searches all categories, masked for the caller",
            shapes: Shapes(query: parameters, gives: .page(of: RecordView.shape))
        ) { call in try await list(call, try desk.categories(call)) }
    }

    /// The query of a call. A filter or an order that would tell of a field the caller does not see plainly is
    /// answered like one that does not exist.
    func query(_ call: Call, _ categories: [Category]) throws -> RecordQuery {
        let viewer = Viewer(try call.signedIn(), desk.areas)
        var query = RecordQuery(categories: categories)
        var check = FieldCheck()
        if let text = call.query("q") { query.text = SearchQuery(text) }
        if let text = call.query("village") {
            query.village = AreaID(text)
            check.expect(query.village != nil, "village", "invalid")
        }
        if let text = call.query("state") {
            query.state = RecordQuery.State(rawValue: text)
            check.expect(query.state != nil, "state", "unknown")
        }
        if let text = call.query("after") {
            query.after = RecordQuery.Cursor(text)
            check.expect(query.after != nil, "after", "invalid")
        }
        if let text = call.query("sort") {
            query.sort = RecordQuery.Sort(rawValue: text) ?? .newest
            let only = categories.count == 1 ? categories.first : nil
            let isAllowed =
                query.sort != .name || only.map { Policy.maySortByLabel($0, for: viewer) } == true
            check.expect(RecordQuery.Sort(rawValue: text) != nil && isAllowed, "sort", "unknown")
            if !isAllowed { query.sort = .newest }
        }
        for (name, value) in call.incoming.query.values where name.hasPrefix("f.") && !value.isEmpty {
            let key = String(name.dropFirst(2))
            guard categories.count == 1, let category = categories.first, let field = category.field(key),
                Policy.mayFilter(field, in: category, for: viewer)
            else {
                check.expect(false, name, "unknown")
                continue
            }
            query.facets.append((field, value))
        }
        try check.finish()
        return query
    }

    private func find(_ call: Call, _ query: RecordQuery, limit: Int) async throws -> RecordQuery.Page {
        try await call.database.read { db in
            try RecordFinder(search: desk.search, viewer: try desk.viewer(call, in: db), now: .now)
                .page(query, limit: limit, in: db)
        }
    }

    /// Notes that somebody read a page of personal data plainly.
    private func noteReading(_ call: Call, _ query: RecordQuery, _ page: RecordQuery.Page) async throws {
        let caller = try call.signedIn()
        let isPersonal = page.records.contains { record in
            record.values.contains { $0.sight == .plain && $0.field.guard != .open && !$0.value.isEmpty }
        }
        guard isPersonal else { return }
        let subject = "records/" + (query.categories.count == 1 ? query.categories[0].key : "*")
        let detail = "{\"count\":\(page.records.count),\"search\":\(query.text != nil)}"
        try await call.database.write { db in
            try desk.note("records.list", subject, by: caller, detail: detail, in: db)
        }
    }

    private func list(_ call: Call, _ categories: [Category]) async throws -> Answer {
        let query = try query(call, categories)
        let limit = call.limit
        let page = try await find(call, query, limit: limit)
        try await noteReading(call, query, page)
        let areas = desk.areas
        let names = ["q", "village", "state", "sort", "limit"] + query.facets.map { "f." + $0.field.key }
        let rest = Shown.query(call, names)
        let next = page.next.map {
            "\(call.incoming.path)?\(rest)\(rest.isEmpty ? "" : "&")after=\(Shown.escaped($0.text))"
        }
        return .bytes(
            RecordView.list(page.records.lazy.map { RecordView($0, areas) }, next: next),
            type: "application/json; charset=utf-8")
    }

    private func page(_ call: Call) async throws -> Answer {
        let category = try desk.category(call)
        let caller = try call.signedIn()
        let query = try query(call, [category])
        let limit = call.limit
        let page = try await find(call, query, limit: limit)
        try await noteReading(call, query, page)
        let areas = desk.areas
        let viewer = Viewer(caller, areas)
        let now = Instant.now
        let columns = category.fields.filter {
            $0.list == true && $0.key != category.label
                && Policy.sight(of: $0, in: category, for: viewer) != .hidden
        }
        let names = ["q", "village", "state", "sort"] + query.facets.map { "f." + $0.field.key }
        let rest = Shown.query(call, names)
        var context: [String: Any] = [
            "key": category.key, "name": category.name.text(call.language),
            "purpose": category.purpose.text(call.language), "basis": category.basis.text(call.language),
            "owner": category.owner.text(call.language), "verifyDays": String(category.verifyDays),
            "labelName": category.field(category.label)?.name.text(call.language) ?? "",
            "columns": columns.map {
                ["name": $0.name.text(call.language), "number": $0.type == .integer || $0.type == .decimal]
                    as [String: Any]
            },
            "values": ["q": call.query("q") ?? ""],
            "villages": villages(call, areas, viewer),
            "states": RecordQuery.State.allCases.map { state -> [String: Any] in
                [
                    "value": state.rawValue, "label": call.word("registry.filter.\(state.rawValue)"),
                    "selected": call.query("state") == state.rawValue,
                ]
            },
            "sorts": sorts(call, category, viewer), "facets": facets(call, category, viewer),
            "items": page.records.map { record -> [String: Any] in
                let state = Shown.tint(record, at: now)
                return [
                    "key": category.key, "id": record.id.description, "label": record.label,
                    "area": areas.name(of: record.area), "tint": state.tint,
                    "state": call.word("registry.state.\(state.key)"),
                    "cells": columns.map { column in
                        record.values.first { $0.field.key == column.key }.map { Shown.cell($0, call) }
                            ?? ["label": column.name.text(call.language), "text": ""]
                    },
                ]
            },
            "canWrite": caller.may(.registryWrite),
        ]
        if caller.may(.registryExport) { context["export"] = ["href": "/registry/\(category.key)/table.xlsx?\(rest)"] }
        if let next = page.next {
            context["next"] =
                "/registry/\(category.key)?\(rest)\(rest.isEmpty ? "" : "&")after=\(Shown.escaped(next.text))"
        }
        return try call.page("registry-list", title: category.name.text(call.language), context)
    }

    private func villages(_ call: Call, _ areas: TownAreas, _ viewer: Viewer) -> [[String: Any]] {
        areas.villages.filter { viewer.areas?.contains($0.id) ?? true }.map {
            ["value": $0.id.description, "label": $0.name, "selected": call.query("village") == $0.id.description]
        }
    }

    private func sorts(_ call: Call, _ category: Category, _ viewer: Viewer) -> [[String: Any]] {
        RecordQuery.Sort.allCases.filter { $0 != .name || Policy.maySortByLabel(category, for: viewer) }.map {
            [
                "value": $0 == .newest ? "" : $0.rawValue, "label": call.word("registry.sort.\($0.rawValue)"),
                "selected": call.query("sort") == $0.rawValue,
            ]
        }
    }

    private func facets(_ call: Call, _ category: Category, _ viewer: Viewer) -> [[String: Any]] {
        category.fields.filter { Policy.mayFilter($0, in: category, for: viewer) }.map { field in
            let values =
                field.type == .flag
                ? ["1", "0"].map { ($0, Shown.text($0, field, call)) }
                : (field.codes ?? []).map { ($0.key, $0.name.text(call.language)) }
            return [
                "name": "f." + field.key, "label": field.name.text(call.language),
                "options": values.map { value, label -> [String: Any] in
                    ["value": value, "label": label, "selected": call.query("f." + field.key) == value]
                },
            ]
        }
    }

    /// Rows that a workbook holds at most.
    private static let exportLimit = 200_000

    private func export(_ call: Call) async throws -> Answer {
        let category = try desk.category(call)
        let caller = try call.signedIn()
        var query = try query(call, [category])
        let viewer = Viewer(caller, desk.areas)
        let columns = category.fields.filter { Policy.sight(of: $0, in: category, for: viewer) != .hidden }
        let book = try Workbook(
            sheet: "Zhili",
            columns: [(call.word("registry.column.area"), 18)] + columns.map { ($0.name.text(call.language), 18) })
        let areas = desk.areas
        var rows: Int64 = 0
        var bounds: (first: RecordID?, last: RecordID?) = (nil, nil)
        while rows < Self.exportLimit {
            // What is open for a purpose is open on the screen; a file leaves the house masked.
            let wanted = query
            let page = try await call.database.read { db in
                try RecordFinder(search: desk.search, viewer: viewer, now: .now).page(wanted, limit: 500, in: db)
            }
            for record in page.records {
                book.add(
                    [.text(areas.name(of: record.area))]
                        + columns.map { column in
                            guard let value = record.values.first(where: { $0.field.key == column.key }),
                                !value.value.isEmpty
                            else { return .empty }
                            let isNumber = value.field.type == .integer || value.field.type == .decimal
                            if value.sight == .plain, isNumber, let number = Double(value.value) {
                                return .number(number)
                            }
                            return .text(Shown.text(value, call))
                        })
                bounds = (min(bounds.first ?? record.id, record.id), max(bounds.last ?? record.id, record.id))
            }
            rows += Int64(page.records.count)
            guard let next = page.next else { break }
            query.after = next
        }
        let (count, ends, now) = (rows, bounds, Instant.now)
        try await call.database.write { db in
            try ExportStore.insert(
                category.key, rows: count, first: ends.first, last: ends.last, by: caller, at: now, in: db)
            try desk.note(
                "records.export", "records/\(category.key)", by: caller, detail: "{\"rows\":\(count)}", in: db)
        }
        return .bytes(try book.bytes(), type: Workbook.type, name: category.name.text(call.language) + ".xlsx")
    }
}
