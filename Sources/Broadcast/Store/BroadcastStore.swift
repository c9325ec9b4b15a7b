import CAP
import Kernel
import Storage
import Web

/// What the town says.
enum BroadcastStore {
    static func insert(_ one: Broadcast, in db: any Writing) throws {
        let content = one.content
        try db.execute(
            """
            INSERT INTO broadcast (\(raw: Broadcast.columns)) VALUES (
            \(one.id), \(one.identifier), \(one.kind.rawValue), \(one.earlier), \(content.status.rawValue),
            \(content.scope.rawValue), \(content.event), \(content.category.rawValue), \(content.severity.rawValue),
            \(content.urgency.rawValue), \(content.certainty.rawValue), \(content.headline), \(content.text),
            \(content.instruction), \(content.areas.map(\.description).joined(separator: " ")), \(content.caseID),
            \(content.hours), \(one.createdAt), \(one.createdBy), \(one.createdName), \(one.issuedAt),
            \(one.issuedBy), \(one.issuedName), \(one.endedAt))
            """)
        try changed(one.id, in: db)
    }

    static func find(_ id: ID<Broadcast>, in db: any Reading) throws -> Broadcast? {
        try db.first(Broadcast.self, "SELECT \(raw: Broadcast.columns) FROM broadcast WHERE id = \(id)")
    }

    static func issue(
        _ id: ID<Broadcast>, identifier: String, by staff: StaffID, name: String, at now: Instant, in db: any Writing
    ) throws {
        try db.execute(
            """
            UPDATE broadcast SET identifier = \(identifier), issued_at = \(now), issued_by = \(staff),
            issued_name = \(name) WHERE id = \(id)
            """)
        try changed(id, in: db)
    }

    static func end(_ id: ID<Broadcast>, at now: Instant, in db: any Writing) throws {
        try db.execute("UPDATE broadcast SET ended_at = \(now) WHERE id = \(id) AND ended_at IS NULL")
        try changed(id, in: db)
    }

    static func remove(draft id: ID<Broadcast>, in db: any Writing) throws {
        try db.execute("DELETE FROM broadcast WHERE id = \(id) AND issued_at IS NULL")
        try changed(id, in: db)
    }

    static func isTaken(_ identifier: String, in db: any Reading) throws -> Bool {
        try db.value(Int64.self, "SELECT 1 FROM broadcast WHERE identifier = \(identifier)") != nil
    }

    /// Newest first.
    static func page(
        state: Broadcast.State?, before: ID<Broadcast>?, at now: Instant, limit: Int, in db: any Reading
    ) throws -> [Broadcast] {
        var conditions: [SQL] = ["1 = 1"]
        if let before { conditions.append("id < \(before)") }
        switch state {
        case .draft: conditions.append("issued_at IS NULL")
        case .issued:
            conditions.append("issued_at IS NOT NULL AND ended_at IS NULL AND issued_at + hours * 3600000 > \(now)")
        case .ended:
            conditions.append("issued_at IS NOT NULL")
            conditions.append("(ended_at IS NOT NULL OR issued_at + hours * 3600000 <= \(now))")
        case nil: break
        }
        return try db.all(
            Broadcast.self,
            """
            SELECT \(raw: Broadcast.columns) FROM broadcast WHERE \(SQL.joined(conditions, by: " AND "))
            ORDER BY id DESC LIMIT \(Int64(limit))
            """)
    }

    /// What was issued since a moment, newest first, for the feed.
    static func issued(since: Instant, publicOnly: Bool, limit: Int, in db: any Reading) throws -> [Broadcast] {
        let scope: SQL = publicOnly ? "AND scope = 'Public'" : ""
        return try db.all(
            Broadcast.self,
            """
            SELECT \(raw: Broadcast.columns) FROM broadcast WHERE issued_at >= \(since) \(scope)
            ORDER BY issued_at DESC, id DESC LIMIT \(Int64(limit))
            """)
    }

    private static func changed(_ id: ID<Broadcast>, in db: any Writing) throws {
        try db.publish(
            NewEvent(
                type: "broadcast.changed", subject: "broadcasts/\(id)", permission: Permission.broadcastRead.name,
                data: "{\"subject\":\"broadcasts/\(id)\"}"))
    }
}
