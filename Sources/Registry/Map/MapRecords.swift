import Kernel
import Places
import Storage
import Web

/// What the map may draw of the registry, already judged for one caller.
extension RegistryRoom {
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

    /// Whether a category's records are drawn for a viewer; people never are.
    static func isDrawn(_ category: Category, _ viewer: Viewer) -> Bool {
        guard category.drawn.as == .point, !category.isAboutPeople, let key = category.point,
            let field = category.field(key)
        else { return false }
        return Policy.sight(of: field, in: category, for: viewer) == .plain
    }

    /// The points of some layers within a box, at most `limit`; layers that the caller may not see give nothing.
    /// - Parameter text: only records that hold it somewhere; whether it stands in what the caller may read is for the
    ///   caller to look.
    public func mapPoints(
        _ layers: [String], holding text: String = "", in box: MapBox, for caller: Caller, limit: Int,
        in db: any Reading
    ) throws -> [MapPoint] {
        let viewer = Viewer(caller, desk.areas)
        let categories = layers.compactMap { book[$0] }.filter { Self.isDrawn($0, viewer) }
        guard !categories.isEmpty else { return [] }
        let now = Instant.now
        let plain = text.filter { $0 != "%" && $0 != "_" && $0 != "\\" }
        let held: SQL = if plain.isEmpty { "1 = 1" } else { "r.data LIKE \("%" + plain + "%")" }
        let records = try db.all(
            Record.self,
            """
            SELECT \(raw: Record.columns) FROM registry_record r
            WHERE r.lat BETWEEN \(box.south) AND \(box.north) AND r.lon BETWEEN \(box.west) AND \(box.east)
            AND r.category IN \(list: categories.map(\.key)) AND \(held) LIMIT \(limit)
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

    /// The places of a layer's records within a box, without looking at what else they hold; nothing where the caller
    /// may not see them.
    public func mapPlaces(
        _ key: String, in box: MapBox, for caller: Caller, limit: Int, in db: any Reading
    ) throws -> [GeoPoint] {
        let viewer = Viewer(caller, desk.areas)
        guard let category = book[key], Self.isDrawn(category, viewer) else { return [] }
        let own: SQL =
            if let areas = viewer.areas.map(Array.init) {
                "(area IN \(list: areas) OR village IN \(list: areas))"
            } else {
                "1 = 1"
            }
        var places: [GeoPoint] = []
        try db.query(
            """
            SELECT lat, lon FROM registry_record WHERE lat BETWEEN \(box.south) AND \(box.north)
            AND lon BETWEEN \(box.west) AND \(box.east) AND category = \(key) AND \(own) LIMIT \(limit)
            """
        ) { row in
            if let place = GeoPoint(lat: try row.next(), lon: try row.next()) { places.append(place) }
            return true
        }
        return places
    }

    /// How many records each area has, those of its parts among them as far as `part` says so. Of people, a count below
    /// 5 is ``MapCount/few``, and so is the smallest other one where a single area would be held back: whoever knows
    /// the sum must not learn it by subtraction.
    public func areaCounts(
        _ key: String, for caller: Caller, by part: (AreaID) -> AreaID?, in db: any Reading
    ) throws -> [AreaID: MapCount] {
        let viewer = Viewer(caller, desk.areas)
        guard let category = book[key], Policy.sees(category, viewer) else { return [:] }
        var counts: [AreaID: Int] = [:]
        try db.query(
            "SELECT area, COUNT(*) FROM registry_record WHERE category = \(key) AND area IS NOT NULL GROUP BY area"
        ) { row in
            let area = try row.next(AreaID.self)
            let count = try row.next(Int.self)
            if viewer.areas?.contains(area) ?? true, let whole = part(area) { counts[whole, default: 0] += count }
            return true
        }
        return category.isAboutPeople ? SmallCounts.held(counts) : counts.mapValues { .exactly($0) }
    }

    /// Changes with every change of any record; what was drawn of an older one is old.
    public func dataVersion(in db: any Reading) throws -> Int64 { try RecordStore.dataVersion(in: db) }

    /// How many records there are, and how many of them are neither due for a visit nor in doubt.
    public static func freshness(at now: Instant, in db: any Reading) throws -> (records: Int64, verified: Int64) {
        (
            try db.value(Int64.self, "SELECT COUNT(*) FROM registry_record") ?? 0,
            try db.value(
                Int64.self, "SELECT COUNT(*) FROM registry_record WHERE due_at > \(now) AND doubts = 0") ?? 0
        )
    }

    /// The same for callers who see the same: roles, areas, and the declarations that hold. Keys what was drawn.
    public func policyKey(for caller: Caller) -> String {
        let roles = caller.roles.map(\.rawValue).sorted().joined(separator: "+")
        let areas = caller.areas.map { $0.sorted().map(\.description).joined(separator: "+") } ?? "*"
        return "\(roles)/\(areas)/\(book.fingerprint)"
    }

    /// Puts the records within a box into the areas that are there now, after a border has moved, and those without a
    /// place into the heir of their area where it ended; returns how many changed. It goes with the transaction that
    /// moved the border.
    /// - Parameters:
    ///   - areas: all areas as they are in this transaction.
    ///   - heirs: what the areas that ended became.
    public func reassign(
        in box: MapBox, areas: [Area], heirs: [AreaID: AreaID], locate: @escaping @Sendable (GeoPoint) -> AreaID?,
        in db: any Writing
    ) throws -> Int {
        let town = TownAreas(areas, locate: locate)
        // Most records stay where they are, and reading what they hold would be most of the work.
        var moved: [(RecordID, AreaID?)] = []
        try db.query(
            """
            SELECT id, area, lat, lon FROM registry_record
            WHERE lat BETWEEN \(box.south) AND \(box.north) AND lon BETWEEN \(box.west) AND \(box.east)
            """
        ) { row in
            let (id, old) = (try row.next(RecordID.self), try row.next(AreaID?.self))
            guard let point = GeoPoint(lat: try row.next(), lon: try row.next()) else { return true }
            let new = locate(point)
            if new != old { moved.append((id, new)) }
            return true
        }
        for (old, new) in heirs.sorted(by: { $0.key < $1.key }) {
            moved += try db.values(
                RecordID.self, "SELECT id FROM registry_record WHERE area = \(old) AND lat IS NULL"
            ).map { ($0, new) }
        }
        for (id, area) in moved {
            guard let record = try RecordStore.find(id, in: db), let category = book[record.category] else { continue }
            let village = town.village(of: area)
            try db.execute("UPDATE registry_record SET area = \(area), village = \(village) WHERE id = \(id)")
            let tokens = desk.search.tokens(of: record.values, category, area: area, village: village)
            try db.execute(
                "UPDATE registry_token SET tokens = \(tokens.joined(separator: " ")) WHERE record = \(id)")
        }
        if !moved.isEmpty { try RecordWriter.touch(db) }
        return moved.count
    }
}

/// Counts of people as everybody may read them.
enum SmallCounts {
    /// Those below ``Shown/smallest`` are held back; where that would be one alone, the smallest other one with it.
    static func held(_ counts: [AreaID: Int]) -> [AreaID: MapCount] {
        let known = counts.filter { $0.value > 0 }
        var few = Set(known.filter { $0.value < Int(Shown.smallest) }.keys)
        let others = known.filter { !few.contains($0.key) }
        if few.count == 1, let next = others.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            few.insert(next.key)
        }
        return counts.reduce(into: [:]) { $0[$1.key] = few.contains($1.key) ? .few : .exactly($1.value) }
    }
}
