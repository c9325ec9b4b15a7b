import Cases
import Kernel
import Storage
import Web

/// The updates extension: what changed in a time, and what another system tells of a request.
extension Open311 {
    static let statuses: Set<String> = [
        "OPEN", "CLOSED", "FIXED", "IN_PROGRESS", "ACTION_SCHEDULED", "INVESTIGATING", "DUPLICATE",
        "NOT_COUNCILS_RESPONSIBILITY", "NO_FURTHER_ACTION", "INTERNAL_REFERRAL", "FOR_TRIAGE", "CANCELLED", "REOPEN",
    ]

    func updates(_ call: Call) async throws -> [Open311Node] {
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

    static func status(_ outcome: Outcome?) -> String {
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

    func update(_ id: String, _ caseID: CaseID, _ status: String, _ at: Instant, _ text: String?) -> Open311Node {
        .object([
            ("update_id", .text(id)), ("service_request_id", .text(caseID.description)), ("status", .text(status)),
            ("updated_datetime", .text(Self.w3c(at))), ("description", Open311Node(text)), ("media_url", .nothing),
        ])
    }

    func takeUpdate(_ call: Call) async throws -> Open311Node {
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
