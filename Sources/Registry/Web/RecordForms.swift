import Kernel
import Storage
import Web

/// Making and changing a record in the browser.
struct RecordForms {
    let desk: RegistryDesk

    func add(to routes: inout Routes) {
        routes.get("/registry/{category}/new", .needs(.registryWrite), "A form for a new record") { call in
            let category = try desk.category(call)
            return try form(call, category, [:], title: call.word("registry.new"))
        }
        routes.post("/registry/{category}/new", .needs(.registryWrite), "Make a record, from its form") { call in
            try await create(call)
        }
        routes.get("/registry/{category}/{id}/edit", .needs(.registryWrite), "A form to change a record") { call in
            let category = try desk.category(call)
            let id: RecordID = try call.id()
            let record = try await judged(id, category, call)
            let values = Dictionary(record.values.map { ($0.field.key, $0.value) }) { first, _ in first }
            return try form(call, category, values, record: record, title: record.label)
        }
        routes.post("/registry/{category}/{id}/edit", .needs(.registryWrite), "Change a record, from its form") {
            call in
            try await change(call)
        }
    }

    private func judged(_ id: RecordID, _ category: Category, _ call: Call) async throws -> JudgedRecord {
        try await call.database.read { db in
            try desk.judged(id, category, try desk.viewer(call, in: db), in: db)
        }
    }

    private func sent(_ call: Call, _ category: Category) -> [String: String] {
        var sent: [String: String] = [:]
        let form = call.form
        for field in category.fields { if let text = form["v." + field.key] { sent[field.key] = text } }
        return sent
    }

    private func create(_ call: Call) async throws -> Answer {
        let category = try desk.category(call)
        let caller = try call.signedIn()
        let sent = sent(call, category).filter { !$0.value.isEmpty }
        let now = Instant.now
        do {
            let id = try await call.database.write { db in
                let editing = RecordEditing(
                    desk: desk, category: category, viewer: Viewer(caller, desk.areas),
                    hand: caller.hand(.department, at: now))
                let id = try editing.create(sent, in: db)
                try desk.note("record.create", "records/\(category.key)/\(id)", by: caller, at: now, in: db)
                return id
            }
            return .redirect(to: "/registry/\(category.key)/\(id)?done=saved")
        } catch let problem as Problem where problem.status == 422 || problem.status == 409 {
            return try form(call, category, sent, problem: problem, title: call.word("registry.new"))
        }
    }

    private func change(_ call: Call) async throws -> Answer {
        let category = try desk.category(call)
        let caller = try call.signedIn()
        let id: RecordID = try call.id()
        // Where two changed the same field, who comes second has chosen: the other's value is then not sent.
        let form = call.form
        let sent = sent(call, category).filter { form["take." + $0.key] != "theirs" }
        let base = Int64(form["version"] ?? "") ?? 0
        let now = Instant.now
        do {
            let outcome = try await call.database.write { db in
                let viewer = try desk.viewer(call, in: db)
                let editing = RecordEditing(
                    desk: desk, category: category, viewer: viewer, hand: caller.hand(.department, at: now))
                let outcome = try editing.change(id, base: base, sent: sent, in: db)
                if case .saved = outcome {
                    try desk.note("record.change", "records/\(category.key)/\(id)", by: caller, at: now, in: db)
                }
                return outcome
            }
            switch outcome {
            case .saved: return .redirect(to: "/registry/\(category.key)/\(id)?done=saved")
            case .conflict(let conflicts, _, let untouched):
                let record = try await judged(id, category, call)
                // What the second one did not touch is as the first has left it.
                let current = Dictionary(record.values.map { ($0.field.key, $0.value) }) { first, _ in first }
                let merged = current.merging(sent.filter { !untouched.contains($0.key) }) { $1 }
                return try self.form(
                    call, category, merged, record: record, conflicts: conflicts, title: record.label, status: 409)
            }
        } catch let problem as Problem where problem.status == 422 || problem.status == 409 {
            let record = try await judged(id, category, call)
            return try self.form(
                call, category, sent, record: record, base: base, problem: problem, title: record.label)
        }
    }

    /// - Parameter record: the record to change, whose masked fields cannot be; `nil` for a new one.
    private func form(
        _ call: Call, _ category: Category, _ values: [String: String], record: JudgedRecord? = nil, base: Int64? = nil,
        problem: Problem? = nil, conflicts: [Conflict] = [], title: String, status: Int? = nil
    ) throws -> Answer {
        let errors = problem.map { call.fieldWords($0) } ?? [:]
        let viewer = Viewer(try call.signedIn(), desk.areas)
        let fields = category.fields.filter { field in
            guard field.twoPeople != true else { return false }
            guard let record else { return Policy.sight(of: field, in: category, for: viewer) != .hidden }
            return record.values.contains { $0.field.key == field.key && $0.sight == .plain }
        }
        var context: [String: Any] = [
            "key": category.key, "name": category.name.text(call.language),
            "fields": fields.map { input($0, values[$0.key] ?? "", errors[$0.key], call) },
            "locked": (record?.values ?? []).filter { $0.sight == .masked && !$0.value.isEmpty }.map {
                Shown.cell($0, call)
            },
            "action": record.map { "/registry/\(category.key)/\($0.id)/edit" } ?? "/registry/\(category.key)/new",
            "back": record.map { "/registry/\(category.key)/\($0.id)" } ?? "/registry/\(category.key)",
            "version": record.map { String(conflicts.isEmpty ? base ?? $0.version : $0.version) } ?? "",
            "conflicts": conflicts.compactMap { conflict -> [String: Any]? in
                guard let field = category.field(conflict.field) else { return nil }
                func shown(_ text: String) -> String { text.isEmpty ? "—" : Shown.text(text, field, call) }
                return [
                    "key": field.key, "field": field.name.text(call.language), "base": shown(conflict.base),
                    "mine": shown(conflict.mine), "theirs": shown(conflict.theirs), "by": conflict.by,
                    "at": Instant(conflict.at).map(Shown.short) ?? "",
                ]
            },
        ]
        if let problem {
            let known = Set(fields.map(\.key))
            let rest = errors.filter { !known.contains($0.key) }.map { "\($0.key): \($0.value)" }.sorted()
            context["problem"] = [
                "text": ([call.word("problem.\(problem.code)")] + rest).joined(separator: " ")
            ]
        }
        return try call.page(
            "registry-edit", title: title, context, status: status ?? problem?.status ?? 200)
    }

    private func input(_ field: Field, _ value: String, _ error: String?, _ call: Call) -> [String: Any] {
        var item: [String: Any] = [
            "key": field.key, "label": field.name.text(call.language) + (field.unit.map { "（\($0)）" } ?? ""),
            "value": value, "required": field.required == true,
        ]
        if let error { item["error"] = ["text": error] }
        switch field.type {
        case .code, .flag:
            let codes =
                field.type == .flag
                ? [("1", call.word("registry.yes")), ("0", call.word("registry.no"))]
                : (field.codes ?? []).map { ($0.key, $0.name.text(call.language)) }
            item["choice"] = [
                "options": codes.map { key, name -> [String: Any] in
                    ["value": key, "label": name, "selected": key == value]
                }
            ]
        case .longText: item["area"] = ["value": value]
        default:
            item["text"] = [
                "type": field.type == .date ? "date" : "text",
                "mode": [.integer, .decimal].contains(field.type) ? "decimal" : field.type == .phone ? "tel" : "text",
                "max": String(Int(field.max ?? 200)),
            ]
        }
        return item
    }
}
