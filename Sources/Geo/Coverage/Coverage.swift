/// Land that is divided without gaps and overlaps: faces whose borders are held once.
///
/// Neighbours share corners exactly, so moving a corner moves the border of every face that has it. What is allowed is
/// proved with whole numbers and without a tolerance (``check()``).
public struct Coverage: Sendable {
    /// One piece of the land.
    public struct Face: Sendable, Hashable {
        /// Names it.
        public var id: Int64
        /// Outlines counter-clockwise, holes clockwise.
        public var rings: [LatticeRing]

        /// A piece of the land.
        public init(id: Int64, rings: [LatticeRing]) {
            self.id = id
            self.rings = rings
        }

        /// A piece of the land from its areas, snapped to the lattice.
        public init(id: Int64, areas: [Polygon]) {
            self.id = id
            rings = areas.flatMap { area in
                [LatticeRing(snapping: area.outline).counterClockwise]
                    + area.holes.map { hole in
                        LatticeRing(LatticeRing(snapping: hole).counterClockwise.points.reversed())
                    }
            }
        }

        /// Whether a corner lies in it, by the half-open rule of ``LatticeRing/contains(_:)``.
        public func contains(_ point: LatticePoint) -> Bool {
            rings.reduce(false) { $0 != $1.contains(point) }
        }

        /// Its shape.
        public var geometry: Geometry? { Coverage.geometry(of: rings) }
    }

    /// The faces by their names.
    public private(set) var faces: [Int64: Face]
    /// Which faces have a corner; kept true by every change.
    var holders: [LatticePoint: Set<Int64>]

    /// Land of these faces; whether they fit is asked with ``check()``.
    public init(_ faces: [Face]) {
        self.faces = [:]
        holders = [:]
        for face in faces { put(face) }
    }

    /// The faces that have a corner.
    public func faces(at point: LatticePoint) -> Set<Int64> { holders[point, default: []] }

    /// Every corner.
    public var corners: some Sequence<LatticePoint> { holders.keys }

    /// Adds or replaces a face.
    mutating func put(_ face: Face) {
        drop(face.id)
        faces[face.id] = face
        for ring in face.rings { for point in ring.points { holders[point, default: []].insert(face.id) } }
    }

    /// Takes a face away.
    mutating func drop(_ id: Int64) {
        guard let old = faces.removeValue(forKey: id) else { return }
        for ring in old.rings {
            for point in ring.points {
                holders[point]?.remove(id)
                if holders[point]?.isEmpty == true { holders[point] = nil }
            }
        }
    }
}

/// Why a division of the land cannot be, and where.
public struct CoverageFault: Error, Sendable, Equatable {
    /// What is wrong.
    public enum Kind: String, Sendable, Codable {
        /// A border crosses itself or another one.
        case crossing
        /// Land would belong to two.
        case overlap
        /// Land would belong to nobody.
        case gap
        /// A face would have fewer than three corners or no land.
        case tooSmall
        /// There is no such corner, border or face.
        case unknown
        /// The line does not lead from border to border through one face.
        case notAcross
        /// The faces have no border in common.
        case notNeighbours
        /// Wider than any town, or of more corners than are taken.
        case tooLarge
    }

    /// What is wrong.
    public var kind: Kind
    /// Where, for the map.
    public var place: Position
    /// The land in question, where it has an outline.
    public var ring: [Position] = []
    /// The faces in question, where they are known.
    public var faces: [Int64] = []

    /// A fault at a place.
    public init(kind: Kind, place: Position, ring: [Position] = [], faces: [Int64] = []) {
        self.kind = kind
        self.place = place
        self.ring = ring
        self.faces = faces
    }
}

extension Coverage {
    /// Takes a face out, because its parts take its place.
    public mutating func give(up id: Int64) { drop(id) }
}
