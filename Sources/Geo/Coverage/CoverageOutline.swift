import Foundation

extension Coverage {
    /// The shape of some faces together: the borders between them cancel out, exactly.
    public func outline(of ids: some Sequence<Int64>) -> Geometry? {
        var edges: Set<LatticeEdge> = []
        for id in ids {
            for ring in faces[id]?.rings ?? [] {
                for edge in ring.edges where edges.remove(edge.reversed) == nil { edges.insert(edge) }
            }
        }
        return Self.geometry(of: Self.rings(of: Array(edges)).map(Self.straightened))
    }

    /// The rings of some faces together, with every corner.
    func rings(of ids: [Int64]) -> [LatticeRing] {
        var edges: Set<LatticeEdge> = []
        for id in ids {
            for ring in faces[id]?.rings ?? [] {
                for edge in ring.edges where edges.remove(edge.reversed) == nil { edges.insert(edge) }
            }
        }
        return Self.rings(of: Array(edges))
    }

    /// Joins directed edges to rings, each corner at most once in a ring. Land lies to the left; where ways part, the
    /// one furthest to the right is taken, so that a gap between faces that touch at corners is a ring of its own.
    static func rings(of edges: [LatticeEdge]) -> [LatticeRing] {
        var ways: [LatticePoint: [LatticePoint]] = [:]
        for edge in edges { ways[edge.from, default: []].append(edge.to) }
        let starts = ways.keys.sorted { left, right in
            let (a, b) = (ways[left]?.count ?? 0, ways[right]?.count ?? 0)
            return a == b ? left < right : a < b
        }
        var rings: [LatticeRing] = []
        for start in starts {
            while ways[start]?.isEmpty == false {
                var path = [start]
                var places = [start: 0]
                while let here = path.last, let next = take(from: here, cameFrom: path.dropLast().last, &ways) {
                    guard let place = places[next] else {
                        places[next] = path.count
                        path.append(next)
                        continue
                    }
                    rings.append(LatticeRing(Array(path[place...])))
                    for point in path[(place + 1)...] { places[point] = nil }
                    path.removeSubrange((place + 1)...)
                    if path.count == 1 { break }
                }
            }
        }
        return rings
    }

    private static func take(
        from here: LatticePoint, cameFrom before: LatticePoint?, _ ways: inout [LatticePoint: [LatticePoint]]
    ) -> LatticePoint? {
        guard var options = ways[here], !options.isEmpty else { return nil }
        var chosen = 0
        if options.count > 1, let before {
            let back = atan2(Double(before.y - here.y), Double(before.x - here.x))
            func angle(_ to: LatticePoint) -> Double {
                let turn = atan2(Double(to.y - here.y), Double(to.x - here.x)) - back
                return turn <= 0 ? turn + 2 * .pi : turn
            }
            chosen = options.indices.min { angle(options[$0]) < angle(options[$1]) } ?? 0
        }
        let next = options.remove(at: chosen)
        ways[here] = options
        return next
    }

    /// Without the corners that lie exactly on the straight line between their neighbours: a parent needs no corner
    /// where only its parts meet. (The parts keep theirs.)
    private static func straightened(_ ring: LatticeRing) -> LatticeRing {
        let points = ring.points
        guard points.count > 3 else { return ring }
        let kept = points.indices.filter { index in
            let (before, after) = (
                points[(index + points.count - 1) % points.count], points[(index + 1) % points.count]
            )
            return Lattice.turn(before, points[index], after) != 0
        }.map { points[$0] }
        return kept.count >= 3 ? LatticeRing(kept) : ring
    }

    /// Outlines with the holes that lie in them.
    static func geometry(of rings: [LatticeRing]) -> Geometry? {
        let outlines = rings.filter { $0.doubledSize > 0 }.sorted { $0.doubledSize < $1.doubledSize }
        var holes: [[[Position]]] = Array(repeating: [], count: outlines.count)
        for hole in rings where hole.doubledSize < 0 {
            // A hole's own corners may touch its outline, so one that lies inside is looked for.
            guard let owner = outlines.firstIndex(where: { outline in hole.points.contains { outline.contains($0) } })
            else { continue }
            holes[owner].append(hole.points.map(\.position))
        }
        let polygons = zip(outlines, holes).compactMap { outline, holes in
            Polygon(outline: outline.points.map(\.position), holes: holes)
        }
        if polygons.count == 1 { return .polygon(polygons[0]) }
        return polygons.isEmpty ? nil : .polygons(polygons)
    }
}
