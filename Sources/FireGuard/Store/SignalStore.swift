import Kernel
import Storage

/// The signals' table: what came in, once.
enum SignalStore {
    /// Stores a signal unless it is the second try of one that is there.
    /// - Returns: its row's number, or `nil` for a second try.
    static func insert(_ signal: FireSignal, source: String, in db: any Writing) throws -> ID<FireSignal>? {
        let key = signal.uniqueKey
        let before: Instant? = try db.value(
            Instant.self,
            "SELECT received_at FROM fire_signal WHERE unique_key = \(key)")
        if let before {
            if Resend.isSecondTry(before: before, now: signal.receivedAt) { return nil }
            // The newest event holds the plain key, so that its own second tries are known.
            try db.execute(
                "UPDATE fire_signal SET unique_key = \(key + "@\(before.ms)") WHERE unique_key = \(key)")
        }
        let id = ID<FireSignal>.next()
        let stored = try db.execute(
            """
            INSERT INTO fire_signal (id, source_key, unique_key, kind, received_at, device_time, marked_test, text, raw,
              alarm, reasons)
            VALUES (\(id), \(source), \(key), \(signal.kind), \(signal.receivedAt), \(signal.deviceTime),
              \(signal.isMarkedTest), \(signal.text), \(signal.raw), \(AlarmID?.none), \("[]"))
            ON CONFLICT (unique_key) DO NOTHING
            """)
        return stored == 1 ? id : nil
    }

    static func link(_ id: ID<FireSignal>, to alarm: AlarmID, reasons: [Reason], in db: any Writing) throws {
        try db.execute(
            "UPDATE fire_signal SET alarm = \(alarm), reasons = \(Reason.text(reasons)) WHERE id = \(id)")
    }

    static func remove(_ id: ID<FireSignal>, in db: any Writing) throws {
        try db.execute("DELETE FROM fire_signal WHERE id = \(id)")
    }

    /// The signals of an alarm, newest first.
    static func ofAlarm(_ id: AlarmID, limit: Int, in db: any Reading) throws -> [SignalRecord] {
        try db.all(
            SignalRecord.self,
            "SELECT \(raw: SignalRecord.columns) FROM fire_signal WHERE alarm = \(id) ORDER BY id DESC LIMIT \(limit)")
    }

    /// Deletes signals older than `before`, at most `limit` at a time.
    /// - Returns: how many went.
    static func prune(before: Instant, limit: Int, in db: any Writing) throws -> Int {
        try db.execute(
            """
            DELETE FROM fire_signal WHERE id IN
              (SELECT id FROM fire_signal WHERE received_at < \(before) ORDER BY received_at LIMIT \(limit))
            """)
    }
}

/// A stored signal, for the record of an alarm.
struct SignalRecord: Sendable, RowDecodable {
    static let columns = "kind, received_at, device_time, marked_test, text, reasons"
    var kind: FireSignal.Kind
    var receivedAt: Instant
    var deviceTime: Instant?
    var isMarkedTest: Bool
    var text: String
    var reasons: [Reason]

    init(row: inout Row) throws {
        kind = try row.next()
        receivedAt = try row.next()
        deviceTime = try row.next()
        isMarkedTest = try row.next()
        text = try row.next()
        reasons = Reason.list(try row.next())
    }
}
