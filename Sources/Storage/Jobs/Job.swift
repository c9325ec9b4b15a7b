import Kernel

/// Work that is to be done once, at or after a moment, by whichever node takes it first.
public struct NewJob: Sendable {
    /// Which ``JobWorker`` does it.
    public var kind: String
    /// One of a kind at a time has this key; another with the same key is not added.
    public var key: String?
    /// What the worker needs to know, usually JSON.
    public var payload: String
    /// Not before.
    public var runAt: Instant

    /// Work for the worker of `kind`.
    public init(kind: String, key: String? = nil, payload: String = "", runAt: Instant) {
        self.kind = kind
        self.key = key
        self.payload = payload
        self.runAt = runAt
    }
}

/// A job that a runner has taken.
public struct Job: Sendable, RowDecodable {
    /// Its identifier.
    public var id: ID<Job>
    /// Which worker does it.
    public var kind: String
    /// What the worker needs to know.
    public var payload: String
    /// How often it was begun, this time included. Above 1, an earlier try may have done part of the work.
    public var attempts: Int64

    static let columns = "id, kind, payload, attempts"

    /// Reads the columns.
    public init(row: inout Row) throws {
        id = ID(rawValue: try row.next())
        kind = try row.next()
        payload = try row.next()
        attempts = try row.next()
    }
}

/// The table of jobs. A job is added in the transaction of what made it due.
public enum Jobs {
    /// Wakes the runners of every node.
    static let topic = "jobs"

    /// Adds a job, unless one of that kind and key is there.
    /// - Returns: whether it was added.
    @discardableResult
    public static func add(_ job: NewJob, in db: any Writing) throws -> Bool {
        let added = try db.execute(
            """
            INSERT INTO job (id, kind, unique_key, payload, run_at, attempts)
            VALUES (\(ID<Job>.next().rawValue), \(job.kind), \(job.key), \(job.payload), \(job.runAt), 0)
            ON CONFLICT (kind, unique_key) DO NOTHING
            """)
        if added > 0 { db.wake(topic) }
        return added > 0
    }

    /// Takes what is due and not taken, or taken by a node whose lease has run out.
    static func claim(
        _ kinds: [String], owner: String, leaseMs: Int64, limit: Int64, at now: Instant, in db: any Writing
    ) throws -> [Job] {
        let ids = try db.values(
            Int64.self,
            """
            SELECT id FROM job WHERE run_at <= \(now) AND (lease_until IS NULL OR lease_until < \(now))
            AND kind IN \(list: kinds) ORDER BY run_at, id LIMIT \(limit)
            """)
        guard !ids.isEmpty else { return [] }
        try db.execute(
            """
            UPDATE job SET lease_until = \(now + leaseMs), lease_owner = \(owner), attempts = attempts + 1
            WHERE id IN \(list: ids)
            """)
        return try db.all(
            Job.self, "SELECT \(raw: Job.columns) FROM job WHERE id IN \(list: ids) ORDER BY run_at, id")
    }

    /// Prolongs a lease.
    /// - Returns: `false` when the job is another's meanwhile.
    static func prolong(_ id: ID<Job>, owner: String, leaseMs: Int64, at now: Instant, in db: any Writing) throws
        -> Bool
    {
        try db.execute(
            "UPDATE job SET lease_until = \(now + leaseMs) WHERE id = \(id.rawValue) AND lease_owner = \(owner)") > 0
    }

    /// Ends a job that is done; one that recurs waits for its next time.
    static func done(_ id: ID<Job>, owner: String, again: Instant?, in db: any Writing) throws {
        if let again {
            try db.execute(
                """
                UPDATE job SET run_at = \(again), lease_until = NULL, lease_owner = NULL, attempts = 0,
                last_error = NULL WHERE id = \(id.rawValue) AND lease_owner = \(owner)
                """)
        } else {
            try db.execute("DELETE FROM job WHERE id = \(id.rawValue) AND lease_owner = \(owner)")
        }
    }

    /// Gives back a job that was not finished because its runner stops: another begins it at once.
    static func giveBack(_ id: ID<Job>, owner: String, in db: any Writing) throws {
        let changed = try db.execute(
            """
            UPDATE job SET lease_until = NULL, lease_owner = NULL, attempts = attempts - 1
            WHERE id = \(id.rawValue) AND lease_owner = \(owner)
            """)
        if changed > 0 { db.wake(topic) }
    }

    /// Notes why a job was not done, and when it is tried again; `nil` parks it for a person to look at.
    static func failed(
        _ id: ID<Job>, owner: String, error: String, again: Instant?, in db: any Writing
    ) throws {
        try db.execute(
            """
            UPDATE job SET run_at = \(again ?? parked), lease_until = NULL, lease_owner = NULL,
            last_error = \(String(error.prefix(500))) WHERE id = \(id.rawValue) AND lease_owner = \(owner)
            """)
    }

    /// A time that does not come.
    static let parked = Instant(ms: 253_370_764_800_000)

    /// When the next of `kinds` may be taken.
    static func nextDue(_ kinds: [String], in db: any Reading) throws -> Instant? {
        try db.value(
            Instant?.self,
            """
            SELECT MIN(CASE WHEN lease_until > run_at THEN lease_until + 1 ELSE run_at END) FROM job
            WHERE run_at < \(parked) AND kind IN \(list: kinds)
            """) ?? nil
    }
}
