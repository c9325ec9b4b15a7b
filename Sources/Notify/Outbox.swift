import Foundation
import Kernel
import Storage

/// How somebody is told.
public enum Channel: String, Codable, Sendable {
    case sms, call
}

/// Who is told.
public struct Recipient: Sendable {
    /// The name that people read.
    public var name: String
    /// The phone.
    public var phone: String
    /// The role in which the person is told.
    public var role: String

    /// A recipient.
    public init(name: String, phone: String, role: String) {
        self.name = name
        self.phone = phone
        self.role = role
    }
}

/// A text or call that is to go out.
public struct NewMessage: Sendable {
    /// How: `sms` or `call`.
    public var channel: Channel
    /// To whom.
    public var to: Recipient
    /// The words.
    public var text: String
    /// The case.
    public var caseID: CaseID?
    /// Such as `alarms/01…`.
    public var subject: String
    /// The same key is the same message: it is queued once.
    public var key: String
    /// When.
    public var at: Instant

    /// A message.
    public init(
        channel: Channel, to: Recipient, text: String, caseID: CaseID?, subject: String, key: String, at: Instant
    ) {
        self.channel = channel
        self.to = to
        self.text = text
        self.caseID = caseID
        self.subject = subject
        self.key = key
        self.at = at
    }
}

/// What waits to be sent, written in the transaction of what it tells of.
public struct Outbox: Sendable {
    /// An outbox.
    public init() {}

    /// The schema.
    public static func schema() throws -> [Migration] { try Migration.load(room: "notify", bundle: .module) }

    /// Queues a message; one with a known key is there already.
    public func enqueue(_ new: NewMessage, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO message (id, message_key, channel, to_name, to_phone, to_role, text, case_id, subject, state,
            queued_at) VALUES (\(MessageID.next().rawValue), \(new.key), \(new.channel.rawValue), \(new.to.name),
            \(new.to.phone), \(new.to.role), \(new.text), \(new.caseID?.rawValue), \(new.subject), 'queued',
            \(new.at)) ON CONFLICT (message_key) DO NOTHING
            """)
        db.wake("outbox")
    }

    /// Takes back what has not been sent about a subject.
    public func withdraw(subject: String, in db: any Writing) throws {
        try db.execute("UPDATE message SET state = 'withdrawn' WHERE subject = \(subject) AND state = 'queued'")
    }

    /// A queued message, as a case shows it.
    public struct Entry: Sendable, RowDecodable {
        /// The name that people read.
        public var name: String
        /// How: `sms` or `call`.
        public var channel: String
        /// Where it stands.
        public var state: String
        /// When.
        public var at: Instant

        /// Reads name, channel, state, time.
        public init(row: inout Row) throws {
            name = try row.next()
            channel = try row.next()
            state = try row.next()
            at = try row.next()
        }
    }

    /// What was said of a case.
    public func entries(of id: CaseID, in db: any Reading) throws -> [Entry] {
        try db.all(
            Entry.self,
            """
            SELECT to_name, channel, state, queued_at FROM message WHERE case_id = \(id.rawValue) ORDER BY id LIMIT 200
            """)
    }
}
