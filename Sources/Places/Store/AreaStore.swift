import Geo
import Kernel
import Storage

enum AreaStore {
    static func insert(_ area: Area, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO area (id, kind, name, parent, geometry)
            VALUES (\(area.id), \(area.kind), \(area.name), \(area.parent), \(area.geometry.geoJSON))
            """)
        db.wake(AreaIndex.topic)
    }

    static func insert(_ landmark: Landmark, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO landmark (id, kind, name, geometry)
            VALUES (\(landmark.id), \(landmark.kind), \(landmark.name), \(landmark.geometry.geoJSON))
            """)
    }

    static func all(in db: any Reading) throws -> [Area] {
        try db.all(Area.self, "SELECT id, kind, name, parent, geometry FROM area ORDER BY id LIMIT 10000")
    }

    static func landmarks(in db: any Reading) throws -> [Landmark] {
        try db.all(Landmark.self, "SELECT id, kind, name, geometry FROM landmark ORDER BY id LIMIT 2000")
    }
}

extension Area: RowDecodable {
    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        kind = try row.next()
        name = try row.next()
        parent = try row.next()
        geometry = try Geometry(geoJSON: try row.next())
    }
}

extension Landmark: RowDecodable {
    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        kind = try row.next()
        name = try row.next()
        geometry = try Geometry(geoJSON: try row.next())
    }
}
