/// A corner on a lattice of a millionth of a degree (about 11 cm). Whole numbers make every question about borders
/// exact: two neighbours that share a border share its corners to the last digit.
public struct LatticePoint: Sendable, Hashable, Comparable {
    /// Longitude in millionths of a degree.
    public var x: Int64
    /// Latitude in millionths of a degree.
    public var y: Int64

    /// A corner.
    public init(x: Int64, y: Int64) {
        self.x = x
        self.y = y
    }

    /// The corner nearest to a position, which must be within ±180 and ±90 degrees.
    public init(_ position: Position) {
        x = Int64((position.lon * 1_000_000).rounded())
        y = Int64((position.lat * 1_000_000).rounded())
    }

    /// The position in degrees.
    public var position: Position { Position(lon: Double(x) / 1_000_000, lat: Double(y) / 1_000_000) }

    /// From south to north, then from west to east.
    public static func < (left: LatticePoint, right: LatticePoint) -> Bool {
        left.y == right.y ? left.x < right.x : left.y < right.y
    }
}

/// Exact questions about corners. Differences are below 3.6e8, so that products stay far within 64 bits.
enum Lattice {
    /// Twice the signed size of the triangle: positive when `c` lies to the left of the way from `a` to `b`.
    static func turn(_ a: LatticePoint, _ b: LatticePoint, _ c: LatticePoint) -> Int64 {
        (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
    }

    /// Whether `p`, known to lie on the line through `a` and `b`, lies between them.
    static func isBetween(_ p: LatticePoint, _ a: LatticePoint, _ b: LatticePoint) -> Bool {
        min(a.x, b.x) <= p.x && p.x <= max(a.x, b.x) && min(a.y, b.y) <= p.y && p.y <= max(a.y, b.y)
    }

    /// Whether two edges have a point in common, their ends included.
    static func meet(_ a: LatticePoint, _ b: LatticePoint, _ c: LatticePoint, _ d: LatticePoint) -> Bool {
        let (t1, t2, t3, t4) = (
            turn(a, b, c).signum(), turn(a, b, d).signum(), turn(c, d, a).signum(), turn(c, d, b).signum()
        )
        if t1 != t2, t3 != t4 { return true }
        return (t1 == 0 && isBetween(c, a, b)) || (t2 == 0 && isBetween(d, a, b)) || (t3 == 0 && isBetween(a, c, d))
            || (t4 == 0 && isBetween(b, c, d))
    }

    /// Where two edges cross, for showing; the middle of both where they lie on one line.
    static func crossing(_ a: LatticePoint, _ b: LatticePoint, _ c: LatticePoint, _ d: LatticePoint) -> Position {
        let (dx, dy) = (Double(b.x - a.x), Double(b.y - a.y))
        let (ex, ey) = (Double(d.x - c.x), Double(d.y - c.y))
        let determinant = dx * ey - dy * ex
        guard determinant != 0 else {
            return Position(
                lon: Double(a.x + b.x + c.x + d.x) / 4_000_000, lat: Double(a.y + b.y + c.y + d.y) / 4_000_000)
        }
        let share = (Double(c.x - a.x) * ey - Double(c.y - a.y) * ex) / determinant
        return Position(lon: (Double(a.x) + share * dx) / 1_000_000, lat: (Double(a.y) + share * dy) / 1_000_000)
    }
}

/// A closed line of corners; the first is not repeated at the end.
public struct LatticeRing: Sendable, Hashable {
    /// The corners in order.
    public var points: [LatticePoint]

    /// A ring of corners.
    public init(_ points: [LatticePoint]) { self.points = points }

    /// A ring of positions, snapped; corners that fall together count once.
    public init(snapping positions: [Position]) {
        points = []
        for position in positions {
            let point = LatticePoint(position)
            if points.last != point { points.append(point) }
        }
        while points.count > 1, points.first == points.last { points.removeLast() }
    }

    /// Twice the signed size; positive when the ring runs counter-clockwise.
    public var doubledSize: Int64 {
        guard let origin = points.first, var before = points.last else { return 0 }
        var sum: Int64 = 0
        for next in points {
            // Relative to a corner of its own, so that a large town far from the origin does not overflow.
            sum &+= (before.x - origin.x) &* (next.y - origin.y) &- (next.x - origin.x) &* (before.y - origin.y)
            before = next
        }
        return sum
    }

    /// The same ring, counter-clockwise.
    public var counterClockwise: LatticeRing { doubledSize < 0 ? LatticeRing(points.reversed()) : self }

    /// The edges in order.
    var edges: [LatticeEdge] {
        guard var before = points.last else { return [] }
        return points.map { next in
            defer { before = next }
            return LatticeEdge(from: before, to: next)
        }
    }

    /// Whether a corner lies inside. An edge counts where the corner is at or above its lower end and below its upper
    /// one, and lies strictly to its west; of two rings that share an edge exactly one holds a corner on it.
    public func contains(_ point: LatticePoint) -> Bool {
        guard var before = points.last else { return false }
        var inside = false
        for next in points {
            if (before.y > point.y) != (next.y > point.y) {
                // Asked of the upward edge, so that both neighbours get the same answer.
                let isWest =
                    before.y < next.y ? Lattice.turn(before, next, point) > 0 : Lattice.turn(next, before, point) > 0
                if isWest { inside.toggle() }
            }
            before = next
        }
        return inside
    }

    /// A place where the ring meets itself, or `nil` when it is simple.
    func selfCrossing() -> Position? {
        var seen: Set<LatticePoint> = []
        for point in points where !seen.insert(point).inserted { return point.position }
        return LatticeEdge.firstCrossing(edges)
    }
}

/// A piece of a border, from corner to corner.
public struct LatticeEdge: Sendable, Hashable {
    /// Where it begins.
    public var from: LatticePoint
    /// Where it ends.
    public var to: LatticePoint

    /// An edge.
    public init(from: LatticePoint, to: LatticePoint) {
        self.from = from
        self.to = to
    }

    /// The same edge, the other way round.
    public var reversed: LatticeEdge { LatticeEdge(from: to, to: from) }

    var middle: Position {
        Position(lon: Double(from.x + to.x) / 2_000_000, lat: Double(from.y + to.y) / 2_000_000)
    }

    /// A place where two of `edges` meet that do not follow on each other at a common corner; sweeping from west to
    /// east, so that far edges are never compared.
    static func firstCrossing(_ edges: [LatticeEdge]) -> Position? {
        let sorted = edges.sorted { min($0.from.x, $0.to.x) < min($1.from.x, $1.to.x) }
        var active: [LatticeEdge] = []
        for edge in sorted {
            let west = min(edge.from.x, edge.to.x)
            active.removeAll { max($0.from.x, $0.to.x) < west }
            for other in active {
                if max(edge.from.y, edge.to.y) < min(other.from.y, other.to.y)
                    || max(other.from.y, other.to.y) < min(edge.from.y, edge.to.y)
                {
                    continue
                }
                if edge.crosses(other) { return Lattice.crossing(edge.from, edge.to, other.from, other.to) }
            }
            active.append(edge)
        }
        return nil
    }

    /// Whether the edges have more in common than one end of each.
    private func crosses(_ other: LatticeEdge) -> Bool {
        let shared: LatticePoint? =
            from == other.from || from == other.to ? from : to == other.from || to == other.to ? to : nil
        guard let shared else { return Lattice.meet(from, to, other.from, other.to) }
        let mine = shared == from ? to : from
        let theirs = shared == other.from ? other.to : other.from
        if mine == theirs { return true }
        // From one corner, two edges overlap where they point the same way.
        guard Lattice.turn(shared, mine, theirs) == 0 else { return false }
        return (mine.x - shared.x) * (theirs.x - shared.x) + (mine.y - shared.y) * (theirs.y - shared.y) > 0
    }
}
