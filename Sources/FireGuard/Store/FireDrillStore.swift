import Kernel
import Storage

/// Frames of drills, announced before they are sent: a signal is a drill's by its own key and by nothing else, so that
/// a real fire of the same detector in the same minute stays a fire.
enum FireDrillStore {
    static func announce(
        _ frame: [UInt8], key: String, reference: String, detector: DetectorID, at now: Instant, in db: any Writing
    ) throws {
        try db.execute(
            """
            INSERT INTO fire_drill (unique_key, reference, detector, frame, announced_at) VALUES (\(key), \(reference),
            \(detector), \(frame), \(now)) ON CONFLICT DO NOTHING
            """)
    }

    static func heard(_ key: String, as alarm: AlarmID, in db: any Writing) throws {
        try db.execute("UPDATE fire_drill SET alarm = \(alarm) WHERE unique_key = \(key)")
    }

    /// What is to be sent, and for which detector.
    static func message(of reference: String, in db: any Reading) throws -> (bytes: [UInt8], detector: DetectorID)? {
        var found: ([UInt8], DetectorID)?
        try db.query("SELECT frame, detector FROM fire_drill WHERE reference = \(reference)") { row in
            found = (try row.next(), try row.next())
            return false
        }
        return found
    }

    /// Whether a drill announced these very bytes lately for a detector of the gateway.
    static func isAwaited(
        _ bytes: [UInt8], at gateway: GatewayID, now: Instant, in db: any Reading
    ) throws -> Bool {
        try db.value(
            Int64.self,
            """
            SELECT 1 FROM fire_drill JOIN detector ON detector.id = fire_drill.detector
            WHERE detector.gateway = \(gateway) AND fire_drill.announced_at > \(now - Self.awaitedMs)
            AND fire_drill.frame = \(bytes) LIMIT 1
            """) != nil
    }

    /// Milliseconds for which an announced message opens the door that wants a token.
    private static let awaitedMs: Int64 = 300_000

    static func alarm(of reference: String, in db: any Reading) throws -> AlarmID? {
        try db.value(
            AlarmID.self, "SELECT alarm FROM fire_drill WHERE reference = \(reference) AND alarm IS NOT NULL")
    }
}
