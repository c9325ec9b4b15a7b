import Kernel
import Storage

/// What the room needs of the desk; every call runs in the caller's transaction.
public protocol WatchDesk: Sendable {
    /// Opens the case of something seen, as known to be real; the same key gets the same case.
    func openCase(_ new: NewWatchCase, by person: WatchPerson, in db: any Writing) throws -> CaseID
    /// Adds a line to the timeline.
    func note(_ text: String, on id: CaseID, by person: WatchPerson, at: Instant, in db: any Writing) throws
    /// Sends the patrols that are free (the first of them) to the case, and tells their phones.
    /// - Returns: the names of those sent; none when nobody is free.
    func callPatrol(to id: CaseID, text: String, by person: WatchPerson, at: Instant, in db: any Writing) throws
        -> [String]
    /// The smallest area around a point.
    func area(at point: GeoPoint) -> AreaID?
    /// An area's name.
    func name(of area: AreaID) -> String
    /// Appends to the audit log.
    func audit(
        _ action: String, subject: String, by person: WatchPerson, purpose: String, at: Instant, in db: any Writing)
        throws
    /// The catalogue's words in the town's language.
    func word(_ key: String, _ values: [String: String]) -> String
}

/// Who does something.
public enum WatchPerson: Sendable, Equatable {
    /// A member of the staff.
    case staff(StaffID, name: String)
    /// The program, by the name of its rule.
    case system(String)
}

/// What the desk is asked to open.
public struct NewWatchCase: Sendable, Equatable {
    /// Whether it is somebody in the water, or something that a camera's own alarm says.
    public enum Kind: Sendable {
        case river
        case cameraAlarm
    }

    /// What it is.
    public var kind: Kind
    /// 1 (lowest) … 4 (highest).
    public var severity: Int
    /// The title in the town's language.
    public var title: String
    /// Where, in words.
    public var place: String
    /// Where.
    public var point: GeoPoint?
    /// The area.
    public var area: AreaID?
    /// `cameras/…` or `water-places/…`.
    public var subject: String
    /// The signal's unique key.
    public var key: String
    /// When.
    public var at: Instant
}
