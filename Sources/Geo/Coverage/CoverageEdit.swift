extension Coverage {
    /// Moves a corner, and with it the borders of every face that has it.
    /// - Returns: the faces that changed.
    @discardableResult
    public mutating func move(_ from: LatticePoint, to: LatticePoint) throws(CoverageFault) -> Set<Int64> {
        let changed = faces(at: from)
        guard !changed.isEmpty else { throw CoverageFault(kind: .unknown, place: from.position) }
        guard faces(at: to).isEmpty || from == to else {
            throw CoverageFault(kind: .crossing, place: to.position, faces: Array(faces(at: to)).sorted())
        }
        for id in changed.sorted() {
            guard var face = faces[id] else { continue }
            for index in face.rings.indices {
                for place in face.rings[index].points.indices where face.rings[index].points[place] == from {
                    face.rings[index].points[place] = to
                }
            }
            put(face)
        }
        return changed
    }

    /// Adds a corner to the border between two corners, on both of its sides.
    @discardableResult
    public mutating func insert(
        _ point: LatticePoint, between a: LatticePoint, and b: LatticePoint
    ) throws(CoverageFault) -> Set<Int64> {
        guard faces(at: point).isEmpty else {
            throw CoverageFault(kind: .crossing, place: point.position, faces: Array(faces(at: point)).sorted())
        }
        var changed: Set<Int64> = []
        for id in faces(at: a).intersection(faces(at: b)).sorted() {
            guard var face = faces[id] else { continue }
            for index in face.rings.indices {
                let points = face.rings[index].points
                for place in points.indices {
                    let (here, next) = (points[place], points[(place + 1) % points.count])
                    if (here == a && next == b) || (here == b && next == a) {
                        face.rings[index].points.insert(point, at: place + 1)
                        changed.insert(id)
                        break
                    }
                }
            }
            if changed.contains(id) { put(face) }
        }
        guard !changed.isEmpty else { throw CoverageFault(kind: .unknown, place: point.position) }
        return changed
    }

    /// Takes a corner away from every face that has it.
    @discardableResult
    public mutating func remove(_ point: LatticePoint) throws(CoverageFault) -> Set<Int64> {
        let changed = faces(at: point)
        guard !changed.isEmpty else { throw CoverageFault(kind: .unknown, place: point.position) }
        for id in changed.sorted() {
            guard var face = faces[id] else { continue }
            for index in face.rings.indices { face.rings[index].points.removeAll { $0 == point } }
            guard face.rings.allSatisfy({ $0.points.count >= 3 }) else {
                throw CoverageFault(kind: .tooSmall, place: point.position, faces: [id])
            }
            put(face)
        }
        return changed
    }

    /// Divides a face along a line whose first and last positions lie on its border, within `reach` metres of it.
    /// - Returns: every face that changed, the two new ones among them.
    @discardableResult
    public mutating func split(
        _ id: Int64, along line: [Position], into new: (Int64, Int64), reach: Double = 30
    ) throws(CoverageFault) -> Set<Int64> {
        guard let first = line.first, let last = line.last, line.count >= 2, line.count <= 500, faces[id] != nil else {
            throw CoverageFault(kind: .unknown, place: line.first ?? Position(lon: 0, lat: 0), faces: [id])
        }
        var changed: Set<Int64> = []
        let begin = try borderCorner(of: id, near: first, reach: reach, &changed)
        let end = try borderCorner(of: id, near: last, reach: reach, &changed)
        guard let face = faces[id],
            let place = face.rings.firstIndex(where: { $0.points.contains(begin) && $0.points.contains(end) }),
            begin != end, face.rings[place].doubledSize > 0,
            let from = face.rings[place].points.firstIndex(of: begin),
            let to = face.rings[place].points.firstIndex(of: end)
        else { throw CoverageFault(kind: .notAcross, place: last, faces: [id]) }
        let inner = LatticeRing(snapping: Array(line.dropFirst().dropLast())).points.filter { $0 != begin && $0 != end }
        let points = face.rings[place].points
        func way(_ from: Int, _ to: Int) -> [LatticePoint] {
            from <= to ? Array(points[from...to]) : Array(points[from...] + points[...to])
        }
        let left = LatticeRing(way(from, to) + inner.reversed())
        let right = LatticeRing(way(to, from) + inner)
        var parts = [Face(id: new.0, rings: [left]), Face(id: new.1, rings: [right])]
        for (index, ring) in face.rings.enumerated() where index != place {
            let owner = ring.points.contains { left.contains($0) } ? 0 : 1
            parts[owner].rings.append(ring)
        }
        drop(id)
        for part in parts { put(part) }
        return changed.union([id, new.0, new.1])
    }

    /// Makes one face of several that border on each other.
    public mutating func merge(_ ids: [Int64], into new: Int64) throws(CoverageFault) {
        guard ids.count >= 2, Set(ids).count == ids.count, let first = faces[ids[0]],
            ids.allSatisfy({ faces[$0] != nil })
        else { throw CoverageFault(kind: .unknown, place: Position(lon: 0, lat: 0), faces: ids) }
        let rings = rings(of: ids)
        let pieces = ids.reduce(0) { $0 + (faces[$1]?.rings.filter { $0.doubledSize > 0 }.count ?? 0) }
        guard rings.filter({ $0.doubledSize > 0 }).count <= pieces - (ids.count - 1) else {
            throw CoverageFault(
                kind: .notNeighbours, place: first.rings.first.map(Self.middle) ?? Position(lon: 0, lat: 0), faces: ids)
        }
        for id in ids { drop(id) }
        put(Face(id: new, rings: rings.sorted { $0.doubledSize > $1.doubledSize }))
    }

    /// Adds a face beside the others: its corners fall on existing corners and borders within `reach` metres.
    @discardableResult
    public mutating func draw(_ outline: [Position], as id: Int64, reach: Double = 15) throws(CoverageFault) -> Set<
        Int64
    > {
        guard outline.count >= 3, outline.count <= Self.ringLimit else {
            throw CoverageFault(kind: .tooSmall, place: outline.first ?? Position(lon: 0, lat: 0))
        }
        var changed: Set<Int64> = [id]
        var points: [LatticePoint] = []
        for position in outline {
            let point = try joined(position, reach: reach, &changed)
            if points.last != point { points.append(point) }
        }
        let ring = LatticeRing(points).counterClockwise
        // Where an edge runs along a border, the border's own corners belong to it.
        put(Face(id: id, rings: [withCorners(ring)]))
        return changed
    }

    /// The corner of a face's border nearest to a position, made there when none is near enough.
    private mutating func borderCorner(
        of id: Int64, near position: Position, reach: Double, _ changed: inout Set<Int64>
    ) throws(CoverageFault) -> LatticePoint {
        var best: (metres: Double, edge: LatticeEdge, at: Position)?
        for edge in (faces[id]?.rings ?? []).flatMap(\.edges) {
            guard let near = Measure.nearest(on: [edge.from.position, edge.to.position], to: position) else { continue }
            if near.metres < best?.metres ?? .infinity { best = (near.metres, edge, near.at) }
        }
        guard let best, best.metres <= reach else {
            throw CoverageFault(kind: .notAcross, place: position, faces: [id])
        }
        return try corner(on: best.edge, at: best.at, &changed)
    }

    private mutating func corner(
        on edge: LatticeEdge, at position: Position, _ changed: inout Set<Int64>
    ) throws(CoverageFault) -> LatticePoint {
        for end in [edge.from, edge.to] where Measure.metres(end.position, position) < 2 { return end }
        let point = LatticePoint(position)
        if !faces(at: point).isEmpty { return point }
        changed.formUnion(try insert(point, between: edge.from, and: edge.to))
        return point
    }

    private mutating func joined(
        _ position: Position, reach: Double, _ changed: inout Set<Int64>
    ) throws(CoverageFault) -> LatticePoint {
        if let near = holders.keys.min(by: {
            Measure.metres($0.position, position) < Measure.metres($1.position, position)
        }), Measure.metres(near.position, position) <= reach {
            return near
        }
        var best: (metres: Double, edge: LatticeEdge, at: Position)?
        for edge in faces.values.lazy.flatMap(\.rings).flatMap(\.edges) {
            guard let near = Measure.nearest(on: [edge.from.position, edge.to.position], to: position) else { continue }
            if near.metres < best?.metres ?? .infinity { best = (near.metres, edge, near.at) }
        }
        guard let best, best.metres <= reach else { return LatticePoint(position) }
        return try corner(on: best.edge, at: best.at, &changed)
    }

    /// The ring with the corners of others that lie between two of its own along a common border.
    private func withCorners(_ ring: LatticeRing) -> LatticeRing {
        var result: [LatticePoint] = []
        for edge in ring.edges {
            result.append(edge.from)
            let box = Box([edge.from.position, edge.to.position])
            let between = holders.keys.filter { point in
                point != edge.from && point != edge.to && box?.contains(point.position) == true
                    && (Measure.nearest(on: [edge.from.position, edge.to.position], to: point.position)?.metres ?? 9)
                        < 0.5
            }.sorted {
                Measure.metres($0.position, edge.from.position) < Measure.metres($1.position, edge.from.position)
            }
            result += between
        }
        return LatticeRing(result)
    }
}
