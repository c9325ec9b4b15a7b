extension Coverage {
    /// Land from outlines that were drawn apart: corners within `reach` metres of each other become one, and a corner
    /// that lies on a neighbour's border becomes a corner of it too. For imports.
    public init(joining faces: [Face], reach: Double = 1) {
        let step = max(1, Int64(reach / 0.1))
        var cells: [Cell: [LatticePoint]] = [:]
        func cell(_ point: LatticePoint) -> Cell { Cell(x: point.x / step, y: point.y / step) }
        func snap(_ point: LatticePoint) -> LatticePoint {
            let home = cell(point)
            for dx in -1...1 {
                for dy in -1...1 {
                    let near = cells[Cell(x: home.x + Int64(dx), y: home.y + Int64(dy))] ?? []
                    for known in near where Measure.metres(known.position, point.position) <= reach { return known }
                }
            }
            cells[home, default: []].append(point)
            return point
        }
        var snapped = faces.map { face in
            Face(
                id: face.id,
                rings: face.rings.map { ring in
                    var points: [LatticePoint] = []
                    for point in ring.points.map(snap) where points.last != point { points.append(point) }
                    while points.count > 1, points.first == points.last { points.removeLast() }
                    return LatticeRing(points)
                })
        }
        let corners = cells.values.flatMap(\.self).sorted { $0.x < $1.x }
        for index in snapped.indices {
            for ring in snapped[index].rings.indices {
                snapped[index].rings[ring] = Self.noded(snapped[index].rings[ring], corners, reach: reach)
            }
        }
        self.init(snapped)
    }

    private struct Cell: Hashable {
        var x: Int64
        var y: Int64
    }

    /// The ring with those corners added that lie on its edges. `corners` are sorted from west to east.
    private static func noded(_ ring: LatticeRing, _ corners: [LatticePoint], reach: Double) -> LatticeRing {
        let own = Set(ring.points)
        let margin = Int64(reach / 0.1) + 1
        var result: [LatticePoint] = []
        for edge in ring.edges {
            result.append(edge.from)
            let west = min(edge.from.x, edge.to.x) - margin
            let east = max(edge.from.x, edge.to.x) + margin
            let (south, north) = (min(edge.from.y, edge.to.y) - margin, max(edge.from.y, edge.to.y) + margin)
            var low = corners.partitioningIndex { $0.x >= west }
            var between: [LatticePoint] = []
            let line = [edge.from.position, edge.to.position]
            while low < corners.count, corners[low].x <= east {
                let point = corners[low]
                low += 1
                guard point.y >= south, point.y <= north, !own.contains(point),
                    let near = Measure.nearest(on: line, to: point.position), near.metres <= reach
                else { continue }
                between.append(point)
            }
            result += between.sorted {
                Measure.metres($0.position, edge.from.position) < Measure.metres($1.position, edge.from.position)
            }
        }
        return LatticeRing(result)
    }
}

extension Array {
    /// The first index whose element meets `condition`, which holds for all after the first.
    fileprivate func partitioningIndex(_ condition: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
