import Foundation
import Kernel
import Notify
import Storage

@testable import FireGuard

/// A desk that keeps what it is told in two tables, so that a transaction that fails leaves nothing.
struct FakeDesk: Desk {
    static let migration = Migration(
        id: "zz-test/0001-desk",
        sql: """
            CREATE TABLE fake_case (
              id BIGINT PRIMARY KEY, signal_key TEXT NOT NULL, severity BIGINT NOT NULL, title TEXT NOT NULL,
              work BIGINT NOT NULL, is_open BIGINT NOT NULL, verdict TEXT
            );
            CREATE UNIQUE INDEX fake_case_key ON fake_case (signal_key);
            CREATE TABLE fake_line (case_id BIGINT NOT NULL, text TEXT NOT NULL);
            CREATE TABLE fake_message (message_key TEXT PRIMARY KEY, channel TEXT NOT NULL, role TEXT NOT NULL,
              phone TEXT NOT NULL, subject TEXT NOT NULL);
            CREATE TABLE fake_escalation (subject TEXT PRIMARY KEY, ended BIGINT NOT NULL);
            """)

    func openCase(_ new: NewFireCase, in db: any Writing) throws -> CaseID {
        if let known = try db.value(CaseID.self, "SELECT id FROM fake_case WHERE signal_key = \(new.signalKey)") {
            return known
        }
        let id = CaseID.next()
        try db.execute(
            """
            INSERT INTO fake_case (id, signal_key, severity, title, work, is_open, verdict)
            VALUES (\(id), \(new.signalKey), \(new.severity), \(new.title), \(new.isWork), 1, \(String?.none))
            """)
        return id
    }

    func join(_ signalKey: String, text: String, to id: CaseID, at: Instant, in db: any Writing) throws {
        try note(text, on: id, by: .system("fire"), at: at, in: db)
    }

    func raiseSeverity(to severity: Int, reason: String, of id: CaseID, at: Instant, in db: any Writing) throws {
        try db.execute("UPDATE fake_case SET severity = \(severity) WHERE id = \(id)")
    }

    func note(_ text: String, on id: CaseID, by: Person, at: Instant, in db: any Writing) throws {
        try db.execute("INSERT INTO fake_line (case_id, text) VALUES (\(id), \(text))")
    }

    func acknowledged(_ id: CaseID, by: Person, at: Instant, in db: any Writing) throws {}

    func verified(_ id: CaseID, verdict: Alarm.Verdict, by: Person, at: Instant, in db: any Writing) throws {
        try db.execute("UPDATE fake_case SET verdict = \(verdict) WHERE id = \(id)")
    }

    func isOpen(_ id: CaseID, in db: any Reading) throws -> Bool {
        try db.value(Bool.self, "SELECT is_open FROM fake_case WHERE id = \(id)") ?? false
    }

    func tell(_ message: FireMessage, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO fake_message (message_key, channel, role, phone, subject)
            VALUES (\(message.key), \(message.channel.rawValue), \(message.to.role), \(message.to.phone),
              \(message.subject))
            ON CONFLICT (message_key) DO NOTHING
            """)
    }

    func withdraw(subject: String, in db: any Writing) throws {
        try db.execute("DELETE FROM fake_message WHERE subject = \(subject)")
    }

    func escalate(
        subject: String, caseID: CaseID, area: AreaID?, text: String, content: MessageContent, at: Instant,
        in db: any Writing
    ) throws {
        try db.execute(
            "INSERT INTO fake_escalation (subject, ended) VALUES (\(subject), 0) ON CONFLICT (subject) DO NOTHING")
    }

    func endEscalation(subject: String, at: Instant, in db: any Writing) throws {
        try db.execute("UPDATE fake_escalation SET ended = 1 WHERE subject = \(subject)")
    }

    func brigade(area: AreaID?, in db: any Reading) throws -> [Contact] {
        [Contact(staff: StaffID(rawValue: 7), name: "队员", phone: "19900000007", role: "brigade")]
    }

    func area(at point: GeoPoint, in db: any Reading) throws -> AreaID? { nil }

    func audit(
        _ action: String, subject: String, by: Person, purpose: String?, at: Instant, in db: any Writing
    ) throws {}

    func word(_ key: String, _ values: [String: String]) -> String {
        key + values.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    }
}
