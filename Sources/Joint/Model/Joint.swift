import Kernel
import Storage

/// Marks identifiers of departments, whichever room keeps them.
public enum OfficeMark {}
/// Names a department.
public typealias OfficeID = ID<OfficeMark>

/// A department as joint work knows it.
public struct Office: Sendable {
    /// Which.
    public var id: OfficeID
    /// Its name.
    public var name: String
    /// Who works there.
    public var members: Set<StaffID>

    /// A department.
    public init(id: OfficeID, name: String, members: Set<StaffID>) {
        self.id = id
        self.name = name
        self.members = members
    }
}

/// 联动案件: a case on which several departments work, one of them in the lead.
struct JointCase: Sendable, RowDecodable {
    var caseID: CaseID
    var lead: OfficeID
    /// What is to be reached.
    var goal: String
    var openedAt: Instant
    var openedBy: String

    static let columns = "case_id, lead, goal, opened_at, opened_by"

    init(caseID: CaseID, lead: OfficeID, goal: String, openedAt: Instant, openedBy: String) {
        self.caseID = caseID
        self.lead = lead
        self.goal = goal
        self.openedAt = openedAt
        self.openedBy = openedBy
    }

    init(row: inout Row) throws {
        caseID = try row.next()
        lead = try row.next()
        goal = try row.next()
        openedAt = try row.next()
        openedBy = try row.next()
    }
}

/// Names a department's task.
typealias JointTaskID = ID<JointTask>

/// What one department does for a joint case.
struct JointTask: Sendable, RowDecodable {
    enum State: String, Sendable, CaseIterable {
        /// To be done.
        case open
        /// Done, with a result.
        case done
        /// Given back: not this department's.
        case returned
    }

    var id: JointTaskID
    var caseID: CaseID
    var office: OfficeID
    var text: String
    var dueAt: Instant
    var state: State
    /// What came of it, or why it was given back.
    var result: String
    var madeBy: String
    var madeAt: Instant
    var doneBy: String
    var doneAt: Instant?
    /// When it was told on the case that its time is over.
    var lateAt: Instant?

    static let columns =
        "id, case_id, office, text, due_at, state, result, made_by, made_at, done_by, done_at, late_at"

    init(of id: CaseID, office: OfficeID, text: String, dueAt: Instant, madeBy: String, at now: Instant) {
        self.id = .next()
        caseID = id
        self.office = office
        self.text = text
        self.dueAt = dueAt
        state = .open
        result = ""
        self.madeBy = madeBy
        madeAt = now
        doneBy = ""
    }

    init(row: inout Row) throws {
        id = try row.next()
        caseID = try row.next()
        office = try row.next()
        text = try row.next()
        dueAt = try row.next()
        state = State(rawValue: try row.next()) ?? .open
        result = try row.next()
        madeBy = try row.next()
        madeAt = try row.next()
        doneBy = try row.next()
        doneAt = try row.next()
        lateAt = try row.next()
    }

    func isLate(at now: Instant) -> Bool { state == .open && dueAt < now }
}

/// Names a message on a case.
typealias TalkID = ID<Talk>

/// A message on a joint case.
struct Talk: Sendable, RowDecodable {
    var id: TalkID
    var caseID: CaseID
    var staff: StaffID
    var name: String
    var at: Instant
    var text: String

    static let columns = "id, case_id, staff, name, at, text"

    init(on id: CaseID, by staff: StaffID, name: String, text: String, at now: Instant) {
        self.id = .next()
        caseID = id
        self.staff = staff
        self.name = name
        at = now
        self.text = text
    }

    init(row: inout Row) throws {
        id = try row.next()
        caseID = try row.next()
        staff = try row.next()
        name = try row.next()
        at = try row.next()
        text = try row.next()
    }
}

/// What was concluded of what recurs.
struct Conclusion: Sendable, RowDecodable {
    var kind: String
    var place: String
    var text: String
    var byName: String
    var at: Instant

    init(row: inout Row) throws {
        kind = try row.next()
        place = try row.next()
        text = try row.next()
        byName = try row.next()
        at = try row.next()
    }
}
