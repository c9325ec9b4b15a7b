import Kernel

/// Something that one process at a time may hold: a node's number, the session at a broker.
///
/// Leases go by each node's wall clock: nodes of one database keep their clocks within a few seconds of each other.
public enum Lease {
    /// Takes or prolongs `name` for `owner`; another's lease must have run out.
    /// - Parameter ms: for how long, from `now`.
    /// - Returns: whether `owner` holds it now.
    public static func take(
        _ name: String, for owner: String, ms: Int64, at now: Instant, in db: any Writing
    ) throws -> Bool {
        try db.execute(
            """
            INSERT INTO lease (name, owner, held_until) VALUES (\(name), \(owner), \(now + ms))
            ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, held_until = excluded.held_until
            WHERE lease.owner = excluded.owner OR lease.held_until < \(now)
            """) > 0
    }

    /// Gives `name` back, where `owner` holds it.
    public static func giveBack(_ name: String, of owner: String, in db: any Writing) throws {
        try db.execute("DELETE FROM lease WHERE name = \(name) AND owner = \(owner)")
    }

    /// Who holds `name` at `now`.
    public static func holder(of name: String, at now: Instant, in db: any Reading) throws -> String? {
        try db.value(String.self, "SELECT owner FROM lease WHERE name = \(name) AND held_until >= \(now)")
    }
}
