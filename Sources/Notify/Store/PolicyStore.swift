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
        policy = try JSON.decode(EscalationPolicy.self, Array(try row.next(String.self).utf8))
        isActive = try row.next()
        changedAt = try row.next()
    }
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
            \(try JSON.text(stored.policy)), \(stored.isActive), \(stored.changedAt))
            ON CONFLICT (id) DO UPDATE SET title = excluded.title, policy = excluded.policy,
            active = excluded.active, changed_at = excluded.changed_at
            """)
    }
}
