import Kernel
import Storage

enum TrackStore {
    static func known(
        of staff: StaffID, in span: Range<Instant>, in db: any Reading
    ) throws -> (count: Int, last: Instant?) {
        let count =
            try db.value(
                Int64.self,
                """
                SELECT COUNT(*) FROM patrol_track WHERE staff = \(staff) AND at >= \(span.lowerBound)
                AND at < \(span.upperBound)
                """) ?? 0
        let last = try db.values(
            Instant.self, "SELECT at FROM patrol_track WHERE staff = \(staff) ORDER BY at DESC LIMIT 1"
        ).first
        return (Int(count), last)
    }

    static func insert(_ fix: Fix, of staff: StaffID, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO patrol_track (staff, at, lat, lon, accuracy) VALUES (\(staff), \(fix.at), \(fix.point.lat),
            \(fix.point.lon), \(fix.accuracy)) ON CONFLICT (staff, at) DO NOTHING
            """)
    }

    static func fixes(of staff: StaffID, in span: Range<Instant>, in db: any Reading) throws -> [Fix] {
        try db.all(
            Fix.self,
            """
            SELECT at, lat, lon, accuracy FROM patrol_track WHERE staff = \(staff) AND at >= \(span.lowerBound)
            AND at < \(span.upperBound) ORDER BY at LIMIT 10000
            """)
    }

    static func prune(before: Instant, limit: Int, in db: any Writing) throws -> Int {
        // By whole moments, since a moment has few fixes: one of each person who walks.
        let moments = try db.values(
            Instant.self, "SELECT at FROM patrol_track WHERE at < \(before) ORDER BY at LIMIT \(limit)")
        guard let last = moments.last else { return 0 }
        return try db.execute("DELETE FROM patrol_track WHERE at <= \(last)")
    }

    static func looks(at staff: StaffID, in db: any Reading) throws -> [TrackLook] {
        try db.all(
            TrackLook.self,
            """
            SELECT at, viewer_name, case_number, purpose FROM patrol_track_look WHERE staff = \(staff)
            ORDER BY at DESC, id DESC LIMIT 50
            """)
    }

    static func add(
        lookAt staff: StaffID, by viewer: String, for id: CaseID, number: String, purpose: String, at now: Instant,
        in db: any Writing
    ) throws {
        try db.execute(
            """
            INSERT INTO patrol_track_look (id, staff, at, viewer_name, case_id, case_number, purpose)
            VALUES (\(ID<TrackLook>.next()), \(staff), \(now), \(viewer), \(id), \(number), \(purpose))
            """)
    }
}
