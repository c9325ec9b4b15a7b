import Kernel

/// An area that somebody may be made to answer for, as a form lists it.
public struct AreaChoice: Sendable {
    /// Which.
    public var id: AreaID
    /// Its name.
    public var name: String
    /// How many areas it lies in; 0 is the town.
    public var depth: Int

    /// An area.
    public init(id: AreaID, name: String, depth: Int) {
        self.id = id
        self.name = name
        self.depth = depth
    }
}
