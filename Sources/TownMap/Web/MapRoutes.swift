import Geo
import Kernel
import Places
import Storage
import Web

/// A mark as the API shows it.
struct MarkView: Encodable, Sendable {
    var layer: String
    var id: String
    var kind: String
    var state: String
    var label: String
    var location: GeoPoint
    var at: String?
    var href: String
    /// Metres from where one asked.
    var metres: Int?

    init(_ mark: MapMark, layer: String, from: GeoPoint? = nil) {
        self.layer = layer
        id = mark.subject
        (kind, state, label, location, href) = (mark.kind, mark.state, mark.label, mark.point, mark.href)
        at = mark.at?.rfc3339
        metres = from.map { Int(Measure.metres(Position($0), Position(mark.point)).rounded()) }
    }

    static let shape = Shape.object(
        [
            "layer": .text, "id": .text, "kind": .text, "state": .text, "label": .text, "location": .anything,
            "at": .time, "href": .text, "metres": .integer,
        ], required: ["layer", "id", "kind", "state", "label", "location", "href"])
}

extension Position {
    init(_ point: GeoPoint) { self.init(lon: point.lon, lat: point.lat) }
}

extension TownMapRoom {
    /// The layers that a caller may see.
    func visible(_ caller: Caller) -> [any MapLayer] { layers.visible(to: caller) }

    private struct LayerView: Encodable {
        var name: String
        var label: String
        var group: String
        var hasPast: Bool
        var hasMarks: Bool
        var version: Int64
    }

    private struct CountView: Encodable {
        var id: AreaID
        var name: String
        var kind: AreaKind
        /// Absent where there are some people, but too few to be told.
        var count: Int?
        var isFew: Bool
        var hasParts: Bool
    }

    func mapRoutes(_ routes: inout Routes) {
        routes.get("/map", .needs(.mapUse), "The town's map") { call in
            let caller = try call.signedIn()
            var context: [String: Any] = [
                "canEdit": caller.may(.areaWrite), "groups": groups(visible(caller), call),
                "shades": visible(caller).map { ["name": $0.name, "label": label(of: $0, call)] },
            ]
            if let source = backdrop?.source {
                context["backdrop"] = [
                    "sheets": String(source.sheets.count), "from": String(Self.backdropZooms.lowerBound),
                    "to": String(Self.backdropZooms.upperBound), "name": call.word("townmap.backdrop.\(source.name)"),
                ]
            }
            return try call.page("townmap", title: call.word("townmap.title"), context)
        }
        routes.get(
            "/api/v1/map/layers", .needs(.mapUse), "The layers that the caller may see",
            shapes: Shapes(
                gives: .page(
                    of: .object(
                        [
                            "name": .text, "label": .text, "group": .oneOf(MapGroup.allCases.map(\.rawValue)),
                            "hasPast": .flag, "hasMarks": .flag, "version": .integer,
                        ], required: ["name", "label", "group", "hasPast", "hasMarks", "version"])))
        ) { call in
            let caller = try call.signedIn()
            return try .list(
                visible(caller).map {
                    LayerView(
                        name: $0.name, label: label(of: $0, call), group: $0.group.rawValue, hasPast: $0.hasPast,
                        hasMarks: $0.hasMarks, version: tiles.versions.version(of: $0))
                }, next: nil)
        }
        routes.get(
            "/api/v1/map/marks", .needs(.mapUse), "A layer's marks as a list",
            shapes: Shapes(
                query: [
                    ("layer", "such as cases"), ("bbox", "west,south,east,north"), ("from", "RFC 3339"),
                    ("to", "RFC 3339"), ("limit", "1…500"),
                ], gives: .page(of: MarkView.shape))
        ) { call in
            guard let name = call.query("layer") else { return try .list([MarkView](), next: nil) }
            let caller = try call.signedIn()
            let layer = try layer(name, for: caller)
            let period = try period(call)
            let window = MapWindow(box: try box(call), from: period.from, to: period.to, limit: call.limit)
            let marks = try await database.read { db in try layer.marks(in: window, for: caller, in: db) }
            return try .list(marks.map { MarkView($0, layer: name) }, next: nil)
        }
        routes.get(
            "/api/v1/map/counts", .needs(.mapUse), "How many of a layer lie in each area",
            shapes: Shapes(
                query: [
                    ("layer", "such as sites"), ("parent", "count the parts of this area, else those of the town"),
                    ("from", "RFC 3339"), ("to", "RFC 3339"),
                ],
                gives: .page(
                    of: .object(
                        [
                            "id": .id, "name": .text, "kind": .text, "count": .integer, "isFew": .flag,
                            "hasParts": .flag,
                        ], required: ["id", "name", "kind", "isFew", "hasParts"])))
        ) { call in
            guard let name = call.query("layer") else { return try .list([CountView](), next: nil) }
            let caller = try call.signedIn()
            let layer = try layer(name, for: caller)
            let period = try period(call)
            // What happened then is counted by the borders of then.
            var map = areas.map
            if layer.hasPast, let then = period.to, then < .now {
                map = AreaMap(try await database.read { db in try AreaEditor.areas(at: then, in: db) })
            }
            let borders = map
            let parent = call.query("parent").flatMap(AreaID.init) ?? map.inForce.first { $0.kind == .town }?.id
            guard let parent, let whole = map.byID[parent], let box = Box(whole.geometry.positions) else {
                return try .list([CountView](), next: nil)
            }
            let window = MapWindow(box: box, from: period.from, to: period.to, limit: 100_000)
            let counts = try await database.read { db in
                try layer.counts(in: window, for: caller, by: { borders.part(of: parent, holding: $0) }, in: db)
                    ?? AreaCounts(
                        layer.marks(in: window, for: caller, in: db).map(\.point), parent: parent, map: borders
                    ).counts.mapValues { .exactly($0) }
            }
            let views = map.parts(of: parent).sorted { $0.id < $1.id }.map { area in
                let count = counts[area.id] ?? .exactly(0)
                let number: Int? = if case .exactly(let number) = count { number } else { nil }
                return CountView(
                    id: area.id, name: area.name, kind: area.kind, count: number, isFew: count == .few,
                    hasParts: map.hasParts(area.id))
            }
            return try .list(views, next: nil)
        }
    }

    func layer(_ name: String, for caller: Caller) throws(Problem) -> any MapLayer {
        guard let layer = layers.named(name) else { throw Problem.notFound }
        guard layer.isVisible(to: caller) else { throw Problem.forbidden }
        return layer
    }

    /// What people call a layer.
    func label(of layer: any MapLayer, _ call: Call) -> String {
        guard let title = layer.title else { return call.word("townmap.layer.\(layer.name)") }
        return call.language == .en && !title.en.isEmpty ? title.en : title.zh
    }

    /// The list of layers as the page shows it, group by group.
    private func groups(_ layers: [any MapLayer], _ call: Call) -> [[String: Any]] {
        MapGroup.allCases.filter { $0 != .counted }.compactMap { group in
            let own = layers.filter { $0.group == group && $0.hasMarks }
            guard !own.isEmpty else { return nil }
            return [
                "title": call.word("townmap.group.\(group.rawValue)"), "open": group != .records,
                "layers": own.map { layer -> [String: Any] in
                    let label = label(of: layer, call)
                    return [
                        "name": layer.name, "label": label, "past": layer.hasPast, "on": layer.isOnAtFirst,
                        "tint": layer.tint ?? "", "changes": layer.changes.joined(separator: " "),
                        "glyph": (layer.title?.zh ?? call.word("townmap.glyph.\(layer.name)")).prefix(1),
                    ]
                },
            ]
        }
    }

    /// `bbox`, else the whole world.
    func box(_ call: Call) throws(Problem) -> Box {
        guard let text = call.query("bbox") else { return Self.world }
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard text.utf8.count <= 100, numbers.count == 4, let west = numbers[0], let south = numbers[1],
            let east = numbers[2], let north = numbers[3], let low = GeoPoint(lat: south, lon: west),
            let high = GeoPoint(lat: north, lon: east), west <= east, south <= north,
            let box = Box([Position(low), Position(high)])
        else { throw Problem.invalid(["bbox": "invalid"]) }
        return box
    }

    private static let world = Box(
        from: Position(lon: -180, lat: -90), to: Position(lon: 180, lat: 90))
}

/// Points counted by the parts of an area.
struct AreaCounts {
    private(set) var counts: [AreaID: Int] = [:]

    init(_ points: [GeoPoint], parent: AreaID, map: AreaMap) {
        for point in points {
            guard let leaf = map.area(at: point) else { continue }
            if let part = map.part(of: parent, holding: leaf) { counts[part, default: 0] += 1 }
        }
    }
}
