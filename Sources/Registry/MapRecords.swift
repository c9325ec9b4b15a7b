import Kernel
import Places
import Storage
import Web

/// What the map may draw of the registry, already judged for one caller.
extension RegistryRoom {
    /// A layer of points: a category that is drawn, as far as the caller sees its places plainly.
    public struct MapLayer: Sendable {
        /// The category.
        public var key: String
        /// What people call it.
        public var name: Words
        /// Its picture among the icons.
        public var icon: String
        /// A tint: `info`, `ok`, `warn`, `bad`.
        public var tint: String
    }

    /// One record on the map: where, and what the caller may read of its name.
    public struct MapPoint: Sendable {
        /// Its number.
        public var id: RecordID
        /// Its category.
        public var category: String
        /// Its name, masked where the caller sees it masked.
        public var label: String
        /// Where.
        public var point: GeoPoint
        /// Its smallest area.
        public var area: AreaID?
        /// Whether it is to be verified, or contradictory.
        public var isStale: Bool
    }

    /// Degrees of WGS-84 that do not cross the date line.
    public struct MapBox: Sendable {
        /// The bounds.
        public var west, south, east, north: Double
        /// A box.
        public init(west: Double, south: Double, east: Double, north: Double) {
            (self.west, self.south, self.east, self.north) = (west, south, east, north)
        }
    }

    /// The layers that the caller may see as points. People are never among them.
    public func mapLayers(for caller: Caller) -> [MapLayer] {
        let viewer = Viewer(caller, desk.areas)
        return book.all.filter { Self.isDrawn($0, viewer) }.map {
            MapLayer(key: $0.key, name: $0.name, icon: $0.drawn.icon, tint: $0.drawn.tint)
        }
    }

    private static func isDrawn(_ category: Category, _ viewer: Viewer) -> Bool {
        guard category.drawn.as == .point, !category.isAboutPeople, let key = category.point,
            let field = category.field(key)
        else { return false }
        return Policy.sight(of: field, in: category, for: viewer) == .plain
    }

    /// The points of some layers within a box, at most `limit`; layers that the caller may not see give nothing.
    public func mapPoints(
        _ layers: [String], in box: MapBox, for caller: Caller, limit: Int, in db: any Reading
    ) throws -> [MapPoint] {
        let viewer = Viewer(caller, desk.areas)
        let categories = layers.compactMap { book[$0] }.filter { Self.isDrawn($0, viewer) }
        guard !categories.isEmpty else { return [] }
        let now = Instant.now
        let records = try db.all(
            Record.self,
            """
            SELECT \(raw: Record.columns) FROM registry_record r
            WHERE r.lat BETWEEN \(box.south) AND \(box.north) AND r.lon BETWEEN \(box.west) AND \(box.east)
            AND r.category IN \(list: categories.map(\.key)) LIMIT \(limit)
            """)
        return records.compactMap { record in
            guard let category = book[record.category],
                let judged = Policy.judge(record, in: category, for: viewer, today: now.dayNumber),
                let point = judged.point
            else { return nil }
            return MapPoint(
                id: judged.id, category: category.key, label: judged.label, point: point, area: judged.area,
                isStale: judged.dueAt <= now || judged.doubts > 0)
        }
    }

    /// How many records each area has by itself, without its parts; `nil` where a count of people is held back because
    /// it is below 5.
    public func areaCounts(_ key: String, for caller: Caller, in db: any Reading) throws -> [AreaID: Int64?] {
        let viewer = Viewer(caller, desk.areas)
        guard let category = book[key], Policy.sees(category, viewer) else { return [:] }
        var counts: [AreaID: Int64?] = [:]
        try db.query(
            "SELECT area, COUNT(*) FROM registry_record WHERE category = \(key) AND area IS NOT NULL GROUP BY area"
        ) { row in
            let area = try row.next(AreaID.self)
            let count = try row.next(Int64.self)
            if viewer.areas?.contains(area) ?? true {
                counts[area] = category.isAboutPeople && count < Shown.smallest ? .some(nil) : count
            }
            return true
        }
        return counts
    }

    /// Changes with every change of any record; what was drawn of an older one is old.
    public func dataVersion(in db: any Reading) throws -> Int64 { try RecordStore.dataVersion(in: db) }

    /// The same for callers who see the same: roles, areas, and the declarations that hold. Keys what was drawn.
    public func policyKey(for caller: Caller) -> String {
        let roles = caller.roles.map(\.rawValue).sorted().joined(separator: "+")
        let areas = caller.areas.map { $0.sorted().map(\.description).joined(separator: "+") } ?? "*"
        return "\(roles)/\(areas)/\(book.fingerprint)"
    }

    /// Puts the records within a box into the areas that are there now, after a border has moved; returns how many
    /// changed. It goes with the transaction that moved the border.
    /// - Parameter areas: all areas as they are in this transaction.
    public func reassign(
        in box: MapBox, areas: [Area], locate: @escaping @Sendable (GeoPoint) -> AreaID?, in db: any Writing
    ) throws -> Int {
        let town = TownAreas(areas, locate: locate)
        let records = try db.all(
            Record.self,
            """
            SELECT \(raw: Record.columns) FROM registry_record r
            WHERE r.lat BETWEEN \(box.south) AND \(box.north) AND r.lon BETWEEN \(box.west) AND \(box.east)
            """)
        var changed = 0
        for record in records {
            guard let point = record.point, let category = book[record.category] else { continue }
            let area = locate(point)
            guard area != record.area else { continue }
            let village = town.village(of: area)
            try db.execute(
                "UPDATE registry_record SET area = \(area), village = \(village) WHERE id = \(record.id)")
            let tokens = desk.search.tokens(of: record.values, category, area: area, village: village)
            try db.execute(
                "UPDATE registry_token SET tokens = \(tokens.joined(separator: " ")) WHERE record = \(record.id)")
            changed += 1
        }
        if changed > 0 { try RecordWriter.touch(db) }
        return changed
    }
}
