import CAP
import Kernel
import Storage
import Web

/// An alert of another centre, as lists show it.
struct ReceivedAlert: Sendable, RowDecodable {
    var id: ID<ReceivedAlert>
    var sender: String
    var identifier: String
    var sent: Instant
    var status: String
    var kind: String
    var severity: String
    var event: String
    var headline: String
    var caseID: CaseID?
    var receivedAt: Instant

    static let columns =
        "id, sender, identifier, sent, status, kind, severity, event, headline, case_id, received_at"

    init(row: inout Row) throws {
        id = try row.next()
        sender = try row.next()
        identifier = try row.next()
        sent = try row.next()
        status = try row.next()
        kind = try row.next()
        severity = try row.next()
        event = try row.next()
        headline = try row.next()
        caseID = try row.next()
        receivedAt = try row.next()
    }
}

enum ReceivedStore {
    static func find(_ reference: Alert.Reference, in db: any Reading) throws -> ReceivedAlert? {
        try db.first(
            ReceivedAlert.self,
            """
            SELECT \(raw: ReceivedAlert.columns) FROM alert_received WHERE sender = \(reference.sender)
            AND identifier = \(reference.identifier) AND sent = \(reference.sent)
            """)
    }

    static func insert(
        _ alert: Alert, id: ID<ReceivedAlert>, document: String, case caseID: CaseID?, at now: Instant,
        in db: any Writing
    ) throws {
        let info = alert.infos.first
        try db.execute(
            """
            INSERT INTO alert_received (id, sender, identifier, sent, status, kind, severity, event, headline,
            document, case_id, received_at) VALUES (\(id), \(alert.sender), \(alert.identifier), \(alert.sent),
            \(alert.status.rawValue), \(alert.kind.rawValue), \(info?.severity.rawValue ?? ""), \(info?.event ?? ""),
            \(info?.headline ?? ""), \(document), \(caseID), \(now))
            """)
        try db.publish(
            NewEvent(
                type: "broadcast.received", subject: "alerts-received/\(id)",
                permission: Permission.broadcastRead.name, data: "{\"subject\":\"alerts-received/\(id)\"}"))
    }

    static func page(before: ID<ReceivedAlert>?, limit: Int, in db: any Reading) throws -> [ReceivedAlert] {
        let older: SQL = before.map { "WHERE id < \($0)" } ?? ""
        return try db.all(
            ReceivedAlert.self,
            "SELECT \(raw: ReceivedAlert.columns) FROM alert_received \(older) ORDER BY id DESC LIMIT \(Int64(limit))")
    }

    static func document(_ id: ID<ReceivedAlert>, in db: any Reading) throws -> String? {
        try db.value(String.self, "SELECT document FROM alert_received WHERE id = \(id)")
    }
}
