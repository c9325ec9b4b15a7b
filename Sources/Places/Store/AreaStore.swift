import Geo
import Kernel
import Storage

/// The areas' tables.
enum AreaStore {
    private static let columns = "id, kind, name, parent, geometry, code, valid_from, valid_until"
    /// Areas that a town may have had in all; more are not read.
    static let limit = 20_000

    static func insert(_ area: Area, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO area (\(raw: columns)) VALUES (\(area.id), \(area.kind), \(area.name), \(area.parent),
              \(area.geometry.geoJSON), \(area.code), \(area.validFrom), \(area.validUntil))
            """)
        db.wake(AreaIndex.topic)
    }

    static func update(_ area: Area, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE area SET name = \(area.name), parent = \(area.parent), geometry = \(area.geometry.geoJSON),
              code = \(area.code), valid_from = \(area.validFrom), valid_until = \(area.validUntil)
            WHERE id = \(area.id)
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

    /// Every area, those that have ended among them.
    static func all(in db: any Reading) throws -> [Area] {
        try db.all(Area.self, "SELECT \(raw: columns) FROM area ORDER BY id LIMIT \(limit)")
    }

    /// The areas as they stood at a moment, each with the border it had then.
    static func all(at moment: Instant, in db: any Reading) throws -> [Area] {
        var found: [AreaID: Area] = [:]
        for area in try all(in: db)
        where area.validFrom <= moment && area.validUntil.map({ moment < $0 }) ?? true { found[area.id] = area }
        let past = try db.all(
            Area.self,
            """
            SELECT v.area, a.kind, v.name, v.parent, v.geometry, v.code, v.valid_from, v.valid_until
            FROM area_version v JOIN area a ON a.id = v.area
            WHERE v.valid_from <= \(moment) AND v.valid_until > \(moment) ORDER BY v.area LIMIT \(limit)
            """)
        for area in past { found[area.id] = area }
        return found.values.sorted { $0.id < $1.id }.map { area in
            var then = area
            // As of that moment it was in force.
            then.validUntil = nil
            return then
        }
    }

    static func landmarks(in db: any Reading) throws -> [Landmark] {
        try db.all(Landmark.self, "SELECT id, kind, name, geometry FROM landmark ORDER BY id LIMIT 50000")
    }

    static func codeFormat(in db: any Reading) throws -> AreaCodeFormat {
        var digits: [AreaKind: Int] = [:]
        try db.query("SELECT level, digits FROM area_code_format") { row in
            digits[try row.next(AreaKind.self)] = try row.next()
            return true
        }
        return digits.isEmpty ? .standard : AreaCodeFormat(digits: digits)
    }

    static func setCodeFormat(_ format: AreaCodeFormat, in db: any Writing) throws {
        for kind in AreaKind.allCases {
            try db.execute(
                """
                INSERT INTO area_code_format (level, digits) VALUES (\(kind), \(format.digits[kind] ?? 0))
                ON CONFLICT (level) DO UPDATE SET digits = excluded.digits
                """)
        }
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
        code = try row.next()
        validFrom = try row.next()
        validUntil = try row.next()
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
