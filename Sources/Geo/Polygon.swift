/// An area with holes. Rings are closed by themselves: the first position is not repeated at the end.
public struct Polygon: Sendable, Hashable {
    /// The outline.
    public var outline: [Position]
    /// What is cut out of it.
    public var holes: [[Position]]

    /// An area, or `nil` when a ring has fewer than three positions.
    public init?(outline: [Position], holes: [[Position]] = []) {
        guard outline.count >= 3, holes.allSatisfy({ $0.count >= 3 }) else { return nil }
        self.outline = outline
        self.holes = holes
    }

    /// Whether a position lies inside.
    ///
    /// Of two areas that share an edge exactly one holds a position on it: an edge counts where the position's latitude
    /// is at or above its lower end and below its upper one, and crosses strictly east of the position.
    public func contains(_ position: Position) -> Bool {
        Self.isInside(outline, position) && !holes.contains { Self.isInside($0, position) }
    }

    private static func isInside(_ ring: [Position], _ position: Position) -> Bool {
        guard var before = ring.last else { return false }
        var inside = false
        for next in ring {
            if (before.lat > position.lat) != (next.lat > position.lat) {
                let share = (position.lat - before.lat) / (next.lat - before.lat)
                if position.lon < before.lon + share * (next.lon - before.lon) { inside.toggle() }
            }
            before = next
        }
        return inside
    }

    /// The size in square degrees; good for telling the smaller of two areas, not for measuring land.
    public var size: Double { Self.size(outline) - holes.reduce(0) { $0 + Self.size($1) } }

    private static func size(_ ring: [Position]) -> Double {
        guard var before = ring.last else { return 0 }
        var doubled = 0.0
        for next in ring {
            doubled += before.lon * next.lat - next.lon * before.lat
            before = next
        }
        return abs(doubled) / 2
    }

    /// The box around it.
    public var box: Box? { Box(outline) }
}

extension Box {
    /// The box between two corners.
    public init(from a: Position, to b: Position) {
        self = Box([a, b]) ?? Box(a)
    }

    /// Whether two boxes have a point in common.
    public func meets(_ other: Box) -> Bool {
        west <= other.east && other.west <= east && south <= other.north && other.south <= north
    }
}

extension Polygon {
    /// A place inside for a name: the middle of the widest stretch on the line half way up.
    public var inside: Position? {
        guard let box else { return nil }
        var best: (width: Double, at: Position)?
        for share in [0.5, 0.4, 0.6, 0.3, 0.7] {
            let lat = box.south + (box.north - box.south) * share
            var crossings: [Double] = []
            for ring in [outline] + holes {
                guard var before = ring.last else { continue }
                for next in ring {
                    if (before.lat > lat) != (next.lat > lat) {
                        crossings.append(
                            before.lon + (lat - before.lat) / (next.lat - before.lat) * (next.lon - before.lon))
                    }
                    before = next
                }
            }
            crossings.sort()
            for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
                let width = crossings[pair + 1] - crossings[pair]
                // The middle line is preferred unless another is much wider.
                if width > (best.map { $0.width * 1.3 } ?? 0) {
                    best = (width, Position(lon: (crossings[pair] + crossings[pair + 1]) / 2, lat: lat))
                }
            }
        }
        return best?.at
    }
}
