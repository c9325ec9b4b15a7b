import Kernel
import Storage

/// A fire that the centre sent itself, and said so before.
enum AnnouncedFire {
    /// It goes the whole way, marked as a drill.
    case drill
    /// It shows that a way in is open, and goes no further.
    case trial(mark: String)

    /// What a fire's signal was announced as; one question for both, since every real fire waits for the answer.
    static func find(_ signal: FireSignal, in db: any Reading) throws -> AnnouncedFire? {
        var found: AnnouncedFire?
        try db.query(
            """
            SELECT '' FROM fire_drill WHERE unique_key = \(signal.uniqueKey)
            UNION ALL SELECT mark FROM fire_trial WHERE mark IN \(list: [signal.uniqueKey, signal.address])
            """
        ) { row in
            let mark: String = try row.next()
            found = mark.isEmpty ? .drill : .trial(mark: mark)
            return false
        }
        return found
    }
}
