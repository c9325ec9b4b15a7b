import Geo
import Kernel

/// One area as a file brings it.
public struct AreaRow: Sendable {
    /// What it is; `nil` where the code's length says it.
    public var kind: AreaKind?
    /// The name that people read.
    public var name: String
    /// Its code; empty where it gets the next free one.
    public var code: String
    /// Its number here, where the file came from here; else empty or anything.
    public var id: String
    /// Code or number of the area that it is a part of; empty where its own code says it.
    public var parent: String
    /// Its outline, WGS-84.
    public var geometry: Geometry

    /// An area as a file brings it.
    public init(
        kind: AreaKind?, name: String, code: String = "", id: String = "", parent: String = "", geometry: Geometry
    ) {
        self.kind = kind
        self.name = name
        self.code = code
        self.id = id
        self.parent = parent
        self.geometry = geometry
    }
}

/// What a file of areas changes, or would.
public struct AreaImportCounts: Sendable, Equatable {
    /// Areas that did not exist.
    public var added = 0
    /// Areas that have another border, name or place above them.
    public var changed = 0
    /// Areas that the file no longer has.
    public var ended = 0
    /// Areas that stay as they are.
    public var same = 0
}
