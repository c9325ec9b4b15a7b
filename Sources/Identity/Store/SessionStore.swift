import Kernel
import Storage

/// How far a log-in has come.
enum SessionStep: String {
    /// The password was right, the one-time code is still asked for.
    case code
    /// In.
    case complete
}

struct Session: RowDecodable {
    var staff: StaffID
    var viaToken: Bool
    var step: SessionStep
    var seenAt: Instant
    var expiresAt: Instant

    init(row: inout Row) throws {
        staff = StaffID(rawValue: try row.next())
        viaToken = try row.next(Int64.self) == 1
        step = SessionStep(rawValue: try row.next()) ?? .code
        seenAt = try row.next()
        expiresAt = try row.next()
    }
}

/// A session as its owner sees it; the token itself is nowhere.
struct OwnSession: RowDecodable, Sendable {
    var hash: String
    var viaToken: Bool
    var createdAt: Instant
    var seenAt: Instant
    var expiresAt: Instant

    /// The beginning of the hash: enough to tell sessions apart, and no token.
    var id: String { String(hash.prefix(16)) }

    init(row: inout Row) throws {
        hash = try row.next()
        viaToken = try row.next(Int64.self) == 1
        createdAt = try row.next()
        seenAt = try row.next()
        expiresAt = try row.next()
    }
}

enum SessionStore {
    /// The newest 100 that have not ended.
    static func list(of staff: StaffID, at now: Instant, in db: any Reading) throws -> [OwnSession] {
        try db.all(
            OwnSession.self,
            """
            SELECT token_hash, via_token, created_at, seen_at, expires_at FROM session
            WHERE staff = \(staff.rawValue) AND step = 'complete' AND expires_at > \(now)
              AND seen_at > \(now - Sessions.idleMs)
            ORDER BY created_at DESC, token_hash LIMIT 100
            """)
    }

    /// Ends one of somebody's sessions by ``OwnSession/id``.
    static func end(id: String, of staff: StaffID, in db: any Writing) throws -> Bool {
        try db.execute(
            "DELETE FROM session WHERE staff = \(staff.rawValue) AND substr(token_hash, 1, 16) = \(id)") > 0
    }

    static func find(hash: String, in db: any Reading) throws -> Session? {
        try db.first(
            Session.self,
            "SELECT staff, via_token, step, seen_at, expires_at FROM session WHERE token_hash = \(hash)")
    }

    static func insert(
        hash: String, staff: StaffID, viaToken: Bool, step: SessionStep, at now: Instant, expires: Instant,
        in db: any Writing
    ) throws {
        try db.execute(
            """
            INSERT INTO session (token_hash, staff, via_token, step, created_at, seen_at, expires_at)
            VALUES (\(hash), \(staff.rawValue), \(viaToken ? 1 : 0 as Int64), \(step.rawValue), \(now), \(now),
            \(expires))
            """)
    }

    static func seen(hash: String, at now: Instant, in db: any Writing) throws {
        try db.execute("UPDATE session SET seen_at = \(now) WHERE token_hash = \(hash)")
    }

    static func end(hash: String, in db: any Writing) throws {
        try db.execute("DELETE FROM session WHERE token_hash = \(hash)")
    }

    static func endAll(of staff: StaffID, except hash: String = "", in db: any Writing) throws {
        try db.execute("DELETE FROM session WHERE staff = \(staff.rawValue) AND token_hash <> \(hash)")
    }

    /// Removes at most `limit` of those that ended before `before`.
    static func prune(before: Instant, limit: Int, in db: any Writing) throws -> Int {
        try db.execute(
            """
            DELETE FROM session WHERE token_hash IN
              (SELECT token_hash FROM session WHERE expires_at < \(before) LIMIT \(limit))
            """)
    }

    static func endExpired(at now: Instant, in db: any Writing) throws {
        try db.execute("DELETE FROM session WHERE expires_at < \(now)")
    }
}
