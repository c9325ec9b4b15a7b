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
