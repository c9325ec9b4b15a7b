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

    static func frame(of reference: String, in db: any Reading) throws -> [UInt8]? {
        try db.value([UInt8].self, "SELECT frame FROM fire_drill WHERE reference = \(reference)")
    }

    static func alarm(of reference: String, in db: any Reading) throws -> AlarmID? {
        try db.value(
            AlarmID.self, "SELECT alarm FROM fire_drill WHERE reference = \(reference) AND alarm IS NOT NULL")
    }
}
