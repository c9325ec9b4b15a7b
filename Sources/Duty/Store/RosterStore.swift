import Kernel
import Storage
import Web

enum RosterStore {
    static func all(in db: any Reading) throws -> [Roster] {
        try db.all(
            Roster.self, "SELECT \(raw: Roster.columns) FROM roster ORDER BY active DESC, role, name, id LIMIT 200")
    }

    static func find(_ id: RosterID, in db: any Reading) throws -> Roster? {
        try db.first(Roster.self, "SELECT \(raw: Roster.columns) FROM roster WHERE id = \(id)")
    }

    static func save(_ roster: Roster, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO roster (\(raw: Roster.columns)) VALUES (\(roster.id), \(roster.name), \(roster.role.rawValue),
            \(roster.area), \(roster.membersText), \(try JSON.text(roster.rotation)), \(roster.mustCover),
            \(roster.isActive), \(roster.plannedTo), \(roster.changedAt))
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, area = excluded.area,
            members = excluded.members, rotation = excluded.rotation, covers = excluded.covers,
            active = excluded.active, planned_to = excluded.planned_to, changed_at = excluded.changed_at
            """)
    }

    static func setPlanned(_ id: RosterID, to day: Int, in db: any Writing) throws {
        try db.execute("UPDATE roster SET planned_to = \(day) WHERE id = \(id)")
    }
}
