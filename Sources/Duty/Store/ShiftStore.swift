import Kernel
import Storage
import Web

/// What a list of shifts is narrowed to; it is in order of time.
struct ShiftFilter: Sendable {
    var role: Role?
    var roster: RosterID?
    var staff: StaffID?
    /// Ending after this.
    var from: Instant?
    /// Starting before this.
    var until: Instant?
    /// The last one seen.
    var after: (startsAt: Instant, id: ShiftID)?

    var conditions: SQL {
        var all: [SQL] = ["1 = 1"]
        if let role { all.append("role = \(role.rawValue)") }
        if let roster { all.append("roster = \(roster)") }
        if let staff { all.append("staff = \(staff)") }
        if let from { all.append("ends_at > \(from)") }
        if let until { all.append("starts_at < \(until)") }
        if let after {
            all.append("(starts_at > \(after.startsAt) OR (starts_at = \(after.startsAt) AND id > \(after.id)))")
        }
        return SQL.joined(all, by: " AND ")
    }
}

enum ShiftStore {
    static func page(_ filter: ShiftFilter, limit: Int, in db: any Reading) throws -> [Shift] {
        try db.all(
            Shift.self,
            """
            SELECT \(raw: Shift.columns) FROM shift WHERE \(filter.conditions) ORDER BY starts_at, id
            LIMIT \(Int64(limit))
            """)
    }

    static func find(_ id: ShiftID, in db: any Reading) throws -> Shift? {
        try db.first(Shift.self, "SELECT \(raw: Shift.columns) FROM shift WHERE id = \(id)")
    }

    /// Those that run at `moment`.
    static func running(at moment: Instant, in db: any Reading) throws -> [Shift] {
        try db.all(
            Shift.self,
            """
            SELECT \(raw: Shift.columns) FROM shift WHERE ends_at > \(moment) AND starts_at <= \(moment)
            ORDER BY starts_at, id LIMIT 500
            """)
    }

    static func insert(_ shift: Shift, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO shift (\(raw: Shift.columns)) VALUES (\(shift.id), \(shift.roster), \(shift.role.rawValue),
            \(shift.area), \(shift.watch), \(shift.staff), \(shift.planned), \(shift.startsAt), \(shift.endsAt),
            \(shift.mustCover), \(shift.origin), \(shift.checkedInAt), \(shift.missedAt), \(shift.note))
            """)
    }

    static func update(_ shift: Shift, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE shift SET staff = \(shift.staff), origin = \(shift.origin), checked_in_at = \(shift.checkedInAt),
            missed_at = \(shift.missedAt), note = \(shift.note) WHERE id = \(shift.id)
            """)
    }

    /// Takes back what the rotation planned and nobody has changed since, from `moment` on.
    static func dropPlanned(of roster: RosterID, from moment: Instant, in db: any Writing) throws {
        try db.execute(
            "DELETE FROM shift WHERE roster = \(roster) AND starts_at >= \(moment) AND origin = 'rotation'")
    }

    /// Starts of shifts of a roster from `moment` on that people have changed by hand.
    static func changed(of roster: RosterID, from moment: Instant, in db: any Reading) throws -> Set<Int64> {
        Set(
            try db.values(
                Int64.self,
                "SELECT starts_at FROM shift WHERE roster = \(roster) AND starts_at >= \(moment) AND origin <> 'rotation'"
            ))
    }

    /// Shifts that must be stood, started before `moment`, still run, and nobody has come nor was missed.
    static func unattended(startedBefore moment: Instant, now: Instant, in db: any Reading) throws -> [Shift] {
        try db.all(
            Shift.self,
            """
            SELECT \(raw: Shift.columns) FROM shift WHERE ends_at > \(now) AND starts_at <= \(moment) AND covers = 1
            AND checked_in_at IS NULL AND missed_at IS NULL ORDER BY starts_at, id LIMIT 100
            """)
    }
}
