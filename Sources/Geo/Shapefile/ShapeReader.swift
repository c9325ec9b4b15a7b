/// The outlines of a Shapefile.
struct ShapeReader {
    private let part: PartBytes
    private let projection: MapProjection

    init(_ bytes: [UInt8], _ projection: MapProjection) {
        part = PartBytes(bytes: bytes, name: ".shp")
        self.projection = projection
    }

    /// Polygon, with heights, with measures: only the outlines count.
    private static let areas: Set<Int> = [5, 15, 25]

    /// The shapes in their order; `nil` where a record has none.
    func shapes() throws(ShapefileError) -> [Geometry?] {
        guard try part.big32(0) == 9_994, try part.little32(28) == 1_000 else {
            throw .damaged(".shp does not begin as one")
        }
        var shapes: [Geometry?] = []
        var corners = 0
        var at = 100
        while at < part.bytes.count {
            let length = try part.big32(at + 4) * 2
            at += 8
            try part.check(at, length)
            guard shapes.count < Shapefile.featureLimit else { throw .tooLarge }
            let kind = try part.little32(at)
            switch kind {
            case 0: shapes.append(nil)
            case let kind where Self.areas.contains(kind):
                shapes.append(try shape(at, length, &corners))
            default: throw .notAreas
            }
            at += length
        }
        return shapes
    }

    private func shape(_ start: Int, _ length: Int, _ corners: inout Int) throws(ShapefileError) -> Geometry? {
        let (parts, points) = (try part.little32(start + 36), try part.little32(start + 40))
        guard parts >= 0, points >= 0, parts <= points, 44 + 4 * parts + 16 * points <= length else {
            throw .damaged(".shp at \(start): \(parts) rings of \(points) corners in \(length) bytes")
        }
        corners += points
        guard corners <= Shapefile.cornerLimit, points <= Geometry.positionLimit else { throw .tooLarge }
        var rings: [[Position]] = []
        for index in 0..<parts {
            let first = try part.little32(start + 44 + 4 * index)
            let end = index + 1 < parts ? try part.little32(start + 48 + 4 * index) : points
            guard first >= 0, first <= end, end <= points else { throw .damaged(".shp at \(start): ring \(index)") }
            var ring: [Position] = []
            for point in first..<end {
                let at = start + 44 + 4 * parts + 16 * point
                ring.append(try projection.degrees(x: try part.double(at), y: try part.double(at + 8)))
            }
            if ring.count > 1, ring.first == ring.last { ring.removeLast() }
            if ring.count >= 3 { rings.append(ring) }
        }
        return Self.geometry(rings)
    }

    /// Outlines run clockwise, what is cut out of them the other way. Where none runs clockwise, all are outlines.
    private static func geometry(_ rings: [[Position]]) -> Geometry? {
        var outlines = rings.filter { signed($0) < 0 }
        var holes = rings.filter { signed($0) >= 0 }
        if outlines.isEmpty { (outlines, holes) = (holes, []) }
        var polygons = outlines.compactMap { Polygon(outline: $0) }.sorted { $0.size < $1.size }
        for hole in holes {
            guard let owner = polygons.firstIndex(where: { polygon in hole.contains { polygon.contains($0) } }) else {
                continue
            }
            polygons[owner].holes.append(hole)
        }
        if polygons.count == 1 { return .polygon(polygons[0]) }
        return polygons.isEmpty ? nil : .polygons(polygons)
    }

    private static func signed(_ ring: [Position]) -> Double {
        guard let origin = ring.first, var before = ring.last else { return 0 }
        var sum = 0.0
        for next in ring {
            sum +=
                (before.lon - origin.lon) * (next.lat - origin.lat) - (next.lon - origin.lon)
                * (before.lat - origin.lat)
            before = next
        }
        return sum
    }
}

/// Writes outlines.
enum ShapeWriter {
    static func write(_ shapes: [Geometry]) -> (shp: [UInt8], shx: [UInt8]) {
        let bodies = shapes.map(body)
        let all = Box(shapes.flatMap(\.positions))
        var shp = head(length: 100 + bodies.reduce(0) { $0 + 8 + $1.count }, all)
        var shx = head(length: 100 + 8 * bodies.count, all)
        for (index, body) in bodies.enumerated() {
            shx.big32(shp.bytes.count / 2)
            shx.big32(body.count / 2)
            shp.big32(index + 1)
            shp.big32(body.count / 2)
            shp.bytes += body
        }
        return (shp.bytes, shx.bytes)
    }

    private static func head(length: Int, _ box: Box?) -> PartWriter {
        var head = PartWriter()
        head.big32(9_994)
        for _ in 0..<5 { head.big32(0) }
        head.big32(length / 2)
        head.little32(1_000)
        head.little32(5)
        for edge in [box?.west, box?.south, box?.east, box?.north] { head.double(edge ?? 0) }
        for _ in 0..<4 { head.double(0) }
        return head
    }

    private static func body(_ shape: Geometry) -> [UInt8] {
        var rings: [[Position]] = []
        for area in shape.areas {
            rings.append(turned(area.outline, clockwise: true))
            rings += area.holes.map { turned($0, clockwise: false) }
        }
        let points = rings.flatMap { $0 + $0.prefix(1) }
        let box = Box(points)
        var body = PartWriter()
        guard let box else {
            body.little32(0)
            return body.bytes
        }
        body.little32(5)
        for edge in [box.west, box.south, box.east, box.north] { body.double(edge) }
        body.little32(rings.count)
        body.little32(points.count)
        var first = 0
        for ring in rings {
            body.little32(first)
            first += ring.count + 1
        }
        for point in points {
            body.double(point.lon)
            body.double(point.lat)
        }
        return body.bytes
    }

    private static func turned(_ ring: [Position], clockwise: Bool) -> [Position] {
        let isClockwise = LatticeRing(snapping: ring).doubledSize < 0
        return isClockwise == clockwise ? ring : ring.reversed()
    }
}
