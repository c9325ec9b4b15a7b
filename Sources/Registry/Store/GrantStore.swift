import Kernel
import Storage

/// When a record may be opened for a purpose.
enum UnmaskRule {
    /// Minutes for which a record stays open.
    static let minutes: Int64 = 10
    /// Records that one person may open within a day.
    static let perDay = 40
    /// Records within ``sweepMinutes`` that look like a sweep.
    static let sweep = 10
    /// Minutes that are looked at for a sweep.
    static let sweepMinutes: Int64 = 10

    enum Verdict: Equatable {
        case granted
        /// The day's records are used up.
        case dayIsUsed
        /// So many in so short a time: refused, and somebody is told.
        case isSweep
    }

    /// - Parameter earlier: when the person opened records within the last day.
    static func verdict(_ earlier: [Instant], now: Instant) -> Verdict {
        if earlier.count(where: { now - $0 < sweepMinutes * 60_000 }) >= sweep { return .isSweep }
        return earlier.count >= perDay ? .dayIsUsed : .granted
    }
}

enum GrantStore {
    /// Records that are open to a person now.
    static func opened(to staff: StaffID, at now: Instant, in db: any Reading) throws -> Set<RecordID> {
        Set(
            try db.values(
                RecordID.self,
                """
                SELECT record FROM registry_grant WHERE staff = \(staff) AND at > \(now - CivilTime.dayMs)
                AND until_at > \(now)
                """))
    }

    static func lastDay(of staff: StaffID, at now: Instant, in db: any Reading) throws -> [Instant] {
        try db.values(
            Instant.self,
            "SELECT at FROM registry_grant WHERE staff = \(staff) AND at > \(now - CivilTime.dayMs) ORDER BY at")
    }

    static func insert(
        _ record: Record, for staff: StaffID, purpose: String, caseNumber: String, at now: Instant,
        in db: any Writing
    ) throws {
        try db.execute(
            """
            INSERT INTO registry_grant (id, staff, record, category, purpose, case_number, at, until_at)
            VALUES (\(RecordID.next()), \(staff), \(record.id), \(record.category), \(purpose), \(caseNumber), \(now),
              \(now + UnmaskRule.minutes * 60_000))
            """)
    }
}
