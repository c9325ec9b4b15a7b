import Kernel
import Storage

/// Failed log-ins, per account and per address, kept over a restart.
enum FailureStore {
    /// Failures after which a name is locked, and for how long they count.
    static let perAccount: Int64 = 5
    static let perAddress: Int64 = 30
    static let windowMs: Int64 = 5 * 60_000

    private struct Count: RowDecodable {
        var failures: Int64
        var since: Instant
        init(row: inout Row) throws {
            failures = try row.next()
            since = try row.next()
        }
    }

    /// Seconds to wait before `name` may try again; 0 when it may now.
    static func wait(_ name: String, limit: Int64, at now: Instant, in db: any Reading) throws -> Int {
        guard
            let count = try db.first(
                Count.self, "SELECT failures, since FROM login_failure WHERE name = \(name)"),
            count.failures >= limit
        else { return 0 }
        return max(0, Int((count.since + windowMs - now + 999) / 1_000))
    }

    static func add(_ name: String, at now: Instant, in db: any Writing) throws {
        let old = now - windowMs
        try db.execute("DELETE FROM login_failure WHERE since < \(old)")
        try db.execute(
            """
            INSERT INTO login_failure (name, failures, since) VALUES (\(name), 1, \(now))
            ON CONFLICT (name) DO UPDATE SET failures = login_failure.failures + 1, since = excluded.since
            """)
    }

    static func clear(_ name: String, in db: any Writing) throws {
        try db.execute("DELETE FROM login_failure WHERE name = \(name)")
    }
}
