import Foundation

/// A shape as GeoJSON (RFC 7946) has it, as far as the town needs: points, lines, areas.
public enum Geometry: Sendable, Hashable {
    case point(Position)
    case line([Position])
    case polygon(Polygon)
    case polygons([Polygon])

    /// The areas of it; none of a point or a line.
    public var areas: [Polygon] {
        switch self {
        case .point, .line: []
        case .polygon(let polygon): [polygon]
        case .polygons(let polygons): polygons
        }
    }

    /// Every position of its outlines.
    public var positions: [Position] {
        switch self {
        case .point(let position): [position]
        case .line(let positions): positions
        case .polygon(let polygon): polygon.outline
        case .polygons(let polygons): polygons.flatMap(\.outline)
        }
    }

    /// Whether a position lies in one of its areas.
    public func contains(_ position: Position) -> Bool { areas.contains { $0.contains(position) } }
}

/// Why a text is no geometry that can be used.
public enum GeometryError: Error, Equatable {
    case tooLarge
    case notJSON
    case unknownType
    case badPosition
    case tooFewPositions
}

extension Geometry {
    /// Positions that a geometry may have.
    public static let positionLimit = 20_000

    /// Reads GeoJSON text of a geometry.
    public init(geoJSON text: String) throws(GeometryError) {
        guard text.utf8.count <= 2_000_000 else { throw .tooLarge }
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: Data(text.utf8))
        } catch { throw .notJSON }
        try self.init(document)
    }

    private init(_ document: Document) throws(GeometryError) {
        guard document.coordinates.count <= Self.positionLimit else { throw .tooLarge }
        switch document.type {
        case "Point": self = .point(try document.coordinates.position())
        case "LineString":
            let line = try document.coordinates.line()
            guard line.count >= 2 else { throw .tooFewPositions }
            self = .line(line)
        case "Polygon": self = .polygon(try document.coordinates.polygon())
        case "MultiPolygon":
            var polygons: [Polygon] = []
            for part in try document.coordinates.parts() { polygons.append(try part.polygon()) }
            guard !polygons.isEmpty else { throw .tooFewPositions }
            self = .polygons(polygons)
        default: throw .unknownType
        }
    }

    /// GeoJSON text of the geometry, six decimals (a tenth of a metre).
    public var geoJSON: String {
        switch self {
        case .point(let position): "{\"type\":\"Point\",\"coordinates\":\(Self.text(position))}"
        case .line(let line):
            "{\"type\":\"LineString\",\"coordinates\":[\(line.map(Self.text).joined(separator: ","))]}"
        case .polygon(let polygon): "{\"type\":\"Polygon\",\"coordinates\":\(Self.text(polygon))}"
        case .polygons(let polygons):
            "{\"type\":\"MultiPolygon\",\"coordinates\":[\(polygons.map(Self.text).joined(separator: ","))]}"
        }
    }

    private static func text(_ position: Position) -> String {
        "[\(number(position.lon)),\(number(position.lat))]"
    }

    private static func number(_ degrees: Double) -> String {
        let value = Double((degrees * 1_000_000).rounded()) / 1_000_000
        return "\(value)"
    }

    private static func text(_ polygon: Polygon) -> String {
        let rings = ([polygon.outline] + polygon.holes).map { ring in
            "[" + (ring + ring.prefix(1)).map(text).joined(separator: ",") + "]"
        }
        return "[" + rings.joined(separator: ",") + "]"
    }
}

extension Geometry: Decodable {
    /// Reads a GeoJSON geometry that is part of a larger document.
    public init(from decoder: any Decoder) throws { try self.init(try Document(from: decoder)) }
}

private struct Document: Decodable {
    var type: String
    var coordinates: Nested
}

/// Numbers in lists in lists, as deep as a MultiPolygon.
private indirect enum Nested: Decodable {
    case number(Double)
    case list([Nested])

    init(from decoder: any Decoder) throws {
        guard decoder.codingPath.count <= 10 else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "too deep"))
        }
        if let number = try? decoder.singleValueContainer().decode(Double.self) {
            self = .number(number)
        } else {
            self = .list(try decoder.singleValueContainer().decode([Nested].self))
        }
    }

    /// Positions in it.
    var count: Int {
        switch self {
        case .number: 0
        case .list(let parts):
            if case .number? = parts.first { 1 } else { parts.reduce(0) { $0 + $1.count } }
        }
    }

    func parts() throws(GeometryError) -> [Nested] {
        guard case .list(let parts) = self else { throw .badPosition }
        return parts
    }

    func position() throws(GeometryError) -> Position {
        let parts = try parts()
        guard (2...3).contains(parts.count), case .number(let lon) = parts[0], case .number(let lat) = parts[1],
            (-180...180).contains(lon), (-90...90).contains(lat)
        else { throw .badPosition }
        return Position(lon: lon, lat: lat)
    }

    func line() throws(GeometryError) -> [Position] {
        var line: [Position] = []
        for part in try parts() { line.append(try part.position()) }
        return line
    }

    func polygon() throws(GeometryError) -> Polygon {
        var rings: [[Position]] = []
        for part in try parts() {
            var ring = try part.line()
            if ring.count > 1, ring.first == ring.last { ring.removeLast() }
            rings.append(ring)
        }
        guard let outline = rings.first, let polygon = Polygon(outline: outline, holes: Array(rings.dropFirst()))
        else { throw .tooFewPositions }
        return polygon
    }
}
