import Foundation
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
                "values": ["subject": call.query("subject") ?? "", "actor": call.query("actor") ?? ""],
                "export": "/audit.xlsx?" + AuditFilter(call).query,
            ]
            if more, let last = rows.last {
                context["next"] = "/audit?\(AuditFilter(call).query)&before=\(last.seq)"
            }
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
                    ("actor", "part of a name"),
                ],
                gives: .page(of: AuditView.shape))
        ) { call in
            let (rows, more) = try await auditRows(call)
            let next =
                more
                ? rows.last.map { "/api/v1/audit?\(AuditFilter(call).query)&limit=\(call.limit)&before=\($0.seq)" }
                : nil
            return try .list(rows.map(AuditView.init), next: next)
        }
    }

    private func auditRows(_ call: Call) async throws -> (rows: [AuditRow], more: Bool) {
        let (filter, limit) = (AuditFilter(call), call.limit)
        let rows = try await database.read { db in try filter.rows(limit: limit + 1, in: db) }
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

/// Which entries of the audit log a list shows.
struct AuditFilter: Sendable {
    /// Only those older than this one.
    var before: Int64
    private var subject: String?
    private var action: String?
    private var actor: String?

    init(_ call: Call) {
        before = call.query("before").flatMap { Int64($0) } ?? .max
        subject = call.query("subject")
        action = call.query("action")
        actor = call.query("actor").map { String($0.prefix(60)) }
    }

    /// The same filter for another address.
    var query: String {
        [("subject", subject), ("action", action), ("actor", actor)].compactMap { name, value in
            value?.addingPercentEncoding(withAllowedCharacters: .alphanumerics).map { "\(name)=\($0)" }
        }.joined(separator: "&")
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
        return try db.all(
            AuditRow.self,
            """
            SELECT \(raw: AuditRow.columns) FROM audit WHERE \(SQL.joined(conditions, by: " AND "))
            ORDER BY seq DESC LIMIT \(Int64(limit))
            """)
    }
}
