/// Cuts shapes to a tile with a margin, and leaves out what nobody could see.
enum TileClip {
    /// Units beyond the tile's edge that are kept, so that outlines do not show at seams.
    static let buffer = 64.0
    private static let low = -buffer
    private static let high = TileAddress.extent + buffer

    static func holds(_ point: TilePoint) -> Bool {
        (low...high).contains(point.x) && (low...high).contains(point.y)
    }

    /// A ring cut to the tile (Sutherland and Hodgman, side by side); empty when nothing is left.
    static func ring(_ ring: [TilePoint]) -> [TilePoint] {
        var points = ring
        for side in Side.allCases {
            guard var before = points.last else { return [] }
            var kept: [TilePoint] = []
            kept.reserveCapacity(points.count + 4)
            for next in points {
                switch (side.holds(before), side.holds(next)) {
                case (true, true): kept.append(next)
                case (true, false): kept.append(side.cut(before, next))
                case (false, true):
                    kept.append(side.cut(before, next))
                    kept.append(next)
                case (false, false): break
                }
                before = next
            }
            points = kept
        }
        return points
    }

    /// The pieces of a line that lie in the tile.
    static func line(_ line: [TilePoint]) -> [[TilePoint]] {
        var pieces: [[TilePoint]] = []
        var piece: [TilePoint] = []
        for (a, b) in zip(line, line.dropFirst()) {
            guard let (from, to) = segment(a, b) else {
                if piece.count > 1 { pieces.append(piece) }
                piece = []
                continue
            }
            if piece.last != from {
                if piece.count > 1 { pieces.append(piece) }
                piece = [from]
            }
            piece.append(to)
        }
        if piece.count > 1 { pieces.append(piece) }
        return pieces
    }

    /// Liang and Barsky.
    private static func segment(_ a: TilePoint, _ b: TilePoint) -> (TilePoint, TilePoint)? {
        var (from, to) = (0.0, 1.0)
        let (dx, dy) = (b.x - a.x, b.y - a.y)
        for (p, q) in [(-dx, a.x - low), (dx, high - a.x), (-dy, a.y - low), (dy, high - a.y)] {
            if p == 0 {
                if q < 0 { return nil }
            } else if p < 0 {
                from = max(from, q / p)
            } else {
                to = min(to, q / p)
            }
            if from > to { return nil }
        }
        return (
            from == 0 ? a : TilePoint(x: a.x + from * dx, y: a.y + from * dy),
            to == 1 ? b : TilePoint(x: a.x + to * dx, y: a.y + to * dy)
        )
    }

    private enum Side: CaseIterable {
        case west, east, north, south

        func holds(_ point: TilePoint) -> Bool {
            switch self {
            case .west: point.x >= low
            case .east: point.x <= high
            case .north: point.y >= low
            case .south: point.y <= high
            }
        }

        func cut(_ a: TilePoint, _ b: TilePoint) -> TilePoint {
            switch self {
            case .west: at(x: low, a, b)
            case .east: at(x: high, a, b)
            case .north: at(y: low, a, b)
            case .south: at(y: high, a, b)
            }
        }

        private func at(x: Double, _ a: TilePoint, _ b: TilePoint) -> TilePoint {
            TilePoint(x: x, y: a.y + (x - a.x) / (b.x - a.x) * (b.y - a.y))
        }

        private func at(y: Double, _ a: TilePoint, _ b: TilePoint) -> TilePoint {
            TilePoint(x: a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x), y: y)
        }
    }

    /// The line without the points that lie within `tolerance` units of what remains (Douglas and Peucker).
    static func simplified(_ line: [TilePoint], tolerance: Double) -> [TilePoint] {
        guard line.count > 2, tolerance > 0 else { return line }
        var keep = [Bool](repeating: false, count: line.count)
        keep[0] = true
        keep[line.count - 1] = true
        var open = [(0, line.count - 1)]
        while let (from, to) = open.popLast() {
            guard to - from > 1 else { continue }
            var (worst, at) = (tolerance * tolerance, -1)
            for index in (from + 1)..<to {
                let away = squaredDistance(line[index], line[from], line[to])
                if away > worst { (worst, at) = (away, index) }
            }
            guard at >= 0 else { continue }
            keep[at] = true
            open.append((from, at))
            open.append((at, to))
        }
        return line.indices.filter { keep[$0] }.map { line[$0] }
    }

    private static func squaredDistance(_ p: TilePoint, _ a: TilePoint, _ b: TilePoint) -> Double {
        let (dx, dy) = (b.x - a.x, b.y - a.y)
        let length = dx * dx + dy * dy
        let share = length == 0 ? 0 : min(1, max(0, ((p.x - a.x) * dx + (p.y - a.y) * dy) / length))
        let (ex, ey) = (p.x - a.x - share * dx, p.y - a.y - share * dy)
        return ex * ex + ey * ey
    }
}
