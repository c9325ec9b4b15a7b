import Kernel
import Storage

/// Those who go out: a brigade's crew, a patrol.
public struct Unit: Sendable, RowDecodable {
    /// Its number.
    public var id: UnitID
    /// The name that people read.
    public var name: String
    /// `brigade`, `patrol`, `grid`.
    public var kind: String
    /// The phone.
    public var phone: String
    /// Whether it is off duty.
    public var isOffDuty: Bool

    static let columns = "id, name, kind, phone, off_duty"

    /// A unit as it is to be stored.
    public init(id: UnitID, name: String, kind: String, phone: String, isOffDuty: Bool) {
        self.id = id
        self.name = name
        self.kind = kind
        self.phone = phone
        self.isOffDuty = isOffDuty
    }

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = UnitID(rawValue: try row.next())
        name = try row.next()
        kind = try row.next()
        phone = try row.next()
        isOffDuty = try row.next(Int64.self) == 1
    }
}

/// What a unit was asked to do.
public struct UnitTask: Sendable, RowDecodable {
    /// Its number.
    public var id: TaskID
    /// The case.
    public var caseID: CaseID
    /// The unit.
    public var unit: UnitID
    /// Where it stands.
    public var state: TaskState
    /// What was said with it.
    public var note: String
    /// When the unit was sent.
    public var offeredAt: Instant
    /// When the unit last reported.
    public var changedAt: Instant

    static let columns = "id, case_id, unit, state, note, offered_at, changed_at"

    init(caseID: CaseID, unit: UnitID, note: String, at: Instant) {
        id = .next()
        self.caseID = caseID
        self.unit = unit
        state = .offered
        self.note = note
        offeredAt = at
        changedAt = at
    }

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = TaskID(rawValue: try row.next())
        caseID = CaseID(rawValue: try row.next())
        unit = UnitID(rawValue: try row.next())
        state = TaskState(rawValue: try row.next()) ?? .offered
        note = try row.next()
        offeredAt = try row.next()
        changedAt = try row.next()
    }
}

/// A photo that belongs to a case, or will.
public struct Attachment: Sendable, RowDecodable {
    /// Its number.
    public var id: AttachmentID
    /// The case.
    public var caseID: CaseID?
    /// The name that people read.
    public var name: String
    /// The media type.
    public var type: String
    /// Bytes.
    public var size: Int64
    /// Who sent it.
    public var uploadedBy: StaffID
    /// When it was sent.
    public var uploadedAt: Instant

    static let columns = "id, case_id, name, type, size, uploaded_by, uploaded_at"

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = AttachmentID(rawValue: try row.next())
        caseID = try row.next(Int64?.self).map(CaseID.init(rawValue:))
        name = try row.next()
        type = try row.next()
        size = try row.next()
        uploadedBy = StaffID(rawValue: try row.next())
        uploadedAt = try row.next()
    }
}
