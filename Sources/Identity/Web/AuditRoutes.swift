import Kernel
import Storage
import Web

struct AuditView: Encodable {
    var id: String
    var at: String
    var actor: StaffID?
    var actorName: String
    var action: String
    var subject: String
    var purpose: String
    var detail: String

    init(_ row: AuditRow) {
        id = String(row.seq)
        at = row.entry.at.rfc3339
        actor = row.entry.actor
        actorName = row.entry.actorName
        action = row.entry.action
        subject = row.entry.subject
        purpose = row.entry.purpose
        detail = row.entry.detail
    }

    static let shape = Shape.object(
        [
            "id": .text, "at": .time, "actor": .id, "actorName": .text, "action": .text, "subject": .text,
            "purpose": .text, "detail": .text,
        ], required: ["id", "at", "actorName", "action", "subject"])
}

/// Which entries of the audit log a list shows.
struct AuditFilter: Sendable {
    var before = Int64.max
    var subject: String?
    var action: String?
    /// Part of the name that somebody had at the time.
    var actor: String?
    var from: Instant?
    var to: Instant?

    static let names = ["subject", "action", "actor", "from", "to", "limit"]

    init(_ call: Call) {
        before = call.query("before").flatMap { Int64($0) } ?? .max
        subject = call.query("subject").map { String($0.prefix(80)) }
        action = call.query("action").map { String($0.prefix(40)) }
        actor = call.query("actor").map { String($0.prefix(40)) }
        from = call.query("from").flatMap { Instant($0) }
        to = call.query("to").flatMap { Instant($0) }
    }

    /// The newest first.
    func rows(limit: Int, in db: any Reading) throws -> [AuditRow] {
        var conditions: [SQL] = ["seq < \(before)"]
        if let subject { conditions.append("subject = \(subject)") }
        if let action { conditions.append("action = \(action)") }
        if let actor {
            let plain = actor.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
            conditions.append("actor_name LIKE \("%\(plain)%") ESCAPE '\\'")
        }
        if let from { conditions.append("at >= \(from)") }
        if let to { conditions.append("at < \(to)") }
        return try db.all(
            AuditRow.self,
            """
            SELECT \(raw: AuditRow.columns) FROM audit WHERE \(SQL.joined(conditions, by: " AND "))
            ORDER BY seq DESC LIMIT \(Int64(limit))
            """)
    }
}

extension IdentityRoom {
    func auditRoutes(_ routes: inout Routes) {
        routes.get("/audit", .needs(.auditRead), "The audit log") { call in
            let (rows, more) = try await auditRows(call)
            let actions = try await database.read { db in
                try db.all(Name.self, "SELECT DISTINCT action FROM audit ORDER BY action LIMIT 200").map(\.text)
            }
            var context: [String: Any] = [
                "items": rows.map { row -> [String: Any] in
                    var item: [String: Any] = [
                        "seq": String(row.seq), "at": row.entry.at.rfc3339, "time": row.entry.at.text,
                        "actor": call.word(ifKnown: "audit.by.\(row.entry.actorName)") ?? row.entry.actorName,
                        "subject": row.entry.subject, "purpose": row.entry.purpose,
                        "action": words(ofAction: row.entry.action, call),
                    ]
                    if let link = page(of: row.entry.subject) { item["href"] = link }
                    return item
                },
                "values": Dictionary(
                    uniqueKeysWithValues: ["subject", "actor", "from", "to"].map { ($0, call.query($0) ?? "") }),
                "export": "/audit.xlsx?" + call.kept(AuditFilter.names),
                "actions": actions.map { action -> [String: Any] in
                    [
                        "value": action, "label": words(ofAction: action, call),
                        "selected": action == call.query("action"),
                    ]
                },
            ]
            if more, let last = rows.last { context["next"] = next("/audit", call, after: last.seq) }
            if call.query("verify") != nil {
                let report = try await audit.verify(database)
                context["report"] = ["good": report.flaw == nil, "text": words(report, call)]
            }
            return try call.page("audit", title: call.word("identity.audit.title"), context)
        }
        routes.get(
            "/api/v1/audit", .needs(.auditRead), "The audit log, newest first",
            shapes: Shapes(
                query: [
                    ("before", "the last id seen"), ("subject", "one subject"), ("action", "one action"),
                    ("actor", "part of a name"), ("from", "on or after this day, YYYY-MM-DD"),
                    ("to", "before this day"), ("limit", "1…500"),
                ],
                gives: .page(of: AuditView.shape))
        ) { call in
            let (rows, more) = try await auditRows(call)
            return try .list(
                rows.map(AuditView.init),
                next: more ? rows.last.map { next("/api/v1/audit", call, after: $0.seq) } : nil)
        }
    }

    private struct Name: RowDecodable {
        var text: String
        init(row: inout Row) throws { text = try row.next() }
    }

    private func auditRows(_ call: Call) async throws -> (rows: [AuditRow], more: Bool) {
        let (filter, limit) = (AuditFilter(call), call.limit)
        let rows = try await database.read { db in try filter.rows(limit: limit + 1, in: db) }
        return (Array(rows.prefix(limit)), rows.count > limit)
    }

    private func next(_ path: String, _ call: Call, after seq: Int64) -> String {
        path + "?" + call.kept(AuditFilter.names, and: ("before", String(seq)))
    }

    private func words(ofAction action: String, _ call: Call) -> String {
        call.word(ifKnown: "audit.\(action)") ?? action
    }

    /// Where a subject is shown, for those that have a page of their own.
    private func page(of subject: String) -> String? {
        ["sites/", "cases/", "staff/"].contains { subject.hasPrefix($0) } ? "/" + subject : nil
    }

    private func words(_ report: AuditReport, _ call: Call) -> String {
        switch report.flaw {
        case nil: call.word("identity.audit.holds", ["count": String(report.count)])
        case .changed(let seq): call.word("identity.audit.changed", ["seq": String(seq)])
        case .missing(let seq): call.word("identity.audit.missing", ["seq": String(seq)])
        case .cut(let last, let known):
            call.word("identity.audit.cut", ["last": String(last), "known": String(known)])
        }
    }
}
