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

extension IdentityRoom {
    func auditRoutes(_ routes: inout Routes) {
        routes.get("/audit", .needs(.auditRead), "The audit log") { call in
            let (rows, more) = try await auditRows(call)
            var context: [String: Any] = [
                "items": rows.map { row -> [String: Any] in
                    [
                        "seq": String(row.seq), "at": row.entry.at.rfc3339, "time": clockText(row.entry.at),
                        "actor": row.entry.actorName, "subject": row.entry.subject, "purpose": row.entry.purpose,
                        "action": call.word(ifKnown: "audit.\(row.entry.action)") ?? row.entry.action,
                    ]
                },
                "values": ["subject": call.query("subject") ?? "", "action": call.query("action") ?? ""],
            ]
            if more, let last = rows.last { context["next"] = "/audit?before=\(last.seq)" }
            if call.query("verify") != nil {
                let report = try await audit.verify(database)
                context["report"] = ["good": report.flaw == nil, "text": words(report, call)]
            }
            return try call.page("audit", title: call.word("identity.audit.title"), context)
        }
        routes.get(
            "/api/v1/audit", .needs(.auditRead), "The audit log, newest first",
            shapes: Shapes(
                query: [("before", "the last id seen"), ("subject", "one subject"), ("action", "one action")],
                gives: .page(of: AuditView.shape))
        ) { call in
            let (rows, more) = try await auditRows(call)
            let next = more ? rows.last.map { "/api/v1/audit?limit=\(call.limit)&before=\($0.seq)" } : nil
            return try .list(rows.map(AuditView.init), next: next)
        }
    }

    private func auditRows(_ call: Call) async throws -> (rows: [AuditRow], more: Bool) {
        let limit = call.limit
        let before = call.query("before").flatMap { Int64($0) } ?? .max
        let subject = call.query("subject")
        let action = call.query("action")
        let rows = try await database.read { db in
            var conditions: [SQL] = ["seq < \(before)"]
            if let subject { conditions.append("subject = \(subject)") }
            if let action { conditions.append("action = \(action)") }
            return try db.all(
                AuditRow.self,
                """
                SELECT \(raw: AuditRow.columns) FROM audit WHERE \(SQL.joined(conditions, by: " AND "))
                ORDER BY seq DESC LIMIT \(Int64(limit + 1))
                """)
        }
        return (Array(rows.prefix(limit)), rows.count > limit)
    }

    private func clockText(_ moment: Instant) -> String {
        let text = moment.rfc3339
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8)
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
