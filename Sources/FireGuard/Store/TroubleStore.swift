import Kernel
import Storage

/// The troubles' table: one open row for each thing and kind.
enum TroubleStore {
    /// Opens a trouble unless it is open.
    /// - Returns: whether it is new.
    static func open(_ trouble: Trouble, thing: String, in db: any Writing) throws -> Bool {
        try db.execute(
            """
            INSERT INTO trouble (id, kind, detector, gateway, site, thing, since, ended_at, case_id)
            VALUES (\(trouble.id), \(trouble.kind), \(trouble.detector), \(trouble.gateway), \(trouble.site), \(thing),
              \(trouble.since), \(Instant?.none), \(trouble.caseID))
            ON CONFLICT (thing, kind) WHERE ended_at IS NULL DO NOTHING
            """) == 1
    }

    static func setCase(_ id: ID<Trouble>, _ caseID: CaseID, in db: any Writing) throws {
        try db.execute("UPDATE trouble SET case_id = \(caseID) WHERE id = \(id)")
    }

    /// Ends the open trouble of a thing, if there is one.
    static func end(_ kind: Trouble.Kind, thing: String, at now: Instant, in db: any Writing) throws -> Trouble? {
        let open: Trouble? = try db.first(
            Trouble.self,
            """
            SELECT \(raw: Trouble.columns) FROM trouble
            WHERE thing = \(thing) AND kind = \(kind) AND ended_at IS NULL
            """)
        guard let open else { return nil }
        try db.execute("UPDATE trouble SET ended_at = \(now) WHERE id = \(open.id)")
        return open
    }

    static func isOpen(_ kind: Trouble.Kind, thing: String, in db: any Reading) throws -> Bool {
        try db.value(
            Int64.self, "SELECT id FROM trouble WHERE thing = \(thing) AND kind = \(kind) AND ended_at IS NULL") != nil
    }

    /// Open troubles of the whole town, oldest first.
    static func open(limit: Int, in db: any Reading) throws -> [Trouble] {
        try db.all(
            Trouble.self,
            """
            SELECT \(raw: Trouble.columns) FROM trouble WHERE ended_at IS NULL ORDER BY id LIMIT \(Int64(limit))
            """)
    }

    /// Troubles that began or ended in a stretch of time, oldest first.
    static func moved(in span: Range<Instant>, limit: Int, in db: any Reading) throws -> [Trouble] {
        try db.all(
            Trouble.self,
            """
            SELECT \(raw: Trouble.columns) FROM trouble WHERE (since >= \(span.lowerBound) AND since < \(span.upperBound))
            OR (ended_at >= \(span.lowerBound) AND ended_at < \(span.upperBound)) ORDER BY id LIMIT \(Int64(limit))
            """)
    }

    /// Open troubles of a site, newest first.
    static func openAt(_ site: SiteID, in db: any Reading) throws -> [Trouble] {
        try db.all(
            Trouble.self,
            """
            SELECT \(raw: Trouble.columns) FROM trouble WHERE site = \(site) AND ended_at IS NULL
            ORDER BY id DESC LIMIT 100
            """)
    }
}

extension Trouble: RowDecodable {
    static let columns = "id, kind, detector, gateway, site, since, ended_at, case_id"

    /// Reads the columns of a trouble.
    public init(row: inout Row) throws {
        id = try row.next()
        kind = try row.next()
        detector = try row.next()
        gateway = try row.next()
        site = try row.next()
        since = try row.next()
        endedAt = try row.next()
        caseID = try row.next()
    }
}
