import Kernel
import Office
import Storage
import Web

/// `/inspections` and `/api/v1/inspections`: what sites owe, what fell due, and how it went.
struct InspectionRoutes {
    /// Where an inspection stands.
    enum State: String, CaseIterable {
        case owed, late, passed, failed

        init(_ inspection: Inspection, at now: Instant) {
            self =
                inspection.doneAt == nil
                ? (inspection.dueAt < now ? .late : .owed) : inspection.passed ? .passed : .failed
        }

        var tint: String {
            switch self {
            case .owed: ""
            case .late: "bad"
            case .passed: "ok"
            case .failed: "warn"
            }
        }
    }

    private static let names = ["q", "siteId", "kind", "state", "owed", "from", "to", "limit"]

    func add(to routes: inout Routes) {
        routes.get("/inspections", .needs(.siteRead), "Inspections and self-tests: what is owed, and how it went") {
            call in try await page(call)
        }
        routes.get("/inspections.xlsx", .needs(.siteRead), "Inspections and self-tests as a workbook") { call in
            try await export(call)
        }
        routes.get(
            "/api/v1/inspections", .needs(.siteRead), "Lists inspections: the last due first, owed ones the next first",
            shapes: Shapes(
                query: [
                    ("owed", "1: only those not done yet, the next due first"),
                    ("state", "owed (with late), late, passed or failed"), ("kind", "visit, self-test or annual"),
                    ("siteId", "one site"), ("q", "part of the site's name"),
                    ("from", "due on or after this day, YYYY-MM-DD"), ("to", "due before this day"),
                    ("after", "the last id seen"), ("limit", "1…500"),
                ], gives: .page(of: InspectionView.shape))
        ) { call in
            let (filter, limit) = (try filter(call), call.limit)
            let found = try await call.database.read { db in
                try InspectionStore.list(filter, limit: limit + 1, in: db)
            }
            return try .list(
                found.prefix(limit).map { InspectionView($0) },
                next: NextPage.link(call, found.count > limit ? found[limit - 1].id.description : nil))
        }
    }

    private func filter(_ call: Call) throws -> InspectionFilter {
        let scope = Scope(try call.signedIn())
        var filter = InspectionFilter(areas: scope.areas, owner: scope.owner)
        var query = QueryReader(call)
        filter.site = query.read("siteId") { SiteID($0) }
        filter.after = query.read("after") { ID<Inspection>($0) }
        filter.kind = query.read("kind", "unknown") { Inspection.Kind(rawValue: $0) }
        let state = call.query("state") == "all" ? nil : query.read("state", "unknown") { State(rawValue: $0) }
        filter.owedOnly = call.query("owed") != nil || state == .owed || state == .late
        if state == .late { filter.dueBefore = .now }
        if state == .passed || state == .failed { filter.passed = state == .passed }
        filter.from = query.read("from") { Instant($0) }
        filter.to = query.read("to") { Instant($0) }
        filter.siteText = call.query("q").map { String($0.prefix(50)) }
        try query.check.finish()
        return filter
    }

    private func page(_ call: Call) async throws -> Answer {
        let (limit, now) = (call.limit, Instant.now)
        var chosen = try filter(call)
        // The page begins with what is to be done.
        let isFirst = call.query("state") == nil && call.query("owed") == nil
        if isFirst { chosen.owedOnly = true }
        let filter = chosen
        let kept = call.kept(Self.names) + (isFirst ? "&state=owed" : "")
        let (found, sites) = try await call.database.read { db in
            let found = try InspectionStore.list(filter, limit: limit + 1, in: db)
            return (found, try SiteStore.find(Set(found.map(\.site)), in: db))
        }
        var context: [String: Any] = [
            "items": found.prefix(limit).map { inspection -> [String: Any] in
                let state = State(inspection, at: now)
                var row: [String: Any] = [
                    "site": sites[inspection.site]?.name ?? "", "siteId": inspection.site.description,
                    "kind": call.word("fire.inspection.\(inspection.kind.rawValue)"),
                    "due": inspection.dueAt.date, "tint": state.tint,
                    "state": call.word("fire.inspection.state.\(state.rawValue)"), "by": inspection.doneBy,
                    "note": inspection.note,
                ]
                if let done = inspection.doneAt { row["done"] = PageWords.short(done) }
                return row
            },
            "kinds": PageWords.choices(
                call, "kind", Inspection.Kind.allCases.map(\.rawValue), words: "fire.inspection"),
            "states": State.allCases.map { state -> [String: Any] in
                [
                    "value": state.rawValue, "label": call.word("fire.inspection.state.\(state.rawValue)"),
                    "selected": isFirst ? state == .owed : call.query("state") == state.rawValue,
                ]
            },
            "values": Dictionary(
                uniqueKeysWithValues: ["q", "from", "to"].map { ($0, call.query($0) ?? "") }),
            "export": "/inspections.xlsx?" + kept,
        ]
        if found.count > limit {
            context["next"] = "/inspections?\(kept)&after=\(found[limit - 1].id)"
        }
        return try call.page("inspection-list", title: call.word("fire.site.inspections"), context)
    }

    private func export(_ call: Call) async throws -> Answer {
        var filter = try filter(call)
        let now = Instant.now
        let columns = ["column.name", "inspection.kind", "inspection.dueAt", "column.state", "inspection.doneAt"]
        let titles = (columns + ["inspection.doneBy", "inspection.note"]).map { call.word("fire.\($0)") }
        let book = try Workbook(sheet: "Zhili", columns: titles.enumerated().map { ($1, $0 == 0 ? 40 : 20) })
        try await book.add { (after: (inspection: Inspection, site: String)?, limit) in
            filter.after = after?.inspection.id ?? filter.after
            return try await call.database.read { [filter] db in
                let found = try InspectionStore.list(filter, limit: limit, in: db)
                let sites = try SiteStore.find(Set(found.map(\.site)), in: db)
                return found.map { (inspection: $0, site: sites[$0.site]?.name ?? "") }
            }
        } row: { item in
            let inspection = item.inspection
            return [
                .text(item.site), .text(call.word("fire.inspection.\(inspection.kind.rawValue)")),
                .moment(inspection.dueAt.ms),
                .text(call.word("fire.inspection.state.\(State(inspection, at: now).rawValue)")),
                inspection.doneAt.map { .moment($0.ms) } ?? .empty, .text(inspection.doneBy), .text(inspection.note),
            ]
        }
        return .bytes(try book.bytes(), type: Workbook.type, name: call.word("fire.site.inspections") + ".xlsx")
    }
}
