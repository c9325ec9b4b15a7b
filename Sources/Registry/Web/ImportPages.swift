import Kernel
import Office
import Storage
import Web

/// `/registry/imports`: a table comes in, its columns are looked at, it is tried, it is stored.
struct ImportPages {
    let importer: Importer
    private var desk: RegistryDesk { importer.desk }

    /// Bytes of a table.
    private static let bodyLimit = 64 << 20

    init(importer: Importer) { self.importer = importer }

    func add(to routes: inout Routes) {
        routes.get("/registry/imports", .needs(.registryImport), "Imports, and the form for a new one") { call in
            try await list(call)
        }
        routes.get("/registry/imports/{id}", .needs(.registryImport), "An import: its columns, its progress") { call in
            try await page(call)
        }
        routes.post("/registry/imports/{id}", .needs(.registryImport), "Try or store, with these columns") { call in
            let id = try await start(call) {
                call.form["c.\($0)"]
            } isDry: {
                call.form["store"] != "1"
            }
            return .redirect(to: "/registry/imports/\(id)")
        }
        routes.get(
            "/registry/imports/{id}/refused.xlsx", .needs(.registryImport), "The refused rows, each with why"
        ) { call in try await refused(call) }
        routes.post(
            "/api/v1/imports", .needs(.registryImport),
            "Takes a table (.xlsx, .xls, .csv) as the body and proposes its columns", bodyLimit: Self.bodyLimit,
            shapes: Shapes(query: [("category", "whose records it has"), ("name", "the file's name")])
        ) { call in try await take(call) }
        routes.get("/api/v1/imports/{id}", .needs(.registryImport), "An import and how far it is") { call in
            try .json(View(try await job(call)))
        }
        routes.post(
            "/api/v1/imports/{id}/start", .needs(.registryImport), "Tries or stores: {dryRun, columns?}",
            shapes: Shapes(takes: .object(["dryRun": .flag, "columns": .anything], required: ["dryRun"]))
        ) { call in
            struct Body: Decodable {
                var dryRun: Bool
                var columns: [String: String]?
            }
            let body: Body = try call.json()
            let plan = try await job(call).plan
            let id = try await start(call) { column in
                body.columns.map { $0[String(column)] ?? "" } ?? plan.columns[column]
            } isDry: {
                body.dryRun
            }
            return try .json(["id": id.description], status: 202)
        }
    }

    private struct View: Codable, Sendable {
        var id: RecordID
        var category: String
        var fileName: String
        var state: String
        var total: Int64
        var done: Int64
        var added: Int64
        var changed: Int64
        var same: Int64
        var refused: Int64
        var dryRun: Bool
        var heads: [String]
        var columns: [String: String]

        init(_ job: ImportJob) {
            id = job.id
            category = job.category
            fileName = job.fileName
            state = job.state.rawValue
            total = job.total
            done = max(0, job.done - Int64(job.plan.headLine))
            added = job.counts.added
            changed = job.counts.changed
            same = job.counts.same
            refused = job.counts.refused
            dryRun = job.plan.isDry
            heads = job.plan.names
            columns = Dictionary(job.plan.columns.map { (String($0.key), $0.value) }) { first, _ in first }
        }
    }

    private func job(_ call: Call) async throws -> ImportJob {
        let id: RecordID = try call.id()
        let viewer = Viewer(try call.signedIn(), desk.areas)
        guard let job = try await call.database.read({ db in try ImportStore.find(id, in: db) }),
            let category = desk.book[job.category], Policy.sees(category, viewer)
        else { throw Problem.notFound }
        return job
    }

    private func take(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let viewer = Viewer(caller, desk.areas)
        var check = FieldCheck()
        // Who answers for one village cannot bring in the records of others.
        check.expect(caller.areas == nil, "category", "other-area")
        let category = call.query("category").flatMap { desk.book[$0] }
        check.expect(category.map { Policy.sees($0, viewer) } ?? false, "category", "unknown")
        check.expect(!call.body.isEmpty, "file", "required")
        try check.finish()
        guard let category else { throw Problem.notFound }
        let now = Instant.now
        let job = try await importer.take(
            call.body, name: call.query("name") ?? "", category, viewer: viewer, by: (caller.id, caller.name), at: now)
        let view = try await call.once { db in
            try desk.note("import.take", "imports/\(job.id)", by: caller, at: now, in: db)
            return View(job)
        }
        // A repeat is answered with the first import; the table that came with it is not kept.
        if view.id != job.id { try await importer.drop(job.id) }
        return try .json(view, status: 201)
    }

    private func start(
        _ call: Call, column: (Int) -> String?, isDry: () -> Bool
    ) async throws -> RecordID {
        let caller = try call.signedIn()
        let job = try await job(call)
        guard let category = desk.book[job.category] else { throw Problem.notFound }
        guard job.state != .running, job.state != .queued else { throw Problem.conflict("registry.import-runs") }
        let allowed = Set(Importer.fields(category, Viewer(caller, desk.areas)).map(\.key))
        var plan = job.plan
        plan.columns = [:]
        for index in plan.names.indices {
            guard let key = column(index), !key.isEmpty else { continue }
            guard allowed.contains(key) else { throw Problem.invalid(["columns": "unknown"]) }
            guard !plan.columns.values.contains(key) else { throw Problem.invalid(["columns": "twice"]) }
            plan.columns[index] = key
        }
        plan.isDry = isDry()
        let (ready, now) = (plan, Instant.now)
        try await call.database.write { db in
            try ImportStore.queue(job.id, ready, in: db)
            let heads = TableHead(names: ready.names, lastLine: 0, columns: [:]).fingerprint
            try ImportStore.remember(ready.columns, category.key, heads: heads, at: now, in: db)
            try desk.note(
                ready.isDry ? "import.try" : "import.store", "imports/\(job.id)", by: caller, at: now, in: db)
        }
        return job.id
    }

    private func list(_ call: Call) async throws -> Answer {
        let jobs = try await call.database.read { db in try ImportStore.recent(in: db) }
        let viewer = Viewer(try call.signedIn(), desk.areas)
        return try call.page(
            "registry-imports", title: call.word("registry.imports"),
            [
                "categories": desk.book.all.filter { Policy.sees($0, viewer) }.map {
                    ["value": $0.key, "label": $0.name.text(call.language)]
                },
                "items": jobs.compactMap { job -> [String: Any]? in
                    guard let category = desk.book[job.category], Policy.sees(category, viewer) else { return nil }
                    return [
                        "id": job.id.description, "file": job.fileName, "category": category.name.text(call.language),
                        "state": call.word("registry.importState.\(job.state.rawValue)"), "by": job.byName,
                        "at": Shown.short(job.at), "added": String(job.counts.added),
                        "changed": String(job.counts.changed), "same": String(job.counts.same),
                        "refused": String(job.counts.refused),
                        "tint": job.state == .done ? "ok" : job.state == .failed ? "bad" : "info",
                    ]
                },
            ])
    }

    private func page(_ call: Call) async throws -> Answer {
        let job = try await job(call)
        guard let category = desk.book[job.category] else { throw Problem.notFound }
        let refusals = try await call.database.read { db in try ImportStore.refusals(of: job.id, limit: 50, in: db) }
        let fields = Importer.fields(category, Viewer(try call.signedIn(), desk.areas))
        let done = max(0, job.done - Int64(job.plan.headLine))
        let isBusy = job.state == .running || job.state == .queued
        var context: [String: Any] = [
            "id": job.id.description, "category": category.name.text(call.language), "total": String(job.total),
            "state": call.word("registry.importState.\(job.state.rawValue)"), "isBusy": isBusy, "done": String(done),
            "percent": String(job.total > 0 ? min(100, done * 100 / job.total) : 0), "canStart": !isBusy,
            "added": String(job.counts.added), "changed": String(job.counts.changed), "same": String(job.counts.same),
            "refused": String(job.counts.refused), "hasCounts": job.state != .draft && job.state != .queued,
            "dry": job.state == .checked,
            "columns": job.plan.names.enumerated().map { index, name -> [String: Any] in
                [
                    "index": String(index), "name": name.isEmpty ? "\(index + 1)" : name,
                    "fields": fields.map { field -> [String: Any] in
                        [
                            "value": field.key, "label": field.name.text(call.language),
                            "selected": job.plan.columns[index] == field.key,
                        ]
                    },
                ]
            },
            "refusals": refusals.map { line, flaws in
                ["line": String(line), "why": flaws.map { words($0, category, call) }.joined(separator: "；")]
            },
        ]
        let mapped = Dictionary(job.plan.columns.values.map { ($0, "x") }) { first, _ in first }
        let missing = Validation.missing(FieldValues(mapped), category).map { $0.name.text(call.language) }
        if !missing.isEmpty { context["unmapped"] = ["names": missing.joined(separator: "、")] }
        if job.state == .running, done > 0 {
            let seconds = max(0, (job.total - done) * (Instant.now - job.at) / max(1, done) / 1_000)
            context["left"] = ["text": call.word("registry.importLeft", ["seconds": String(seconds)])]
        }
        if job.counts.refused > 0, !isBusy {
            context["annotated"] = ["href": "/registry/imports/\(job.id)/refused.xlsx"]
        }
        return try call.page(
            "registry-import", title: job.fileName.isEmpty ? job.id.description : job.fileName, context)
    }

    private func words(_ flaw: Flaw, _ category: Category, _ call: Call) -> String {
        "\(category.field(flaw.field)?.name.text(call.language) ?? flaw.field)：\(call.word("problem.field.\(flaw.code)"))"
    }

    private func refused(_ call: Call) async throws -> Answer {
        let job = try await job(call)
        guard let category = desk.book[job.category] else { throw Problem.notFound }
        let caller = try call.signedIn()
        let refusals = try await call.database.read { db in
            try ImportStore.refusals(of: job.id, limit: 200_000, in: db)
        }
        try await call.database.write { db in
            try desk.note("import.refused", "imports/\(job.id)", by: caller, in: db)
        }
        let bytes: [UInt8]
        do {
            bytes = try await importer.refusedRows(
                job, refusals,
                heads: (call.word("registry.column.line"), call.word("registry.column.why"))
            ) { words($0, category, call) }
        } catch let error as TableError {
            throw error == .unreadable ? Problem.notFound : Importer.problem(error)
        }
        return .bytes(bytes, type: Workbook.type, name: call.word("registry.refusedFile") + ".xlsx")
    }
}
