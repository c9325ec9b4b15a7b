import Kernel
import Places
import Storage
import Web

/// `/field/visits`: what the grid worker is asked to look at, on a phone, also without signal.
struct VisitPages {
    let desk: RegistryDesk

    func add(to routes: inout Routes) {
        routes.get("/field/visits", .needs(.registryVerify), "What is to be verified, for a phone") { call in
            let caller = try call.signedIn()
            return try call.page(
                "registry-visits", title: call.word("registry.visits"), ["person": caller.id.description])
        }
        routes.get(
            "/api/v1/visits", .needs(.registryVerify), "Records to verify, contradictions first, the oldest next",
            shapes: Shapes(gives: .page(of: .anything))
        ) { call in try await list(call) }
        routes.post(
            "/api/v1/visits/{category}/{id}", .needs(.registryVerify),
            "What was seen at the place: {version, verified, values, at}",
            shapes: Shapes(takes: .object(["version": .integer], required: ["version"]))
        ) { call in try await report(call) }
    }

    private struct Item: Encodable, Sendable {
        struct Value: Encodable, Sendable {
            var key: String
            var name: String
            var text: String
            var raw: String
            var type: String
            var canChange: Bool
            var isDue: Bool
            var options: [[String]]
        }
        var id: RecordID
        var category: String
        var categoryName: String
        var label: String
        var area: String
        var point: GeoPoint?
        var phone: String?
        var version: Int64
        var doubts: [String]
        var values: [Value]
    }

    private func list(_ call: Call) async throws -> Answer {
        let now = Instant.now
        let caller = try call.signedIn()
        let found = try await call.database.read { db -> [(JudgedRecord, [DoubtStore.Doubt])] in
            try Visits(desk: desk).due(try desk.viewer(call, in: db), at: now, in: db).map { record in
                (record, record.doubts > 0 ? try DoubtStore.list(of: record.id, in: db) : [])
            }
        }
        try await call.database.write { db in
            try desk.note("visits.list", "visits", by: caller, detail: "{\"count\":\(found.count)}", in: db)
        }
        let areas = desk.areas
        return try .list(
            found.map { record, doubts in
                Item(
                    id: record.id, category: record.category.key,
                    categoryName: record.category.name.text(call.language), label: record.label,
                    area: areas.name(of: record.area), point: record.point,
                    phone: record.values.first { $0.field.type == .phone && $0.sight == .plain }?.value,
                    version: record.version,
                    doubts: doubts.filter { $0.state == "open" }.map { call.word("registry.rule.\($0.rule)") },
                    values: record.values.filter { !$0.value.isEmpty && $0.field.type != .point }.map { value in
                        view(value, record, now, call)
                    })
            }, next: nil)
    }

    private func view(
        _ value: JudgedRecord.Value, _ record: JudgedRecord, _ now: Instant, _ call: Call
    ) -> Item.Value {
        let field = value.field
        let fact = record.facts[field.key]
        let isDue = fact.isDisputed || fact.due(after: field.verifyDays ?? record.category.verifyDays) <= now
        let options: [[String]] =
            switch field.type {
            case .flag: [["1", call.word("registry.yes")], ["0", call.word("registry.no")]]
            default: (field.codes ?? []).map { [$0.key, $0.name.text(call.language)] }
            }
        return Item.Value(
            key: field.key, name: field.name.text(call.language), text: Shown.text(value, call), raw: value.value,
            type: field.type.rawValue, canChange: value.sight == .plain && field.twoPeople != true, isDue: isDue,
            options: value.sight == .plain ? options : [])
    }

    /// What a report led to. Where somebody else was faster it is nothing but the two sides, as people read them.
    private struct Done: Codable, Sendable {
        struct Sides: Codable, Sendable {
            var field: String
            var name: String
            var base: String
            var mine: String
            var theirs: String
            var by: String
            var at: String
        }
        var id: RecordID
        var version: Int64
        var conflicts: [Sides]
    }

    private func report(_ call: Call) async throws -> Answer {
        let category = try desk.category(call)
        let caller = try call.signedIn()
        let id: RecordID = try call.id()
        let seen: VisitReport = try call.json()
        let now = Instant.now
        let areas = desk.areas
        let done = try await call.once { db in
            let opened = try GrantStore.opened(to: caller.id, at: now, in: db)
            let outcome = try Visits(desk: desk).report(
                id, category, Viewer(caller, areas, opened: opened), caller, seen, at: now, in: db)
            switch outcome {
            case .saved(let version): return Done(id: id, version: version, conflicts: [])
            case .conflict(let conflicts, let version, _):
                return Done(id: id, version: version, conflicts: conflicts.compactMap { sides($0, category, call) })
            }
        }
        return try .json(done, status: done.conflicts.isEmpty ? 200 : 409)
    }

    private func sides(_ conflict: Conflict, _ category: Category, _ call: Call) -> Done.Sides? {
        guard let field = category.field(conflict.field) else { return nil }
        func shown(_ text: String) -> String { text.isEmpty ? "—" : Shown.text(text, field, call) }
        return Done.Sides(
            field: field.key, name: field.name.text(call.language), base: shown(conflict.base),
            mine: shown(conflict.mine), theirs: shown(conflict.theirs), by: conflict.by,
            at: Instant(conflict.at).map(Shown.short) ?? "")
    }
}
