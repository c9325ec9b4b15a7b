import Kernel
import Storage

/// The trials of ways in.
enum GatewayTrialStore {
    static func begin(_ mark: String, way: String, at now: Instant, in db: any Writing) throws {
        try db.execute("INSERT INTO fire_trial (mark, way, sent_at) VALUES (\(mark), \(way), \(now))")
    }

    /// Notes the first time that one came in.
    static func heard(_ mark: String, at now: Instant, in db: any Writing) throws {
        try db.execute("UPDATE fire_trial SET heard_at = \(now) WHERE mark = \(mark) AND heard_at IS NULL")
    }

    static func failed(
        _ mark: String, _ failure: GatewayTrial.Failure, caseID: CaseID?, in db: any Writing
    ) throws {
        try db.execute("UPDATE fire_trial SET failure = \(failure), case_id = \(caseID) WHERE mark = \(mark)")
    }

    static func find(_ mark: String, in db: any Reading) throws -> GatewayTrial? {
        try db.first(GatewayTrial.self, "SELECT \(raw: GatewayTrial.columns) FROM fire_trial WHERE mark = \(mark)")
    }

    /// Whether a push may show this mark in place of its gateway's token: its trial has just been sent.
    static func isOpen(_ mark: String, way: String, at now: Instant, in db: any Reading) throws -> Bool {
        guard let trial = try find(mark, in: db) else { return false }
        return trial.way == way && trial.heardAt == nil && trial.failure == nil && abs(now - trial.sentAt) < 60_000
    }

    /// The newest of a way that has ended, before a moment.
    static func newest(of way: String, before moment: Instant, in db: any Reading) throws -> GatewayTrial? {
        try db.first(
            GatewayTrial.self,
            """
            SELECT \(raw: GatewayTrial.columns) FROM fire_trial WHERE way = \(way) AND sent_at < \(moment)
            AND (heard_at IS NOT NULL OR failure IS NOT NULL) ORDER BY sent_at DESC LIMIT 1
            """)
    }

    /// Removes what is older.
    static func prune(before moment: Instant, in db: any Writing) throws {
        try db.execute("DELETE FROM fire_trial WHERE sent_at < \(moment)")
    }
}
