import Cases
import Kernel
import Places
import Storage
import Web

/// Requests, listed and one by one. What is published of one is what everybody may know.
extension Open311 {
    func time(_ text: String?, _ name: String) throws -> Instant? {
        guard let text, !text.isEmpty else { return nil }
        // A plus sign in a query that nobody escaped arrives as a space.
        guard let moment = Instant(text.replacing(" ", with: "+")) ?? Instant(text) else {
            throw Open311Error(status: 400, description: "\(name) is not a date and time")
        }
        return moment
    }

    func requests(_ call: Call) async throws -> [Open311Node] {
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

    func list(_ text: String) -> [String] {
        text.split(separator: ",").prefix(1_000).map { $0.filter { !$0.isWhitespace } }
    }

    /// Requests by their numbers, whatever else was asked for.
    func find(_ ids: [String], _ call: Call) async throws -> [Open311Node] {
        let rows = try await room.database.read { db in
            try ids.compactMap(CaseID.init).compactMap { try shown($0, in: db) }
        }
        return try await nodes(rows, call)
    }

    /// A case that is for everybody, read or written from outside.
    func shown(_ id: CaseID, in db: any Reading) throws -> ReportCase? {
        guard let row = try ReportCaseStore.find(id, in: db), row.about.isEmpty,
            room.category(row.category)?.isPublic == true
        else { return nil }
        return row
    }

    func nodes(_ rows: [ReportCase], _ call: Call) async throws -> [Open311Node] {
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

    func note(_ at: Instant, _ text: String, _ type: String) -> Open311Node {
        .object([("datetime", .text(Self.w3c(at))), ("description", .text(text)), ("type", .text(type))])
    }

    /// Date and time with offset and without fractions, as the standard's examples have it.
    static func w3c(_ moment: Instant) -> String { moment.rfc3339.prefix(19) + "+08:00" }
}
