import Kernel
import Storage

/// Those who go out: a brigade's crew, a patrol.
public struct Unit: Sendable, RowDecodable {
    public var id: UnitID
    public var name: String
    /// `brigade`, `patrol`, `grid`.
    public var kind: String
    public var phone: String
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
    public var id: TaskID
    public var caseID: CaseID
    public var unit: UnitID
    public var state: TaskState
    public var note: String
    public var offeredAt: Instant
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
    public var id: AttachmentID
    public var caseID: CaseID?
    public var name: String
    public var type: String
    public var size: Int64
    public var uploadedBy: StaffID
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
