import Kernel
import Storage

/// What followers agreed to: one consent is one message.
extension AccountStore {
    struct Consent: Sendable, RowDecodable {
        var id: ID<Consent>
        var person: String
        var template: String
        var scene: Int64
        var sealed: [UInt8]
        init(row: inout Row) throws {
            id = ID(rawValue: try row.next())
            person = try row.next()
            template = try row.next()
            scene = try row.next()
            sealed = try row.next()
        }
        static let columns = "id, person, template, scene, sealed"
    }

    /// Consents of one person to one template are at most this many.
    static let consentLimit: Int64 = 20

    static func addConsent(
        _ person: String, _ template: String, scene: Int64 = -1, _ sealed: [UInt8], at now: Instant, in db: any Writing
    ) throws {
        let known = try db.value(
            Int64.self,
            "SELECT COUNT(*) FROM account_consent WHERE person = \(person) AND template = \(template) AND scene = \(scene)"
        )
        // A one-time subscription of a topic is one, however often it was agreed to.
        guard (known ?? 0) < (scene < 0 ? consentLimit : 1) else { return }
        let hour = Coarse.moment(now, .confidential)
        let id: ID<Consent> = .coarse(hour)
        try db.execute(
            """
            INSERT INTO account_consent (\(raw: Consent.columns), at) VALUES (\(id), \(person), \(template), \(scene),
            \(sealed), \(hour))
            """)
    }

    static func withdrawConsents(_ person: String, _ template: String, in db: any Writing) throws {
        try db.execute(
            "DELETE FROM account_consent WHERE person = \(person) AND template = \(template) AND held IS NULL")
    }

    static func consent(_ person: String, _ template: String, in db: any Reading) throws -> Consent? {
        try db.first(
            Consent.self,
            """
            SELECT \(raw: Consent.columns) FROM account_consent WHERE person = \(person) AND template = \(template)
            AND scene < 0 AND held IS NULL ORDER BY id LIMIT 1
            """)
    }

    static func consent(heldBy task: ID<AccountTask>, in db: any Reading) throws -> Consent? {
        try db.first(
            Consent.self, "SELECT \(raw: Consent.columns) FROM account_consent WHERE held = \(task.rawValue)")
    }

    /// Free consents to be reminded of a topic that were given before an hour, at most a thousand.
    static func consents(scene: Int64, before hour: Instant, in db: any Reading) throws -> [Consent] {
        try db.all(
            Consent.self,
            """
            SELECT \(raw: Consent.columns) FROM account_consent WHERE scene = \(scene) AND at < \(hour)
            AND held IS NULL ORDER BY id LIMIT 1000
            """)
    }

    static func forgetConsents(before moment: Instant, in db: any Writing) throws {
        try db.execute("DELETE FROM account_consent WHERE scene >= 0 AND at < \(moment)")
    }

    static func hold(_ consent: ID<Consent>, for task: ID<AccountTask>?, in db: any Writing) throws {
        try db.execute("UPDATE account_consent SET held = \(task?.rawValue) WHERE id = \(consent)")
    }

    static func spend(_ task: ID<AccountTask>, in db: any Writing) throws {
        try db.execute("DELETE FROM account_consent WHERE held = \(task.rawValue)")
    }

    static func release(_ task: ID<AccountTask>, in db: any Writing) throws {
        try db.execute("UPDATE account_consent SET held = NULL WHERE held = \(task.rawValue)")
    }
}
