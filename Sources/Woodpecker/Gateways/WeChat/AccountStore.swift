import Kernel
import Storage

/// Something that the official account is to do of its own accord.
struct AccountTask: Sendable, RowDecodable {
    /// What it is.
    enum Kind: String, Sendable, CaseIterable, SQLConvertible {
        /// A reporter is told that there is an answer.
        case told
        /// Somebody who asked for it is reminded of a lesson.
        case remind
        /// The menu is set.
        case menu
        /// A lesson becomes an article.
        case article
        /// A lesson's article goes to all followers.
        case mass

        /// Whether doing it twice is no more than doing it once.
        var isRepeatable: Bool { self != .told && self != .remind }
    }

    /// How far it is. `unknown` may have gone out; `late` did not, and is not tried any more.
    enum State: String, Sendable, CaseIterable, SQLConvertible {
        case waiting, sending, done, refused, unknown, late
    }

    var id: ID<AccountTask>
    var kind: Kind
    var state: State
    var person: String
    var subject: String
    var sealed: [UInt8]
    /// By what a person is told: `text`, or the number of the consent that is used.
    var way: String
    /// What was done of it already.
    var step: String
    var tries: Int64
    var code: String
    var at: Instant

    static let columns = "id, kind, state, person, subject, sealed, way, step, tries, code, at"

    init(row: inout Row) throws {
        id = ID(rawValue: try row.next())
        kind = try row.next()
        state = try row.next()
        person = try row.next()
        subject = try row.next()
        sealed = try row.next()
        way = try row.next()
        step = try row.next()
        tries = try row.next()
        code = try row.next()
        at = try row.next()
    }
}

/// The tables of what the official account says of its own accord.
enum AccountStore {
    static let topic = "account"
    /// Longer than all calls of one task may take.
    static let leaseMs: Int64 = 120_000

    // MARK: Tasks

    @discardableResult
    static func add(
        _ kind: AccountTask.Kind, person: String = "", subject: String = "", sealed: [UInt8] = [], at now: Instant,
        in db: any Writing
    ) throws -> ID<AccountTask> {
        // Persons' rows tell the hour alone, in their numbers too.
        let at = person.isEmpty ? now : Coarse.moment(now, .confidential)
        let id: ID<AccountTask> = person.isEmpty ? .next() : .coarse(at)
        try db.execute(
            """
            INSERT INTO account_out (\(raw: AccountTask.columns), next_at) VALUES (\(id), \(kind), 'waiting', \(person),
            \(subject), \(sealed), '', '', 0, '', \(at), \(at))
            """)
        db.wake(topic)
        return id
    }

    /// A reporter who asked for it is told that there is something to read; one word is enough while it waits.
    static func tell(_ report: ReportID, at now: Instant, in db: any Writing) throws {
        guard let follow = try follow(report, in: db) else { return }
        let subject = report.description
        let waits = try db.value(
            Int64.self,
            """
            SELECT COUNT(*) FROM account_out WHERE kind = 'told' AND subject = \(subject) AND state = 'waiting'
            """)
        guard waits == 0 else { return }
        try add(.told, person: follow.person, subject: subject, sealed: follow.sealed, at: now, in: db)
    }

    static func find(_ id: ID<AccountTask>, in db: any Reading) throws -> AccountTask? {
        try db.first(AccountTask.self, "SELECT \(raw: AccountTask.columns) FROM account_out WHERE id = \(id)")
    }

    static func latest(limit: Int, in db: any Reading) throws -> [AccountTask] {
        try db.all(
            AccountTask.self, "SELECT \(raw: AccountTask.columns) FROM account_out ORDER BY id DESC LIMIT \(limit)")
    }

    static func latest(_ kind: AccountTask.Kind, _ subject: String, in db: any Reading) throws -> AccountTask? {
        try db.first(
            AccountTask.self,
            """
            SELECT \(raw: AccountTask.columns) FROM account_out WHERE kind = \(kind) AND subject = \(subject)
            ORDER BY id DESC LIMIT 1
            """)
    }

    /// How many tasks of a kind went out, or may have, since a moment.
    static func count(_ kind: AccountTask.Kind, since moment: Instant, in db: any Reading) throws -> Int {
        Int(
            try db.value(
                Int64.self,
                """
                SELECT COUNT(*) FROM account_out WHERE kind = \(kind) AND at >= \(moment)
                AND state IN ('waiting', 'sending', 'done', 'unknown')
                """) ?? 0)
    }

    static func nextDue(in db: any Reading) throws -> Instant? {
        try db.value(
            Instant?.self,
            """
            SELECT MIN(CASE WHEN state = 'sending' THEN lease_until + 1 ELSE next_at END) FROM account_out
            WHERE state IN ('waiting', 'sending')
            """) ?? nil
    }

    static func due(at now: Instant, limit: Int, in db: any Reading) throws -> [AccountTask] {
        try db.all(
            AccountTask.self,
            """
            SELECT \(raw: AccountTask.columns) FROM account_out WHERE state = 'waiting' AND next_at <= \(now)
            ORDER BY next_at, id LIMIT \(limit)
            """)
    }

    static func abandoned(at now: Instant, in db: any Reading) throws -> [AccountTask] {
        try db.all(
            AccountTask.self,
            """
            SELECT \(raw: AccountTask.columns) FROM account_out WHERE state = 'sending' AND lease_until < \(now)
            ORDER BY id LIMIT 100
            """)
    }

    static func begin(_ id: ID<AccountTask>, way: String, at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE account_out SET state = 'sending', way = \(way), tries = tries + 1,
            lease_until = \(now + leaseMs) WHERE id = \(id)
            """)
    }

    static func progress(_ id: ID<AccountTask>, _ step: String, at now: Instant, in db: any Writing) throws {
        try db.execute("UPDATE account_out SET step = \(step), lease_until = \(now + leaseMs) WHERE id = \(id)")
    }

    static func again(_ id: ID<AccountTask>, at moment: Instant, code: String, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE account_out SET state = 'waiting', way = '', next_at = \(moment), lease_until = NULL,
            code = \(code) WHERE id = \(id)
            """)
        db.wake(topic)
    }

    /// Ends a task; what was to be said is forgotten.
    static func end(_ id: ID<AccountTask>, _ state: AccountTask.State, code: String, in db: any Writing) throws {
        let nothing: [UInt8] = []
        try db.execute(
            """
            UPDATE account_out SET state = \(state), code = \(code), sealed = \(nothing), person = '', way = '',
            lease_until = NULL WHERE id = \(id)
            """)
    }

    static func forget(before moment: Instant, in db: any Writing) throws {
        try db.execute(
            """
            DELETE FROM account_out WHERE at < \(moment) AND state NOT IN ('waiting', 'sending')
            AND kind NOT IN ('article', 'mass')
            """)
        try db.execute("DELETE FROM account_window WHERE at < \(moment)")
    }

    // MARK: Persons

    struct Follow: Sendable, RowDecodable {
        var person: String
        var sealed: [UInt8]
        init(row: inout Row) throws {
            person = try row.next()
            sealed = try row.next()
        }
    }

    static func follow(_ report: ReportID, in db: any Reading) throws -> Follow? {
        try db.first(Follow.self, "SELECT person, sealed FROM account_follow WHERE report = \(report)")
    }

    static func setFollow(_ report: ReportID, _ person: String, _ sealed: [UInt8], in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO account_follow (report, person, sealed) VALUES (\(report), \(person), \(sealed))
            ON CONFLICT (report) DO UPDATE SET person = excluded.person, sealed = excluded.sealed
            """)
    }

    static func dropFollow(_ report: ReportID, in db: any Writing) throws {
        try db.execute("DELETE FROM account_follow WHERE report = \(report)")
        let nothing: [UInt8] = []
        try db.execute(
            """
            UPDATE account_out SET state = 'late', sealed = \(nothing), person = '' WHERE kind = 'told'
            AND subject = \(report.description) AND state = 'waiting'
            """)
    }

    /// Somebody left: nothing of that person stays.
    static func drop(_ person: String, in db: any Writing) throws {
        let nothing: [UInt8] = []
        try db.execute("DELETE FROM account_follow WHERE person = \(person)")
        try db.execute("DELETE FROM account_window WHERE person = \(person)")
        try db.execute("DELETE FROM account_consent WHERE person = \(person)")
        try db.execute(
            """
            UPDATE account_out SET state = 'late', sealed = \(nothing), person = '', code = 'left'
            WHERE person = \(person) AND state = 'waiting'
            """)
    }

    static func window(_ person: String, in db: any Reading) throws -> ReplyWindow? {
        struct Stored: RowDecodable {
            var window: ReplyWindow
            init(row: inout Row) throws { window = ReplyWindow(at: try row.next(), used: try row.next()) }
        }
        return try db.first(Stored.self, "SELECT at, used FROM account_window WHERE person = \(person)")?.window
    }

    static func setWindow(_ person: String, _ window: ReplyWindow, in db: any Writing) throws {
        let at = Coarse.moment(window.at, .confidential)
        try db.execute(
            """
            INSERT INTO account_window (person, at, used) VALUES (\(person), \(at), \(window.used))
            ON CONFLICT (person) DO UPDATE SET at = excluded.at, used = excluded.used
            """)
    }

    // MARK: Settings

    static func setting(_ name: String, in db: any Reading) throws -> String? {
        try db.value(String.self, "SELECT value FROM account_setting WHERE name = \(name)")
    }

    static func set(_ name: String, _ value: String, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO account_setting (name, value) VALUES (\(name), \(value))
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """)
    }
}
