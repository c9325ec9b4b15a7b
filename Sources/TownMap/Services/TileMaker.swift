import Geo
import Kernel
import Places
import Storage
import Synchronization
import Web

/// Makes vector tiles of the town's land and of the rooms' layers, each for what its viewer may see.
struct TileMaker: Sendable {
    let database: any Database
    let areas: AreaIndex
    let layers: LayerBook
    let versions: LayerVersions
    let cache = TileCache()
    private let made = Metrics.shared.counter("zhili_tiles_made_total", "Tiles made because no cache held them")

    /// The town's land, which every viewer of the map sees.
    static let land = ["base", "areas"]
    /// Marks in one tile above which they are drawn as counted cells.
    private static let single = 4_000
    /// The same where each mark has to be judged first.
    private static let judged = 600

    init(database: any Database, areas: AreaIndex, layers: LayerBook) {
        self.database = database
        self.areas = areas
        self.layers = layers
        versions = LayerVersions(feed: database.feed)
    }

    /// The tile of a layer for a caller.
    func tile(
        _ name: String, _ address: TileAddress, for caller: Caller, from: Instant?, to: Instant?
    ) async throws -> TileCache.Entry {
        if Self.land.contains(name) {
            let snapshot = areas.snapshot
            let key = TileCache.Key(layer: name, policy: "all", tile: address)
            let version = TileCache.Version(event: snapshot.version)
            if let known = cache.entry(key, version: version) { return known }
            let layers = name == "base" ? base(snapshot.landmarks, address) : divisions(snapshot.map, address)
            return keep(VectorTile(layers).bytes, key, version: version)
        }
        guard let layer = layers.named(name), layer.hasMarks else { throw Problem.notFound }
        guard layer.isVisible(to: caller) else { throw Problem.forbidden }
        // Read before the data, so that a change in between makes the tile old, never new.
        var version = TileCache.Version(event: versions.version(of: layer))
        if let data = try await database.read({ db in try layer.version(in: db) }) { version.data = data }
        let key = TileCache.Key(layer: name, policy: layer.policy(for: caller), tile: address, from: from, to: to)
        if let known = cache.entry(key, version: version) { return known }
        guard let box = address.box(margin: 0.02) else { throw Problem.notFound }
        let window = MapWindow(box: box, from: from, to: to, limit: 50_000)
        let drawn = try await database.read { db in
            if let places = try layer.places(in: window, for: caller, in: db), places.count > Self.judged {
                return cells(places, name, address)
            }
            return points(try layer.marks(in: window, for: caller, in: db), name, address)
        }
        return keep(VectorTile([drawn]).bytes, key, version: version)
    }

    private func keep(_ bytes: [UInt8], _ key: TileCache.Key, version: TileCache.Version) -> TileCache.Entry {
        made.add()
        let entry = TileCache.Entry(version: version, bytes: bytes, tag: "\"\(String(hash(bytes), radix: 36))\"")
        cache.put(entry, key)
        return entry
    }

    /// FNV-1a over the bytes: the tag changes when, and only when, the tile does.
    private func hash(_ bytes: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }

    private func points(_ marks: [MapMark], _ name: String, _ tile: TileAddress) -> VectorTile.Layer {
        guard marks.count <= Self.single else { return cells(marks.map(\.point), name, tile) }
        var layer = VectorTile.Layer(name)
        for mark in marks {
            var attributes: [(String, VectorTile.Value)] = [
                ("subject", .text(mark.subject)), ("kind", .text(mark.kind)), ("state", .text(mark.state)),
                ("label", .text(mark.label)), ("href", .text(mark.href)),
            ]
            if let at = mark.at { attributes.append(("at", .text(at.rfc3339))) }
            layer.add(.point(Position(lon: mark.point.lon, lat: mark.point.lat)), in: tile, attributes)
        }
        return layer
    }

    private func cells(_ places: [GeoPoint], _ name: String, _ tile: TileAddress) -> VectorTile.Layer {
        var layer = VectorTile.Layer(name)
        for cell in MarkCells(places, in: tile).cells {
            layer.add(.point(cell.middle), in: tile, [("count", .integer(Int64(cell.count)))])
        }
        return layer
    }

    private func base(_ landmarks: [AreaIndex.PlacedLandmark], _ tile: TileAddress) -> [VectorTile.Layer] {
        var layers: [Landmark.Kind: VectorTile.Layer] = [:]
        guard let box = tile.box(margin: 0.02) else { return [] }
        for placed in landmarks where placed.box.meets(box) {
            let kind = placed.landmark.kind
            // Houses are dust at a distance.
            if kind == .building, tile.z < 13 { continue }
            layers[kind, default: VectorTile.Layer(kind.rawValue)].add(
                placed.landmark.geometry, in: tile, [("name", .text(placed.landmark.name))])
        }
        return layers.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value)
    }

    private func divisions(_ map: AreaMap, _ tile: TileAddress) -> [VectorTile.Layer] {
        guard let box = tile.box(margin: 0.02) else { return [] }
        var shapes = VectorTile.Layer("areas")
        var names = VectorTile.Layer("names")
        for area in map.inForce.sorted(by: { $0.id < $1.id }) {
            guard Self.isShown(area.kind, at: tile.z), let around = Box(area.geometry.positions), around.meets(box)
            else { continue }
            let attributes: [(String, VectorTile.Value)] = [
                ("id", .text(area.id.description)), ("kind", .text(area.kind.rawValue)), ("name", .text(area.name)),
                ("code", .text(area.code)),
            ]
            shapes.add(area.geometry, in: tile, attributes)
            // A name stands in one tile alone, or it would be written at every seam.
            if let spot = area.geometry.areas.max(by: { $0.size < $1.size })?.inside, tile.owns(spot) {
                names.add(.point(spot), in: tile, attributes)
            }
        }
        return [shapes, names]
    }

    private static func isShown(_ kind: AreaKind, at zoom: Int) -> Bool {
        switch kind {
        case .town, .village: true
        case .cooperative: zoom >= 11
        case .grid: zoom >= 12
        }
    }
}

/// Marks counted by small squares of a tile, for when there are too many to draw.
struct MarkCells {
    struct Cell {
        var middle: Position
        var count: Int
    }

    private(set) var cells: [Cell] = []

    init(_ places: [GeoPoint], in tile: TileAddress, across: Int = 16) {
        guard let box = tile.box() else { return }
        let (width, height) = ((box.east - box.west) / Double(across), (box.north - box.south) / Double(across))
        struct Sum { var count = 0, lon = 0.0, lat = 0.0 }
        var sums = [Sum](repeating: Sum(), count: across * across)
        for place in places {
            let x = Int(((place.lon - box.west) / width).rounded(.down))
            let y = Int(((place.lat - box.south) / height).rounded(.down))
            guard (0..<across).contains(x), (0..<across).contains(y) else { continue }
            sums[y * across + x].count += 1
            sums[y * across + x].lon += place.lon
            sums[y * across + x].lat += place.lat
        }
        // Where its things lie, not the middle of the square: a map of crosses in rows would tell of the squares.
        cells = sums.filter { $0.count > 0 }.map {
            Cell(middle: Position(lon: $0.lon / Double($0.count), lat: $0.lat / Double($0.count)), count: $0.count)
        }
    }
}
