extension Coverage {
    /// Corners of one ring that are taken at most.
    public static let ringLimit = 5_000
    /// Faces that are taken at most.
    public static let faceLimit = 5_000
    /// Millionths of a degree that the land may be wide or high: more than any town.
    private static let widthLimit: Int64 = 5_000_000

    /// Proves that every place of the land belongs to exactly one face.
    ///
    /// Each outline is simple and runs counter-clockwise, so a face counts once inside and not at all outside. Borders
    /// between neighbours cancel out, so that the count over all faces is that of what remains, the land's own
    /// boundary; that is simple and not nested, so the count is one inside. Everything is a whole number: nothing is
    /// hidden below a tolerance.
    /// - Throws: ``CoverageFault`` with the place.
    public func check() throws(CoverageFault) {
        let sorted = faces.values.sorted { $0.id < $1.id }
        try checkSize(sorted)
        for face in sorted { try Self.check(face) }
        var owners: [LatticeEdge: Int64] = [:]
        for face in sorted {
            for ring in face.rings {
                for edge in ring.edges {
                    if let other = owners.updateValue(face.id, forKey: edge) {
                        throw CoverageFault(kind: .overlap, place: edge.middle, faces: [other, face.id])
                    }
                }
            }
        }
        let boundary = owners.keys.filter { owners[$0.reversed] == nil }
        if let place = LatticeEdge.firstCrossing(boundary) {
            throw CoverageFault(kind: .overlap, place: place, faces: near(place, owners, boundary))
        }
        let rings = Self.rings(of: boundary)
        for ring in rings where ring.doubledSize <= 0 {
            throw CoverageFault(
                kind: .gap, place: Self.middle(of: ring), ring: ring.points.map(\.position),
                faces: Array(Set(ring.edges.compactMap { owners[$0] })).sorted())
        }
        for (index, ring) in rings.enumerated() {
            for (number, other) in rings.enumerated() where number != index {
                if ring.points.contains(where: { other.contains($0) && !other.points.contains($0) }) {
                    throw CoverageFault(
                        kind: .overlap, place: Self.middle(of: ring), ring: ring.points.map(\.position),
                        faces: Array(Set(ring.edges.compactMap { owners[$0] })).sorted())
                }
            }
        }
    }

    private func checkSize(_ sorted: [Face]) throws(CoverageFault) {
        let points = sorted.lazy.flatMap(\.rings).flatMap(\.points)
        guard let first = points.first else { return }
        var (west, east, south, north) = (first.x, first.x, first.y, first.y)
        for point in points {
            (west, east) = (min(west, point.x), max(east, point.x))
            (south, north) = (min(south, point.y), max(north, point.y))
        }
        guard sorted.count <= Self.faceLimit, east - west <= Self.widthLimit, north - south <= Self.widthLimit,
            sorted.allSatisfy({ $0.rings.allSatisfy { $0.points.count <= Self.ringLimit } })
        else { throw CoverageFault(kind: .tooLarge, place: first.position) }
    }

    private static func check(_ face: Face) throws(CoverageFault) {
        guard let first = face.rings.first?.points.first else {
            throw CoverageFault(kind: .tooSmall, place: Position(lon: 0, lat: 0), faces: [face.id])
        }
        for ring in face.rings {
            guard ring.points.count >= 3 else {
                throw CoverageFault(
                    kind: .tooSmall, place: ring.points.first?.position ?? first.position, faces: [face.id])
            }
            if let place = ring.selfCrossing() { throw CoverageFault(kind: .crossing, place: place, faces: [face.id]) }
        }
        let outlines = face.rings.filter { $0.doubledSize > 0 }
        let holes = face.rings.filter { $0.doubledSize < 0 }
        // A corner pulled over to the other side of its neighbours turns the ring round.
        guard face.rings[0].doubledSize > 0, outlines.count + holes.count == face.rings.count else {
            throw CoverageFault(kind: .crossing, place: first.position, faces: [face.id])
        }
        guard face.rings.count > 1 else { return }
        if let place = LatticeEdge.firstCrossing(face.rings.flatMap(\.edges)) {
            throw CoverageFault(kind: .crossing, place: place, faces: [face.id])
        }
        for hole in holes
        where !outlines.contains(where: { outline in hole.points.contains { outline.contains($0) } }) {
            throw CoverageFault(kind: .crossing, place: middle(of: hole), faces: [face.id])
        }
    }

    private func near(_ place: Position, _ owners: [LatticeEdge: Int64], _ edges: [LatticeEdge]) -> [Int64] {
        let found = edges.filter { edge in
            let line = [edge.from.position, edge.to.position]
            return (Measure.nearest(on: line, to: place)?.metres ?? .infinity) < 0.5
        }
        return Array(Set(found.compactMap { owners[$0] })).sorted()
    }

    static func middle(of ring: LatticeRing) -> Position {
        let count = Double(max(1, ring.points.count))
        let (x, y) = ring.points.reduce((0.0, 0.0)) { ($0.0 + Double($1.x), $0.1 + Double($1.y)) }
        return Position(lon: x / count / 1_000_000, lat: y / count / 1_000_000)
    }
}
