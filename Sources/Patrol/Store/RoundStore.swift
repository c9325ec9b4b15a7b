import Kernel
import Storage
import Web

enum RoundStore {
    /// Those in use first, then by name.
    static func all(in db: any Reading) throws -> [Round] {
        try db.all(
            Round.self, "SELECT \(raw: Round.columns) FROM patrol_round ORDER BY active DESC, name, id LIMIT 200")
    }

    static func find(_ id: RoundID, in db: any Reading) throws -> Round? {
        try db.first(Round.self, "SELECT \(raw: Round.columns) FROM patrol_round WHERE id = \(id)")
    }

    static func save(_ round: Round, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO patrol_round (\(raw: Round.columns)) VALUES (\(round.id), \(round.name), \(round.area),
            \(try JSON.text(round.content)), \(round.isActive), \(round.plannedTo), \(round.changedAt))
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, area = excluded.area, content = excluded.content,
            active = excluded.active, planned_to = excluded.planned_to, changed_at = excluded.changed_at
            """)
    }

    static func setPlanned(_ id: RoundID, to day: Int, in db: any Writing) throws {
        try db.execute("UPDATE patrol_round SET planned_to = \(day) WHERE id = \(id)")
    }

    /// The points that are walked, in their order.
    static func points(of id: RoundID, in db: any Reading) throws -> [CheckPoint] {
        try db.all(
            CheckPoint.self,
            """
            SELECT \(raw: CheckPoint.columns) FROM patrol_point WHERE round = \(id) AND active = 1 ORDER BY seq, id
            LIMIT 100
            """)
    }

    /// Points by their number, whether they are walked still or not.
    static func points(_ ids: [PointID], in db: any Reading) throws -> [PointID: CheckPoint] {
        guard !ids.isEmpty else { return [:] }
        let points = try db.all(
            CheckPoint.self,
            "SELECT \(raw: CheckPoint.columns) FROM patrol_point WHERE id IN \(list: ids.map(\.rawValue))")
        return Dictionary(points.map { ($0.id, $0) }) { first, _ in first }
    }

    static func save(_ point: CheckPoint, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO patrol_point (\(raw: CheckPoint.columns)) VALUES (\(point.id), \(point.round), \(point.seq),
            \(point.name), \(point.point.lat), \(point.point.lon), \(point.radius), \(point.subject), \(point.code),
            \(point.isActive))
            ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, name = excluded.name, lat = excluded.lat,
            lon = excluded.lon, radius = excluded.radius, subject = excluded.subject, active = excluded.active
            """)
    }
}
