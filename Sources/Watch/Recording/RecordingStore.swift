import Kernel
import Media
import Storage

/// The recordings' tables.
enum RecordingStore {
    static func rules(in db: any Reading) throws -> [RecordingRule] {
        try db.all(
            RecordingRule.self,
            "SELECT camera, mode, keep_days FROM watch_recording WHERE mode <> 'off' ORDER BY camera LIMIT 2000")
    }

    /// For how long is kept what there is, also of cameras that are not recorded now: 30 days where nobody says.
    static func kept(in db: any Reading) throws -> [RecordingRule] {
        try db.all(
            RecordingRule.self,
            """
            SELECT camera.id, COALESCE(rule.mode, 'off'), COALESCE(rule.keep_days, 30)
            FROM camera LEFT JOIN watch_recording rule ON rule.camera = camera.id
            WHERE EXISTS (SELECT 1 FROM watch_segment s WHERE s.camera = camera.id) ORDER BY camera.id LIMIT 20000
            """)
    }

    static func rule(of camera: CameraID, in db: any Reading) throws -> RecordingRule {
        try db.first(
            RecordingRule.self, "SELECT camera, mode, keep_days FROM watch_recording WHERE camera = \(camera)")
            ?? RecordingRule(camera: camera, mode: .off, keepDays: 30)
    }

    static func save(_ rule: RecordingRule, at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO watch_recording (camera, mode, keep_days, until, changed_at)
            VALUES (\(rule.camera), \(rule.mode), \(rule.keepDays), 0, \(now))
            ON CONFLICT (camera) DO UPDATE SET mode = excluded.mode, keep_days = excluded.keep_days,
              changed_at = excluded.changed_at
            """)
    }

    static func add(_ segment: RecordedSegment, of camera: CameraID, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO watch_segment (id, camera, start_at, end_at, file, bytes, codec, width, height)
            SELECT \(Segment.Number.next()), id, \(segment.startMs), \(segment.startMs + segment.durationMs),
              \(segment.file), \(segment.bytes), \(segment.codec), \(segment.width), \(segment.height)
            FROM camera WHERE id = \(camera)
            ON CONFLICT (camera, file) DO NOTHING
            """)
    }

    /// The files that the index has.
    static func files(of camera: CameraID, in db: any Reading) throws -> Set<String> {
        var files: Set<String> = []
        try db.scan("SELECT file FROM watch_segment WHERE camera = \(camera)") { row in
            files.insert(try row.next())
            return true
        }
        return files
    }

    static func find(_ id: Segment.Number, in db: any Reading) throws -> Segment? {
        try db.first(Segment.self, "SELECT \(raw: Segment.columns) FROM watch_segment WHERE id = \(id)")
    }

    /// What lies within a time, oldest first.
    static func segments(of camera: CameraID, from: Instant, to: Instant, limit: Int, in db: any Reading) throws
        -> [Segment]
    {
        // A segment is at most ten minutes long and a bit: so the index bounds the search on both sides.
        try db.all(
            Segment.self,
            """
            SELECT \(raw: Segment.columns) FROM watch_segment
            WHERE camera = \(camera) AND start_at > \(from - 1_200_000) AND start_at < \(to) AND end_at > \(from)
            ORDER BY start_at LIMIT \(limit)
            """)
    }

    /// When a camera's own alarms were, for marks on the timeline.
    static func alarms(of camera: CameraID, from: Instant, to: Instant, in db: any Reading) throws -> [Instant] {
        var result: [Instant] = []
        try db.query(
            """
            SELECT received_at FROM camera_alarm WHERE camera = \(camera) AND received_at >= \(from)
              AND received_at < \(to) ORDER BY received_at LIMIT 1000
            """
        ) { row in
            result.append(try row.next())
            return true
        }
        return result
    }

    /// What may be deleted because its days are over, oldest first; what a clip of a case covers is judged elsewhere.
    /// - Parameter after: only what starts later.
    static func expired(
        _ rule: RecordingRule, at now: Instant, after: Instant, limit: Int, in db: any Reading
    ) throws -> [Segment] {
        let oldest = now - Int64(rule.keepDays) * CivilTime.dayMs
        guard rule.mode == .event else {
            return try db.all(
                Segment.self,
                """
                SELECT \(raw: Segment.columns) FROM watch_segment WHERE camera = \(rule.camera)
                  AND start_at > \(after) AND start_at < \(oldest) ORDER BY start_at LIMIT \(limit)
                """)
        }
        return try db.all(
            Segment.self,
            """
            SELECT \(raw: Segment.columns) FROM watch_segment WHERE camera = \(rule.camera) AND start_at > \(after)
              AND (start_at < \(oldest) OR start_at < \(now - 600_000) AND NOT EXISTS (
                SELECT 1 FROM camera_alarm WHERE camera_alarm.camera = watch_segment.camera
                  AND camera_alarm.received_at > watch_segment.start_at - 180000
                  AND camera_alarm.received_at < watch_segment.end_at + 60000))
            ORDER BY start_at LIMIT \(limit)
            """)
    }

    static func oldest(after: Instant, limit: Int, in db: any Reading) throws -> [Segment] {
        try db.all(
            Segment.self,
            """
            SELECT \(raw: Segment.columns) FROM watch_segment WHERE start_at > \(after) ORDER BY start_at
            LIMIT \(limit)
            """)
    }

    static func remove(_ id: Segment.Number, in db: any Writing) throws {
        try db.execute("DELETE FROM watch_segment WHERE id = \(id)")
    }

    /// Takes a file that is no more out of the index.
    static func remove(file: String, of camera: CameraID, in db: any Writing) throws {
        try db.execute("DELETE FROM watch_segment WHERE camera = \(camera) AND file = \(file)")
    }

    static func add(_ clip: Clip, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO watch_clip (id, camera, from_at, to_at, case_id, sha256, bytes, reason, made_by, made_at)
            VALUES (\(clip.id), \(clip.camera), \(clip.from), \(clip.to), \(clip.caseID), \(clip.sha256),
              \(clip.bytes), \(clip.reason), \(clip.madeBy), \(clip.madeAt))
            """)
    }

    static func clip(_ id: Clip.Number, in db: any Reading) throws -> Clip? {
        try db.first(Clip.self, "SELECT \(raw: Clip.columns) FROM watch_clip WHERE id = \(id)")
    }

    /// The cases for whose sake a segment may have to stay.
    static func cases(holding segment: Segment, in db: any Reading) throws -> [CaseID] {
        var result: [CaseID] = []
        try db.query(
            """
            SELECT case_id FROM watch_clip WHERE camera = \(segment.camera) AND case_id IS NOT NULL
              AND from_at < \(segment.end) AND to_at > \(segment.start) LIMIT 100
            """
        ) { row in
            result.append(try row.next())
            return true
        }
        return result
    }
}
