import Kernel
import Storage
import Web

/// Names a roster.
public typealias RosterID = ID<Roster>

/// Who takes turns at a desk, and by which rotation.
public struct Roster: Sendable, RowDecodable {
    /// Which.
    public var id: RosterID
    /// What people call it.
    public var name: String
    /// As what its members stand watch.
    public var role: Role
    /// The area they stand watch for; `nil` is the whole town.
    public var area: AreaID?
    /// Who takes turns, in this order.
    public var members: [StaffID]
    /// When, and how they take turns.
    public var rotation: Rotation
    /// Whether somebody must be there at every hour: gaps are warned of, and who does not check in is missed.
    public var mustCover: Bool
    /// Whether shifts are made from it.
    public var isActive: Bool
    /// The day (since 1970-01-01) up to which shifts were made; that day itself was not.
    public var plannedTo: Int
    /// When it was last changed.
    public var changedAt: Instant

    /// Every alarm asks who is on duty.
    private static let rotations = Remembered<String, Rotation>()

    static let columns = "id, name, role, area, members, rotation, covers, active, planned_to, changed_at"

    /// A roster as it is to be stored.
    public init(
        id: RosterID, name: String, role: Role, area: AreaID?, members: [StaffID], rotation: Rotation,
        mustCover: Bool, isActive: Bool = true, plannedTo: Int = 0, changedAt: Instant
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.area = area
        self.members = members
        self.rotation = rotation
        self.mustCover = mustCover
        self.isActive = isActive
        self.plannedTo = plannedTo
        self.changedAt = changedAt
    }

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        name = try row.next()
        let role: String = try row.next()
        guard let known = Role(rawValue: role) else { throw StorageError.unexpectedValue("no role \(role)") }
        self.role = known
        area = try row.next()
        members = try row.next(String.self).split(separator: ",").compactMap { StaffID(String($0)) }
        rotation = try Self.rotations.value(for: try row.next()) {
            try JSON.decode(Rotation.self, Array($0.utf8))
        }
        mustCover = try row.next()
        isActive = try row.next()
        plannedTo = try row.next()
        changedAt = try row.next()
    }

    var membersText: String { members.map(\.description).joined(separator: ",") }
}
