import Geo
import Kernel
import Storage

/// One thing that is done to the borders.
public enum AreaEdit: Sendable {
    /// Moves a corner and with it every border that has it.
    case move(from: Position, to: Position)
    /// Adds a corner to the border between two corners.
    case insert(Position, between: Position, and: Position)
    /// Takes a corner away.
    case remove(Position)
    /// Divides an area along a line from border to border; the new names stand in the order left, right of the line.
    case split(AreaID, along: [Position], names: [String])
    /// Makes one area of several parts of the same whole.
    case merge([AreaID], name: String)
    /// Draws a new area beside the others.
    case draw(kind: AreaKind, parent: AreaID?, name: String, outline: [Position])
    /// Gives an area another name.
    case rename(AreaID, String)

    /// Its name in the record.
    public var kind: String {
        switch self {
        case .move: "move"
        case .insert: "insert"
        case .remove: "remove"
        case .split: "split"
        case .merge: "merge"
        case .draw: "draw"
        case .rename: "rename"
        }
    }
}

/// What an edit changed, for those whose things lie on the map.
public struct AreaChange: Sendable {
    /// The land that may have changed hands: nothing outside of it did.
    public var box: Box
    /// Areas that ended.
    public var ended: Set<AreaID>
    /// What each of those became: the one area that took its place, else the one that it was a part of.
    public var heirs: [AreaID: AreaID]
    /// Where everything lies now.
    public var areas: AreaMap

    /// A change.
    public init(box: Box, ended: Set<AreaID>, heirs: [AreaID: AreaID], areas: AreaMap) {
        self.box = box
        self.ended = ended
        self.heirs = heirs
        self.areas = areas
    }
}

extension AreaChange {
    /// Gives what names an area that has ended, and has no place of its own, that area's heir.
    /// - Parameters:
    ///   - table: a table of the room's own with `area` and `lat`; never anything that came from outside.
    ///   - more: which of its rows.
    /// - Returns: how many changed.
    public func handOn(_ table: String, where more: SQL = "1 = 1", in db: any Writing) throws -> Int {
        try heirs.sorted { $0.key < $1.key }.reduce(0) { moved, heir in
            try moved
                + db.execute(
                    "UPDATE \(raw: table) SET area = \(heir.value) WHERE area = \(heir.key) AND lat IS NULL AND \(more)"
                )
        }
    }
}

/// Keeps the area of a room's things true when borders move.
public struct AreaFollower: Sendable {
    /// What it follows for, such as `sites`.
    public var name: String
    /// Gives each thing in the change's box (and each that names an area that ended) the area it lies in now, in the
    /// edit's own transaction. Returns how many got another one.
    public var follow: @Sendable (AreaChange, any Writing) throws -> Int

    /// A follower.
    public init(name: String, follow: @escaping @Sendable (AreaChange, any Writing) throws -> Int) {
        self.name = name
        self.follow = follow
    }
}

/// A change of the borders as it stands in the history.
public struct AreaRevision: Sendable {
    /// Its number.
    public var id: ID<AreaRevision>
    /// When.
    public var at: Instant
    /// Who, in words.
    public var actorName: String
    /// `move`, `insert`, `remove`, `split`, `merge`, `draw`, `rename`, `import`, `codes`, `undo`.
    public var kind: String
    /// What it was about: names of areas.
    public var note: String
    /// The revision that this one takes back.
    public var undoes: ID<AreaRevision>?
    /// The revision that took this one back.
    public var undoneBy: ID<AreaRevision>?
    /// Things that got another area.
    public var moved: Int
}

/// Why the borders cannot be changed so, and where.
public enum AreaEditError: Error {
    /// The land would not be divided without gaps and overlaps.
    case fault(CoverageFault)
    /// Somebody changed the borders since they were read.
    case stale(ID<AreaRevision>?)
    /// There is no such area in force, or it has parts of its own.
    case unknownArea
    /// The areas are not parts of the same whole.
    case notSiblings
    /// A row of a file, from 1, and what of it cannot be: `kind`, `parent`, `code`, `name`, `outline`, `twice`, `count`; or
    /// 0 and the level whose codes do not fit a format.
    case badRow(Int, String)
    /// The file has nothing that is not so already.
    case nothingNew
    /// Nothing is left to take back.
    case nothingToUndo
    /// The name is empty or too long.
    case badName
}
