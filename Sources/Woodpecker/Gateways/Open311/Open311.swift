import Cases
import Crypt
import Kernel
import Places
import Storage
import Web

/// GeoReport v2 with paging, media upload and the updates extension. What is published of a request is what everybody
/// may know: category, state, coarse place, public words. Never the words, photos, name or exact place of a report.
struct Open311: Sendable {
    let room: WoodpeckerRoom
    static let jurisdiction = "zhili.local"
    static let spanMs: Int64 = 90 * CivilTime.dayMs
    static let cap = 1_000

    func routes(_ routes: inout Routes) {
        for format in Open311Format.allCases {
            routes.get("/open311/discovery.\(format.rawValue)", .device, "Open311: where the endpoints are") { call in
                discovery(call, format)
            }
            routes.get("/open311/v2/services.\(format.rawValue)", .device, "Open311: what can be reported") { call in
                try await answer(format) {
                    try jurisdiction(call.incoming.query)
                    return ("services", .list(services(call), of: "service"))
                }
            }
            routes.get("/open311/v2/requests.\(format.rawValue)", .device, "Open311: what was reported") { call in
                try await answer(format) {
                    try jurisdiction(call.incoming.query)
                    return ("service_requests", .list(try await requests(call), of: "request"))
                }
            }
            routes.post(
                "/open311/v2/requests.\(format.rawValue)", .device, "Open311: report something",
                bodyLimit: ReportForm.bodyLimit
            ) { call in
                try await answer(format) { ("service_requests", .list([try await create(call)], of: "request")) }
            }
            routes.get(
                "/open311/v2/servicerequestupdates.\(format.rawValue)", .device, "Open311: what changed in a time"
            ) { call in
                try await answer(format) {
                    ("service_requests_updates", .list(try await updates(call), of: "request_update"))
                }
            }
            routes.post(
                "/open311/v2/servicerequestupdates.\(format.rawValue)", .device, "Open311: another system's update"
            ) { call in
                try await answer(format) {
                    ("service_request_updates", .list([try await takeUpdate(call)], of: "request_update"))
                }
            }
        }
        // The format is a part of the last piece of these: `006.xml`.
        routes.get("/open311/v2/services/{code}", .device, "Open311: the questions of a service") { call in
            let (code, format) = try split(call.param("code"))
            return try await answer(format) {
                try jurisdiction(call.incoming.query)
                guard let category = room.category(code), !category.questions.isEmpty else {
                    throw Open311Error.unknown("service_code")
                }
                return ("service_definition", definition(category, call))
            }
        }
        routes.get("/open311/v2/requests/{code}", .device, "Open311: one request") { call in
            let (code, format) = try split(call.param("code"))
            return try await answer(format) {
                try jurisdiction(call.incoming.query)
                let found = try await find([code], call)
                guard !found.isEmpty else { throw Open311Error.unknown("service_request_id") }
                return ("service_requests", .list(found, of: "request"))
            }
        }
        routes.get("/open311/v2/tokens/{code}", .device, "Open311: the request behind a token") { call in
            let (code, format) = try split(call.param("code"))
            return try await answer(format) {
                try jurisdiction(call.incoming.query)
                // Every report gets its number at once, so a token is that number.
                guard try await !find([code], call).isEmpty else { throw Open311Error.unknown("token") }
                return (
                    "service_requests",
                    .list(
                        [.object([("service_request_id", .text(code)), ("token", .text(code))])], of: "request")
                )
            }
        }
    }

    private func answer(
        _ format: Open311Format, _ work: () async throws -> (String, Open311Node)
    ) async throws -> Answer {
        do {
            let (root, node) = try await work()
            return format.answer(root, node)
        } catch let error as Open311Error {
            return format.answer("errors", error.node, status: error.status)
        } catch let problem as Problem where problem.status < 500 {
            let flaw = problem.fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(
                separator: ", ")
            let error = Open311Error(status: 400, description: flaw.isEmpty ? problem.code : flaw)
            return format.answer("errors", error.node, status: error.status)
        } catch CryptError.busy {
            return format.answer("errors", Open311Error(status: 400, description: "busy").node, status: 503)
        }
    }

    private func split(_ piece: String) throws -> (String, Open311Format) {
        for format in Open311Format.allCases where piece.hasSuffix(".\(format.rawValue)") {
            return (String(piece.dropLast(format.rawValue.count + 1)), format)
        }
        throw Problem.notFound
    }

    private func jurisdiction(_ form: Form) throws {
        if let asked = form["jurisdiction_id"], !asked.isEmpty, asked != Self.jurisdiction {
            throw Open311Error.unknown("jurisdiction_id")
        }
    }

    /// Where the caller found us.
    private static func root(_ call: Call) -> String {
        "\(call.incoming.isSecure ? "https" : "http")://\(call.incoming.authority ?? "127.0.0.1")"
    }

    // MARK: Documents

    private func discovery(_ call: Call, _ format: Open311Format) -> Answer {
        let url = Self.root(call) + "/open311/v2"
        let changeset = "2026-11-25T00:00:00+08:00"
        let formats = Open311Node.list([.text("text/xml"), .text("application/json")], of: "format")
        let endpoint = Open311Node.object([
            ("specification", .text("http://wiki.open311.org/GeoReport_v2")), ("url", .text(url)),
            ("changeset", .text(changeset)), ("type", .text("production")), ("formats", formats),
        ])
        // Validators compare this type as it stands, without a character set.
        return format.answer(
            "discovery",
            .object([
                ("changeset", .text(changeset)), ("contact", .text(call.word("woodpecker.open311.contact"))),
                ("key_service", .text(call.word("woodpecker.open311.keys"))),
                ("endpoints", .list([endpoint], of: "endpoint")),
            ]), plainType: true)
    }

    private func services(_ call: Call) -> [Open311Node] {
        room.categories.filter { $0.code != "conduct" }.map { category in
            .object([
                ("service_code", .text(category.code)), ("service_name", .text(category.name.text(call.language))),
                ("description", Open311Node(category.hint.text(call.language))),
                ("metadata", .flag(!category.questions.isEmpty)), ("type", .text("realtime")),
                ("keywords", Open311Node(category.keywords)),
                ("group", Open311Node(category.group.text(call.language))),
            ])
        }
    }

    private func definition(_ category: Category, _ call: Call) -> Open311Node {
        let attributes = category.questions.enumerated().map { index, question -> Open311Node in
            let type =
                switch question.kind {
                case .choice: "singlevaluelist"
                case .many: "multivaluelist"
                case .text: "string"
                case .number: "number"
                }
            var members: [(String, Open311Node)] = [
                ("variable", .flag(true)), ("code", .text(question.code)), ("datatype", .text(type)),
                ("required", .flag(question.required)), ("datatype_description", .nothing),
                ("order", .integer(index + 1)),
                ("description", .text(question.name.text(call.language))),
            ]
            if !question.choices.isEmpty {
                members.append(
                    (
                        "values",
                        .list(
                            question.choices.map {
                                .object([("key", .text($0.key)), ("name", .text($0.name.text(call.language)))])
                            }, of: "value")
                    ))
            }
            return .object(members)
        }
        return .object([
            ("service_code", .text(category.code)), ("attributes", .list(attributes, of: "attribute")),
        ])
    }

    // MARK: Requests

    private func time(_ text: String?, _ name: String) throws -> Instant? {
        guard let text, !text.isEmpty else { return nil }
        // A plus sign in a query that nobody escaped arrives as a space.
        guard let moment = Instant(text.replacing(" ", with: "+")) ?? Instant(text) else {
            throw Open311Error(status: 400, description: "\(name) is not a date and time")
        }
        return moment
    }

    private func requests(_ call: Call) async throws -> [Open311Node] {
        if let ids = call.query("service_request_id") { return try await find(list(ids), call) }
        let (start, end) = (
            try time(call.query("start_date"), "start_date"), try time(call.query("end_date"), "end_date")
        )
        let to = end ?? start.map { min(.now, $0 + Self.spanMs) } ?? .now
        let from = start ?? to - Self.spanMs
        guard from <= to, to - from <= Self.spanMs else {
            throw Open311Error(status: 400, description: "start_date and end_date span more than 90 days")
        }
        let codes = call.query("service_code").map(list) ?? []
        for code in codes where room.category(code) == nil { throw Open311Error.unknown("service_code") }
        let states = call.query("status").map(list) ?? []
        guard states.allSatisfy({ $0 == "open" || $0 == "closed" }) else {
            throw Open311Error(status: 400, description: "status is open or closed")
        }
        let size = call.query("page_size").flatMap { Int($0) } ?? Self.cap
        let page = call.query("page").flatMap { Int($0) } ?? 1
        guard (1...Self.cap).contains(size), (1...10_000).contains(page) else {
            throw Open311Error(status: 400, description: "page_size is 1 to 1000 and page 1 or more")
        }
        let shown = room.categories.filter { $0.isPublic && (codes.isEmpty || codes.contains($0.code)) }.map(\.code)
        let room = room
        let rows = try await room.database.read { db in
            try ReportCaseStore.open311(
                categories: shown, isOpen: states.count == 1 ? states[0] == "open" : nil, from: from, to: to,
                limit: size, offset: (page - 1) * size, in: db)
        }
        return try await nodes(rows, call)
    }

    private func list(_ text: String) -> [String] {
        text.split(separator: ",").prefix(1_000).map { $0.filter { !$0.isWhitespace } }
    }

    /// Requests by their numbers, whatever else was asked for.
    private func find(_ ids: [String], _ call: Call) async throws -> [Open311Node] {
        let rows = try await room.database.read { db in
            try ids.compactMap(CaseID.init).compactMap { try shown($0, in: db) }
        }
        return try await nodes(rows, call)
    }

    /// A case that is for everybody, read or written from outside.
    private func shown(_ id: CaseID, in db: any Reading) throws -> ReportCase? {
        guard let row = try ReportCaseStore.find(id, in: db), row.about.isEmpty,
            room.category(row.category)?.isPublic == true
        else { return nil }
        return row
    }

    private func nodes(_ rows: [ReportCase], _ call: Call) async throws -> [Open311Node] {
        let room = room
        let (departments, photos) = try await room.database.read { db in
            let shown = rows.filter { $0.publishedAt != nil }.map(\.id)
            return (try DepartmentStore.all(in: db), try PublicPhotoStore.list(of: shown, in: db))
        }
        let pictures = Dictionary(photos.map { ($0.caseID, $0.id) }) { first, _ in first }
        let root = Self.root(call)
        let withMore = call.query("extensions") == "true"
        return rows.map { row in
            let category = room.category(row.category)
            let notes = row.outcome.map { call.word("woodpecker.outcome.\($0.rawValue)") }
            let updated = row.finishedAt ?? row.answeredAt ?? row.handedAt ?? row.openedAt
            var members: [(String, Open311Node)] = [
                ("service_request_id", .text(row.id.description)),
                ("status", .text(row.outcome == nil ? "open" : "closed")), ("status_notes", Open311Node(notes)),
                ("service_name", .text(category?.name.text(call.language) ?? row.category)),
                ("service_code", .text(row.category)), ("description", Open311Node(row.publicWords)),
                ("agency_responsible", Open311Node(departments.first { $0.id == row.department }?.name)),
                ("service_notice", .nothing), ("requested_datetime", .text(Self.w3c(row.openedAt))),
                ("updated_datetime", .text(Self.w3c(updated))), ("expected_datetime", .text(Self.w3c(row.dueAt))),
                ("address", Open311Node(row.area.map(room.areas.name(of:)))), ("address_id", .nothing),
                ("zipcode", .nothing), ("lat", row.point.map { .number($0.lat) } ?? .nothing),
                ("long", row.point.map { .number($0.lon) } ?? .nothing),
                (
                    "media_url",
                    pictures[row.id].map { .text("\(root)/fixed/photos/\($0)") } ?? .nothing
                ),
            ]
            if withMore {
                var notes: [Open311Node] = []
                if let handed = row.handedAt {
                    notes.append(note(handed, call.word("woodpecker.phase.assigned"), "acknowledgement"))
                }
                if let finished = row.finishedAt, let outcome = row.outcome {
                    notes.append(note(finished, call.word("woodpecker.outcome.\(outcome.rawValue)"), "closure"))
                }
                members.append(("attributes", .object([])))
                members.append(
                    ("extended_attributes", .object([("area", Open311Node(row.area.map(room.areas.name(of:))))])))
                members.append(("notes", .list(notes, of: "note")))
            }
            return .object(members)
        }
    }

    private func note(_ at: Instant, _ text: String, _ type: String) -> Open311Node {
        .object([("datetime", .text(Self.w3c(at))), ("description", .text(text)), ("type", .text(type))])
    }

    /// Date and time with offset and without fractions, as the standard's examples have it.
    static func w3c(_ moment: Instant) -> String { moment.rfc3339.prefix(19) + "+08:00" }

    // MARK: Writing

    private func checkKey(_ key: String?) async throws {
        guard let key, (8...200).contains(key.utf8.count),
            try await room.database.read({ db in try Open311Store.holds(key, in: db) })
        else { throw Open311Error.key }
    }

    private func create(_ call: Call) async throws -> Open311Node {
        let (form, files) = try body(call)
        try await checkKey(form["api_key"])
        try jurisdiction(form)
        guard let code = form["service_code"], !code.isEmpty else { throw Open311Error.missing("service_code") }
        guard let category = room.category(code) else { throw Open311Error.unknown("service_code") }
        let point = try place(form)
        let address = form["address_string"] ?? form["address_id"] ?? ""
        guard point != nil || !address.isEmpty else {
            throw Open311Error.missing("lat and long, address_string or address_id")
        }
        var check = FieldCheck()
        let words = check.text(form["description"], "description", 0...4_000)
        let answers = attributes(form, category, &check)
        try check.finish()
        guard files.count <= ReportForm.photoLimit else {
            throw Open311Error(status: 400, description: "at most \(ReportForm.photoLimit) media files")
        }
        var photos: [[UInt8]] = []
        for file in files { photos.append(try await ReportForm.remade(file.bytes)) }
        let name = [form["last_name"], form["first_name"]].compactMap(\.self).joined(separator: " ")
        let contact = [form["phone"], form["email"]].compactMap { $0.flatMap { $0.isEmpty ? nil : $0 } }.first
        // Who sends a name through another program is known to the desk alone; an account or device never is kept.
        let level: Level = name.isEmpty && contact == nil ? .anonymous : .confidential
        let taken = try await room.intake.take(
            NewReport(
                receipt: try Receipt(), level: level, channel: .open311, category: category,
                area: point.flatMap(room.areas.area(at:)),
                content: ReportContent(
                    words: words, answers: answers, place: String(address.prefix(200)), point: point,
                    name: name.isEmpty ? nil : String(name.prefix(80)), phone: contact.map { String($0.prefix(80)) }),
                photos: photos, mayPublish: category.isPublic, at: .now))
        return .object([
            ("service_request_id", .text(taken.caseID.description)),
            ("service_notice", .text(call.word("woodpecker.open311.notice"))), ("account_id", .nothing),
        ])
    }

    private func body(_ call: Call) throws -> (Form, [Multipart.File]) {
        let type = call.header("Content-Type") ?? ""
        guard type.lowercased().hasPrefix("multipart/") else { return (call.form, []) }
        guard let parts = Multipart(call.body, type: type) else {
            throw Open311Error(status: 400, description: "the form did not arrive whole")
        }
        return (parts.form, parts.files.filter { $0.field == "media" })
    }

    private func place(_ form: Form) throws -> GeoPoint? {
        let (lat, lon) = (form["lat"] ?? "", form["long"] ?? "")
        if lat.isEmpty, lon.isEmpty { return nil }
        guard let lat = Double(lat), let lon = Double(lon), let point = GeoPoint(lat: lat, lon: lon) else {
            throw Open311Error(status: 400, description: "lat and long are not a place")
        }
        return point
    }

    /// `attribute[CODE]` and `attribute[CODE][]`.
    private func attributes(_ form: Form, _ category: Category, _ check: inout FieldCheck) -> [String: [String]] {
        var pairs: [(name: String, value: String)] = []
        for question in category.questions {
            for name in ["attribute[\(question.code)]", "attribute[\(question.code)][]"] {
                pairs += form.all(name).map { ("q_" + question.code, $0) }
            }
        }
        let given = ReportForm(form: Form(pairs: pairs), files: [])
        return given.answers(category, &check)
    }

    // MARK: The updates extension

    private static let statuses: Set<String> = [
        "OPEN", "CLOSED", "FIXED", "IN_PROGRESS", "ACTION_SCHEDULED", "INVESTIGATING", "DUPLICATE",
        "NOT_COUNCILS_RESPONSIBILITY", "NO_FURTHER_ACTION", "INTERNAL_REFERRAL", "FOR_TRIAGE", "CANCELLED", "REOPEN",
    ]

    private func updates(_ call: Call) async throws -> [Open311Node] {
        try await checkKey(call.query("api_key"))
        let (start, end) = (
            try time(call.query("start_date"), "start_date"), try time(call.query("end_date"), "end_date")
        )
        let to = end ?? .now
        let from = start ?? to - CivilTime.dayMs
        guard from <= to, to - from <= Self.spanMs else {
            throw Open311Error(status: 400, description: "start_date and end_date span more than 90 days")
        }
        let room = room
        let shown = Set(room.categories.filter(\.isPublic).map(\.code))
        let (own, theirs) = try await room.database.read { db in
            (
                try ReportCaseStore.changed(from: from, to: to, in: db).filter {
                    shown.contains($0.category) && $0.about.isEmpty
                }, try Open311Store.updates(from: from, to: to, in: db)
            )
        }
        let mine = own.map { row -> Open311Node in
            let (at, status) =
                row.finishedAt.map { ($0, Self.status(row.outcome)) } ?? (row.handedAt ?? row.openedAt, "IN_PROGRESS")
            return update(
                "\(row.id)-\(at.ms)", row.id, status, at,
                row.outcome.map { call.word("woodpecker.outcome.\($0.rawValue)") })
        }
        return mine + theirs.map { update(String($0.id), $0.caseID, $0.status, $0.at, nil) }
    }

    private static func status(_ outcome: Outcome?) -> String {
        switch outcome {
        case .fixed: "FIXED"
        case .planned: "ACTION_SCHEDULED"
        case .impossible: "NO_FURTHER_ACTION"
        case .notOurs: "NOT_COUNCILS_RESPONSIBILITY"
        case .duplicate: "DUPLICATE"
        case .rejected: "CANCELLED"
        case nil: "OPEN"
        }
    }

    private func update(_ id: String, _ caseID: CaseID, _ status: String, _ at: Instant, _ text: String?) -> Open311Node
    {
        .object([
            ("update_id", .text(id)), ("service_request_id", .text(caseID.description)), ("status", .text(status)),
            ("updated_datetime", .text(Self.w3c(at))), ("description", Open311Node(text)), ("media_url", .nothing),
        ])
    }

    private func takeUpdate(_ call: Call) async throws -> Open311Node {
        let form = call.form
        try await checkKey(form["api_key"])
        guard let id = form["service_request_id"].flatMap(CaseID.init) else {
            throw Open311Error.missing("service_request_id")
        }
        guard let theirs = form["update_id"], (1...100).contains(theirs.utf8.count) else {
            throw Open311Error.missing("update_id")
        }
        guard let status = form["status"], Self.statuses.contains(status) else { throw Open311Error.missing("status") }
        let at = try time(form["updated_datetime"], "updated_datetime") ?? .now
        let text = String((form["description"] ?? "").prefix(2_000))
        let room = room
        let word = call.word("woodpecker.open311.update", ["status": status])
        let number = try await room.database.write { db -> Int64 in
            guard let row = try shown(id, in: db) else { throw Open311Error.unknown("service_request_id") }
            let own = ID<Open311>.next().rawValue
            let kept = try Open311Store.add(own, id, theirs: theirs, status: status, at: at, in: db)
            if kept == own {
                // The timeline tells that something came; what it says is sealed as everything that is said here.
                if !text.isEmpty {
                    for holder in [.desk] + (row.department.map { [Holder.department($0)] } ?? []) {
                        try Open311Store.seal(own, text, to: holder, in: db)
                    }
                }
                try room.cases.note(word, on: id, by: .system("open311"), at: .now, in: db)
                try Intake.publish(id, area: row.area, at: .now, in: db)
            }
            return kept
        }
        return .object([("update_id", .text(String(number)))])
    }
}
