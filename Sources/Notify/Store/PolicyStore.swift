import Kernel
import Storage
import Web

/// A policy as somebody made it.
struct StoredPolicy: Sendable, RowDecodable {
    var id: ID<StoredPolicy>
    var title: String
    var policy: EscalationPolicy
    var isActive: Bool
    var changedAt: Instant

    static let columns = "id, title, policy, active, changed_at"

    init(id: ID<StoredPolicy>, title: String, policy: EscalationPolicy, isActive: Bool, changedAt: Instant) {
        self.id = id
        self.title = title
        self.policy = policy
        self.isActive = isActive
        self.changedAt = changedAt
    }

    init(row: inout Row) throws {
        id = try row.next()
        title = try row.next()
        policy = try EscalationPolicy.stored(try row.next())
        isActive = try row.next()
        changedAt = try row.next()
    }
}

extension EscalationPolicy {
    private static let read = Remembered<String, EscalationPolicy>()
    private static let written = Remembered<EscalationPolicy, String>()

    /// Reads the stored form. Every alarm does, and a town has a handful.
    static func stored(_ text: String) throws -> EscalationPolicy {
        try read.value(for: text) { try JSON.decode(EscalationPolicy.self, Array($0.utf8)) }
    }

    /// The stored form.
    var text: String { get throws { try Self.written.value(for: self) { try JSON.text($0) } } }
}

enum PolicyStore {
    static func all(in db: any Reading) throws -> [StoredPolicy] {
        try db.all(
            StoredPolicy.self,
            "SELECT \(raw: StoredPolicy.columns) FROM escalation_policy ORDER BY active DESC, id LIMIT 100")
    }

    static func find(_ id: ID<StoredPolicy>, in db: any Reading) throws -> StoredPolicy? {
        try db.first(
            StoredPolicy.self, "SELECT \(raw: StoredPolicy.columns) FROM escalation_policy WHERE id = \(id)")
    }

    static func save(_ stored: StoredPolicy, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO escalation_policy (\(raw: StoredPolicy.columns)) VALUES (\(stored.id), \(stored.title),
            \(try stored.policy.text), \(stored.isActive), \(stored.changedAt))
            ON CONFLICT (id) DO UPDATE SET title = excluded.title, policy = excluded.policy,
            active = excluded.active, changed_at = excluded.changed_at
            """)
    }
}
