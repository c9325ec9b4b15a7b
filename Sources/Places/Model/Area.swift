import Geo
import Kernel
import Storage

/// What an area is to the town.
public enum AreaKind: String, Sendable, Codable, CaseIterable, SQLConvertible {
    case town, village, cooperative, grid
}

/// A piece of the town that somebody answers for.
public struct Area: Sendable {
    /// Its number.
    public var id: AreaID
    /// What it is.
    public var kind: AreaKind
    /// The name that people read.
    public var name: String
    /// The area that it is a part of.
    public var parent: AreaID?
    /// Its outline.
    public var geometry: Geometry

    /// An area.
    public init(id: AreaID = .next(), kind: AreaKind, name: String, parent: AreaID?, geometry: Geometry) {
        self.id = id
        self.kind = kind
        self.name = name
        self.parent = parent
        self.geometry = geometry
    }
}

/// What helps people to find their way on the map.
public struct Landmark: Sendable {
    /// What it is.
    public enum Kind: String, Sendable, Codable, CaseIterable, SQLConvertible {
        case river, road
        /// A dangerous bend of a river.
        case bend
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
