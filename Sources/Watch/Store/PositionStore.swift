import GB28181
import Kernel
import Storage

/// Where a camera that moves was last.
struct CameraPosition: Sendable, RowDecodable {
    var point: GeoPoint?
    /// Kilometres an hour, where the device says so.
    var speed: Double?
    /// When it was told.
    var at: Instant

    init(row: inout Row) throws {
        point = GeoPoint(lat: try row.next(), lon: try row.next())
        speed = try row.next()
        at = try row.next()
    }
}

/// The table of last positions: one row a camera, so that no way can be read from it.
enum PositionStore {
    /// A position that is older counts no more for the map, in milliseconds.
    static let freshMs: Int64 = 600_000

    static func save(_ position: MobilePosition, of camera: CameraID, at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO camera_position (camera, lat, lon, speed, at)
            VALUES (\(camera), \(position.point.lat), \(position.point.lon), \(position.speed), \(now))
            ON CONFLICT (camera) DO UPDATE SET lat = excluded.lat, lon = excluded.lon, speed = excluded.speed,
              at = excluded.at
            """)
    }

    static func find(_ camera: CameraID, in db: any Reading) throws -> CameraPosition? {
        try db.first(CameraPosition.self, "SELECT lat, lon, speed, at FROM camera_position WHERE camera = \(camera)")
    }

    /// Positions told since a moment.
    static func fresh(since moment: Instant, in db: any Reading) throws -> [CameraID: GeoPoint] {
        var result: [CameraID: GeoPoint] = [:]
        try db.query("SELECT camera, lat, lon FROM camera_position WHERE at > \(moment) LIMIT 5000") { row in
            let camera: CameraID = try row.next()
            result[camera] = GeoPoint(lat: try row.next(), lon: try row.next())
            return true
        }
        return result
    }
}
