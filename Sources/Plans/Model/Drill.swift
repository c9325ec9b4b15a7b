import Kernel
import Storage

/// Marks identifiers of drills.
public enum DrillMark {}
/// Names one.
public typealias DrillID = ID<DrillMark>

/// 演练: a plan that is played on the real system, as a case marked as a drill.
struct Drill: Sendable, RowDecodable {
    /// How far it is.
    enum State: String, Sendable, CaseIterable {
        case planned, running, done
    }

    var id: DrillID
    var family: PlanID
    var title: String
    var place: String
    var plannedAt: Instant
    var caseID: CaseID?
    var startedAt: Instant?
    var endedAt: Instant?
    var madeBy: String
    /// What was learnt.
    var lesson: String
    /// The detector whose gateway's frame begins it; `nil` opens it at the desk.
    var detector: DetectorID?
    /// Whether it begins when its time has come.
    var startsItself = false
    /// Why it could not be played: a key under `plans.failure`; empty where it could.
    var failure = ""

    static let columns =
        "id, plan_family, title, place, planned_at, case_id, started_at, ended_at, made_by, lesson, detector, by_itself, "
        + "failure"

    init(plan: Plan, title: String, place: String, plannedAt: Instant, madeBy: String) {
        id = .next()
        family = plan.family
        self.title = title
        self.place = place
        self.plannedAt = plannedAt
        self.madeBy = madeBy
        lesson = ""
    }

    init(row: inout Row) throws {
        id = try row.next()
        family = try row.next()
        title = try row.next()
        place = try row.next()
        plannedAt = try row.next()
        caseID = try row.next(Int64?.self).map(CaseID.init(rawValue:))
        startedAt = try row.next()
        endedAt = try row.next()
        madeBy = try row.next()
        lesson = try row.next()
        detector = try row.next()
        startsItself = try row.next()
        failure = try row.next()
    }

    /// What its frame is announced by.
    var reference: String { id.description }

    var state: State { endedAt != nil ? .done : startedAt != nil ? .running : .planned }
}
