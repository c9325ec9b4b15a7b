import Kernel
import Storage

enum WalkStore {
    /// Walks that run at some time of a span, in order.
    static func list(
        in span: Range<Instant>, round: RoundID? = nil, limit: Int = 500, in db: any Reading
    ) throws -> [Walk] {
        let wanted: SQL = round.map { "round = \($0)" } ?? "1 = 1"
        return try db.all(
            Walk.self,
            """
            SELECT \(raw: Walk.columns) FROM patrol_run WHERE starts_at < \(span.upperBound)
            AND starts_at > \(span.lowerBound - CivilTime.dayMs) AND ends_at > \(span.lowerBound) AND \(wanted)
            ORDER BY starts_at, id LIMIT \(limit)
            """)
    }

    static func find(_ id: WalkID, in db: any Reading) throws -> Walk? {
        try db.first(Walk.self, "SELECT \(raw: Walk.columns) FROM patrol_run WHERE id = \(id)")
    }

    /// Walks whose time is over and that miss points, and no case is open yet.
    static func late(at now: Instant, in db: any Reading) throws -> [Walk] {
        try db.all(
            Walk.self,
            """
            SELECT \(raw: Walk.columns) FROM patrol_run WHERE done_at IS NULL AND missed_at IS NULL
            AND ends_at <= \(now) ORDER BY ends_at, id LIMIT 200
            """)
    }

    /// Those of ``late(at:in:)`` whose time of grace is over too.
    static func overdue(at now: Instant, in db: any Reading) throws -> [Walk] {
        try db.all(
            Walk.self,
            """
            SELECT \(raw: Walk.columns) FROM patrol_run WHERE done_at IS NULL AND missed_at IS NULL
            AND grace_at <= \(now) ORDER BY grace_at, id LIMIT 100
            """)
    }

    /// - Returns: whether it was not planned before.
    static func insert(_ walk: Walk, _ points: [CheckPoint], in db: any Writing) throws -> Bool {
        let added = try db.execute(
            """
            INSERT INTO patrol_run (\(raw: Walk.columns)) VALUES (\(walk.id), \(walk.round), \(walk.startsAt),
            \(walk.endsAt), \(walk.graceAt), \(walk.isOrdered), \(walk.doneAt), \(walk.missedAt), \(walk.caseID))
            ON CONFLICT (round, starts_at) DO NOTHING
            """)
        guard added == 1 else { return false }
        for point in points {
            try db.execute(
                """
                INSERT INTO patrol_stop (id, run, point, seq, name, staff_name, way, note) VALUES (\(ID<Stop>.next()),
                \(walk.id), \(point.id), \(point.seq), \(point.name), '', '', '')
                """)
        }
        return true
    }

    static func update(_ walk: Walk, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE patrol_run SET done_at = \(walk.doneAt), missed_at = \(walk.missedAt), case_id = \(walk.caseID)
            WHERE id = \(walk.id)
            """)
    }

    /// Takes back what is planned from a moment on and nobody has begun.
    static func dropPlanned(of round: RoundID, from moment: Instant, in db: any Writing) throws {
        let free: SQL = """
            SELECT id FROM patrol_run WHERE round = \(round) AND starts_at >= \(moment)
            AND NOT EXISTS (SELECT 1 FROM patrol_stop WHERE run = patrol_run.id AND at IS NOT NULL)
            """
        try db.execute("DELETE FROM patrol_stop WHERE run IN (\(free))")
        try db.execute(
            """
            DELETE FROM patrol_run WHERE round = \(round) AND starts_at >= \(moment)
            AND NOT EXISTS (SELECT 1 FROM patrol_stop WHERE run = patrol_run.id)
            """)
    }

    /// The points of walks, in their order.
    static func stops(of walks: [WalkID], in db: any Reading) throws -> [WalkID: [Stop]] {
        guard !walks.isEmpty else { return [:] }
        var stops: [WalkID: [Stop]] = [:]
        for start in stride(from: 0, to: walks.count, by: 400) {
            let some = walks[start..<min(start + 400, walks.count)].map(\.rawValue)
            for stop in try db.all(
                Stop.self,
                "SELECT \(raw: Stop.columns) FROM patrol_stop WHERE run IN \(list: some) ORDER BY run, seq, id")
            {
                stops[stop.walk, default: []].append(stop)
            }
        }
        return stops
    }

    /// Whether a photo shows a visit already.
    static func isShown(_ photo: AttachmentID, in db: any Reading) throws -> Bool {
        try db.value(Int64.self, "SELECT COUNT(*) FROM patrol_stop WHERE photo = \(photo)") ?? 0 > 0
    }

    static func update(_ stop: Stop, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE patrol_stop SET at = \(stop.at), told_at = \(stop.toldAt), staff = \(stop.staff),
            staff_name = \(stop.staffName), way = \(stop.way?.rawValue ?? ""), metres = \(stop.metres),
            photo = \(stop.photo), note = \(stop.note) WHERE run = \(stop.walk) AND point = \(stop.point)
            """)
    }
}
