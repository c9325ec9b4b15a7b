import Kernel
import Storage
import Web

/// Names a shift.
public typealias ShiftID = ID<Shift>

/// One person's watch.
public struct Shift: Sendable, RowDecodable {
    /// How a shift came to be somebody's.
    public enum Origin: String, Sendable, CaseIterable, SQLConvertible {
        /// The rotation's turn.
        case rotation
        /// Added by hand.
        case hand
        /// Exchanged with consent.
        case swap
        /// Somebody stands in.
        case substitute
    }

    /// Which.
    public var id: ShiftID
    /// The roster it was made from.
    public var roster: RosterID
    /// As what.
    public var role: Role
    /// For which area; `nil` is the whole town.
    public var area: AreaID?
    /// What the watch is called, such as 白班.
    public var watch: String
    /// Who stands it.
    public var staff: StaffID
    /// Whose turn it was.
    public var planned: StaffID
    /// When it starts.
    public var startsAt: Instant
    /// When it ends; that moment itself is the next one's.
    public var endsAt: Instant
    /// Whether somebody must be there (``Roster/mustCover``).
    public var mustCover: Bool
    /// How it came to be this person's.
    public var origin: Origin
    /// When the person came.
    public var checkedInAt: Instant?
    /// When it was noticed that the person had not come.
    public var missedAt: Instant?
    /// Why it was changed.
    public var note: String

    static let columns = """
        id, roster, role, area, watch, staff, planned, starts_at, ends_at, covers, origin, checked_in_at, missed_at, note
        """

    init(
        roster: Roster, watch: String, staff: StaffID, from: Instant, until: Instant, origin: Origin = .rotation,
        note: String = ""
    ) {
        id = .next()
        self.roster = roster.id
        role = roster.role
        area = roster.area
        self.watch = watch
        self.staff = staff
        planned = staff
        startsAt = from
        endsAt = until
        mustCover = roster.mustCover
        self.origin = origin
        self.note = note
    }

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        roster = try row.next()
        let role: String = try row.next()
        guard let known = Role(rawValue: role) else { throw StorageError.unexpectedValue("no role \(role)") }
        self.role = known
        area = try row.next()
        watch = try row.next()
        staff = try row.next()
        planned = try row.next()
        startsAt = try row.next()
        endsAt = try row.next()
        mustCover = try row.next()
        origin = try row.next()
        checkedInAt = try row.next()
        missedAt = try row.next()
        note = try row.next()
    }

    /// The part of the watch in which somebody was there, from the check-in on; `nil` where nobody came. A delay within
    /// ``DutyClerk/graceMs`` counts as none.
    public var attended: Range<Instant>? {
        guard let checkedInAt, checkedInAt < endsAt else { return nil }
        return (checkedInAt <= startsAt + DutyClerk.graceMs ? startsAt : checkedInAt)..<endsAt
    }

    /// Whether it runs at `moment`.
    public func isOn(at moment: Instant) -> Bool { startsAt <= moment && moment < endsAt }
}
