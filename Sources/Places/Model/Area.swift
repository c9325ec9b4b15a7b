import Geo
import Kernel
import Storage

/// What an area is to the town, from the whole to the smallest part.
public enum AreaKind: String, Sendable, Codable, CaseIterable, SQLConvertible {
    case town, village, cooperative, grid

    /// What a part of it is; a grid has none.
    public var part: AreaKind? {
        switch self {
        case .town: .village
        case .village: .cooperative
        case .cooperative: .grid
        case .grid: nil
        }
    }
}

/// A piece of the town that somebody answers for.
public struct Area: Sendable {
    /// Its number, which stays while its border moves.
    public var id: AreaID
    /// What it is.
    public var kind: AreaKind
    /// The name that people read.
    public var name: String
    /// The area that it is a part of.
    public var parent: AreaID?
    /// Its outline.
    public var geometry: Geometry
    /// Its code in the town's own format (``AreaCodeFormat``); empty where there is none. Never given twice.
    public var code: String
    /// Since when it stands as it does.
    public var validFrom: Instant
    /// When it was split, merged or given up; `nil` while it is in force.
    public var validUntil: Instant?

    /// An area.
    public init(
        id: AreaID = .next(), kind: AreaKind, name: String, parent: AreaID?, geometry: Geometry, code: String = "",
        validFrom: Instant = Instant(ms: 0), validUntil: Instant? = nil
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.parent = parent
        self.geometry = geometry
        self.code = code
        self.validFrom = validFrom
        self.validUntil = validUntil
    }

    /// Whether it is in force.
    public var isInForce: Bool { validUntil == nil }
}

/// What helps people to find their way on the map.
public struct Landmark: Sendable {
    /// What it is.
    public enum Kind: String, Sendable, Codable, CaseIterable, SQLConvertible {
        case river, road
        /// A dangerous bend of a river.
        case bend
        /// A pond or a reservoir.
        case water
        case building
        /// A bridge, a market, a station: a point with a name.
        case place
    }

    /// Its number.
    public var id: ID<Landmark>
    /// What it is.
    public var kind: Kind
    /// The name that people read.
    public var name: String
    /// Where it runs or lies.
    public var geometry: Geometry

    /// A landmark.
    public init(id: ID<Landmark> = .next(), kind: Kind, name: String, geometry: Geometry) {
        self.id = id
        self.kind = kind
        self.name = name
        self.geometry = geometry
    }
}
