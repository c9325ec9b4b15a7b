import Geo
import Kernel
import Places
import Storage
import Web

extension TownMapRoom {
    private struct AroundView: Encodable {
        var areaId: AreaID?
        var areaName: String
        var items: [MarkView]
    }

    private struct InsideView: Encodable {
        var count: Int
        var items: [MarkView]
    }

    private struct InsideRequest: Decodable, Sendable {
        var ring: [[Double]]
        var layers: [String]
    }

    private struct Found: Encodable {
        var kind: String
        var label: String
        var location: GeoPoint
        var areaId: AreaID?
    }

    func findRoutes(_ routes: inout Routes) {
        let near = Shape.object(
            ["areaId": .id, "areaName": .text, "items": .list(MarkView.shape)], required: ["areaName", "items"])
        routes.get(
            "/api/v1/map/around", .needs(.mapUse), "What is around a place, the nearest first",
            shapes: Shapes(
                query: [
                    ("lat", "degrees"), ("lon", "degrees"), ("datum", "wgs84 (else), gcj02 or bd09"),
                    ("metres", "10…10000, else 1000"),
                    ("layers", "names of layers, by commas; else all but the registry's"),
                ], gives: near)
        ) { call in
            guard let lat = call.query("lat").flatMap(Double.init), let lon = call.query("lon").flatMap(Double.init),
                let given = GeoPoint(lat: lat, lon: lon)
            else { return try .json(AroundView(areaId: nil, areaName: "", items: [])) }
            let place = try Self.stored(given, call)
            let metres = min(10_000, max(10, call.query("metres").flatMap(Double.init) ?? 1_000))
            let caller = try call.signedIn()
            let wanted = call.query("layers").map { Set($0.split(separator: ",").prefix(50).map(String.init)) }
            let layers = visible(caller).filter { wanted?.contains($0.name) ?? ($0.group != .records) }
            guard let box = Measure.box(around: Position(place), metres: metres) else { throw Problem.notFound }
            let window = MapWindow(box: box, limit: 2_000)
            let marks = try await database.read { db in
                try layers.flatMap { layer in
                    try layer.marks(in: window, for: caller, in: db).map {
                        MarkView($0, layer: layer.name, from: place)
                    }
                }
            }
            let map = areas.map
            let area = map.area(at: place)
            return try .json(
                AroundView(
                    areaId: area, areaName: area.map(map.name(of:)) ?? "",
                    items: Array(
                        marks.filter { Double($0.metres ?? .max) <= metres }
                            .sorted { ($0.metres ?? 0, $0.id) < ($1.metres ?? 0, $1.id) }.prefix(200))))
        }
        routes.post(
            "/api/v1/map/inside", .needs(.mapUse), "What lies inside a drawn outline",
            shapes: Shapes(
                takes: .object(["ring": .list(.list(.number)), "layers": .list(.text)], required: ["ring", "layers"]),
                gives: .object(["count": .integer, "items": .list(MarkView.shape)], required: ["count", "items"]))
        ) { call in
            let wanted: InsideRequest = try call.json()
            guard (3...500).contains(wanted.ring.count),
                wanted.ring.allSatisfy({ $0.count == 2 && GeoPoint(lat: $0[1], lon: $0[0]) != nil }),
                let polygon = Polygon(outline: wanted.ring.map { Position(lon: $0[0], lat: $0[1]) }),
                let box = polygon.box
            else { throw Problem.invalid(["ring": "invalid"]) }
            let caller = try call.signedIn()
            let layers = try wanted.layers.prefix(20).map { name in try layer(name, for: caller) }
            let window = MapWindow(box: box, limit: 20_000)
            let marks = try await database.read { db in
                try layers.flatMap { layer in
                    try layer.marks(in: window, for: caller, in: db)
                        .filter { polygon.contains(Position($0.point)) }.map { MarkView($0, layer: layer.name) }
                }
            }
            return try .json(InsideView(count: marks.count, items: Array(marks.prefix(500))))
        }
        routes.get(
            "/api/v1/map/find", .needs(.mapUse), "The place of an address, a name or a pair of degrees",
            shapes: Shapes(
                query: [("q", "words, or `lat,lon` or `lon,lat`"), ("datum", "of a pair of degrees")],
                gives: .page(
                    of: .object(
                        ["kind": .text, "label": .text, "location": .anything, "areaId": .id],
                        required: ["kind", "label", "location"])))
        ) { call in
            guard let text = call.query("q"), text.count <= 100 else { return try .list([Found](), next: nil) }
            if let given = Self.degrees(text, near: areas.map) {
                let place = try Self.stored(given, call)
                let name = areas.map.area(at: place).map(areas.map.name(of:)) ?? ""
                return try .list([Found(kind: "degrees", label: "\(text) \(name)", location: place)], next: nil)
            }
            return try .list(try await named(text, for: try call.signedIn()), next: nil)
        }
    }

    /// The place in the town's own datum.
    private static func stored(_ given: GeoPoint, _ call: Call) throws(Problem) -> GeoPoint {
        guard let datum = Datum(rawValue: call.query("datum") ?? "wgs84") else {
            throw Problem.invalid(["datum": "invalid"])
        }
        let position = datum.toWGS84(Position(given))
        guard let place = GeoPoint(lat: position.lat, lon: position.lon) else {
            throw Problem.invalid(["lat": "invalid"])
        }
        return place
    }

    /// Two numbers as a place; which of them is the latitude is told by where the town lies, else by the first.
    static func degrees(_ text: String, near map: AreaMap) -> GeoPoint? {
        let numbers = text.split { ",， ;；".contains($0) }.map { Double($0) }
        guard numbers.count == 2, let first = numbers[0], let second = numbers[1] else { return nil }
        let options = [GeoPoint(lat: first, lon: second), GeoPoint(lat: second, lon: first)].compactMap(\.self)
        guard let middle = map.inForce.first(where: { $0.kind == .town })?.geometry.positions.first else {
            return options.first
        }
        return options.min { Measure.metres(Position($0), middle) < Measure.metres(Position($1), middle) }
    }

    /// The smallest area whose name an address begins with or holds: `柳湾村一社12号` lies in `柳湾村一社`. A house's own place is
    /// found by what stands there, where that is drawn.
    static func area(addressed text: String, on map: AreaMap) -> Area? {
        map.inForce.filter { $0.kind != .town }.map { ($0, map.name(of: $0.id)) }
            .filter { !$0.1.isEmpty && text.contains($0.1) }.max { ($0.1.count, $1.0.id) < ($1.1.count, $0.0.id) }?.0
    }

    /// Areas, landmarks and things on the map whose name holds the text; no more than the caller's layers show.
    private func named(_ text: String, for caller: Caller) async throws -> [Found] {
        let snapshot = areas.snapshot
        var found: [Found] = []
        for area in snapshot.map.inForce.sorted(by: { $0.id < $1.id }) {
            let name = snapshot.map.name(of: area.id)
            guard name.contains(text) || (!area.code.isEmpty && area.code == text),
                let spot = area.geometry.areas.first?.inside, let point = GeoPoint(lat: spot.lat, lon: spot.lon)
            else { continue }
            found.append(Found(kind: "area", label: name, location: point, areaId: area.id))
            if found.count == 10 { break }
        }
        for placed in snapshot.landmarks where !placed.landmark.name.isEmpty && placed.landmark.name.contains(text) {
            let positions = placed.landmark.geometry.positions
            guard found.count < 15, !positions.isEmpty else { break }
            let middle = positions[positions.count / 2]
            if let point = GeoPoint(lat: middle.lat, lon: middle.lon) {
                found.append(Found(kind: "landmark", label: placed.landmark.name, location: point))
            }
        }
        if found.isEmpty, let area = Self.area(addressed: text, on: snapshot.map),
            let spot = area.geometry.areas.first?.inside, let point = GeoPoint(lat: spot.lat, lon: spot.lon)
        {
            let name = snapshot.map.name(of: area.id)
            found.append(Found(kind: "area", label: name, location: point, areaId: area.id))
        }
        guard let town = snapshot.map.inForce.first(where: { $0.kind == .town }), let box = Box(town.geometry.positions)
        else { return found }
        let layers = visible(caller).filter { !$0.hasPast && $0.hasMarks }
        let marks = try await database.read { db in
            try layers.flatMap { layer in
                try layer.named(text, in: MapWindow(box: box, limit: 20_000), for: caller, in: db)
                    .filter { $0.label.contains(text) }.prefix(15).map { (layer.name, $0) }
            }
        }
        return found + marks.prefix(15).map { Found(kind: $0.0, label: $0.1.label, location: $0.1.point) }
    }
}
