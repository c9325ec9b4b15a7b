import Kernel

/// One kind of thing that is kept for a time and no longer.
public struct Retention: Sendable {
    /// What it is called in the log: `events`.
    public var name: String
    /// Days for which it is kept; 0 is for good.
    public var days: Int64
    /// Removes at most `limit` of those older than `before`, and tells how many.
    public var remove: @Sendable (_ before: Instant, _ limit: Int, _ db: any Writing) throws -> Int

    /// A rule.
    public init(
        name: String, days: Int64, remove: @escaping @Sendable (Instant, Int, any Writing) throws -> Int
    ) {
        self.name = name
        self.days = days
        self.remove = remove
    }

    /// Rows that one transaction removes, so that no alarm waits long behind it.
    static let batch = 1_000

    /// The event log. Screens read it from where they were; none is months behind.
    public static func events(days: Int64) -> Retention {
        Retention(name: "events", days: days) { before, limit, db in
            // The newest stays, so that the log never seems to begin anew.
            try db.execute(
                """
                DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE at < \(before)
                AND seq < (SELECT value FROM counter WHERE name = 'event') ORDER BY seq LIMIT \(Int64(limit)))
                """)
        }
    }

    /// Removes what is older than the rules allow, piece by piece.
    /// - Returns: how many of each kind.
    public static func enforce(_ rules: [Retention], at now: Instant, in database: any Database) async throws
        -> [String: Int]
    {
        var removed: [String: Int] = [:]
        for rule in rules where rule.days > 0 {
            while true {
                try Task.checkCancellation()
                let count = try await database.write { db in
                    try rule.remove(now - rule.days * CivilTime.dayMs, batch, db)
                }
                removed[rule.name, default: 0] += count
                if count < batch { break }
            }
        }
        return removed
    }
}
