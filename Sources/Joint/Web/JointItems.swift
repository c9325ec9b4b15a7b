import Cases
import Kernel
import Storage
import Web

/// A department's task as the API shows it.
struct JointTaskItem: Encodable {
    var id: JointTaskID
    var caseId: CaseID
    var officeId: OfficeID
    var office: String
    var text: String
    var dueAt: String
    var state: String
    var isLate: Bool
    var result: String
    var madeBy: String
    var doneBy: String
    var doneAt: String?

    init(_ task: JointTask, _ offices: [OfficeID: String], at now: Instant) {
        id = task.id
        caseId = task.caseID
        officeId = task.office
        office = offices[task.office] ?? ""
        text = task.text
        dueAt = task.dueAt.rfc3339
        state = task.state.rawValue
        isLate = task.isLate(at: now)
        result = task.result
        madeBy = task.madeBy
        doneBy = task.doneBy
        doneAt = task.doneAt?.rfc3339
    }

    static let shape = Shape.object(
        [
            "id": .id, "caseId": .id, "officeId": .id, "office": .text, "text": .text, "dueAt": .time,
            "state": .oneOf(JointTask.State.allCases.map(\.rawValue)), "isLate": .flag, "result": .text,
            "madeBy": .text, "doneBy": .text, "doneAt": .time,
        ], required: ["id", "caseId", "officeId", "office", "text", "dueAt", "state", "isLate"])
}

/// A joint case as the API shows it.
struct JointItem: Encodable {
    struct Message: Encodable {
        var id: TalkID
        var by: String
        var at: String
        var text: String
    }

    var id: CaseID
    var number: String
    var title: String
    var leadId: OfficeID
    var lead: String
    var goal: String
    var tasks: [JointTaskItem]
    var messages: [Message]

    static let shape = Shape.object(
        [
            "id": .id, "number": .text, "title": .text, "leadId": .id, "lead": .text, "goal": .text,
            "tasks": .list(JointTaskItem.shape),
            "messages": .list(.object(["id": .id, "by": .text, "at": .time, "text": .text])),
        ], required: ["id", "number", "title", "leadId", "lead", "goal", "tasks", "messages"])
}

extension JointRoom {
    /// A joint case with its tasks and messages.
    func item(_ id: CaseID, for caller: Caller, messages: Bool = true, in db: any Reading) throws -> JointItem {
        let record = try desk.record(id, for: caller, in: db)
        guard let joint = try JointStore.find(id, in: db) else { throw Problem.notFound }
        let names = Dictionary(try desk.offices(db).map { ($0.id, $0.name) }) { first, _ in first }
        let now = Instant.now
        return JointItem(
            id: id, number: record.number, title: record.title, leadId: joint.lead, lead: names[joint.lead] ?? "",
            goal: joint.goal,
            tasks: try JointStore.tasks(of: id, in: db).map { JointTaskItem($0, names, at: now) },
            messages: messages
                ? try TalkStore.list(of: id, in: db).map {
                    JointItem.Message(id: $0.id, by: $0.name, at: $0.at.rfc3339, text: $0.text)
                } : [])
    }
}

extension Instant {
    /// `11-25 20:00`, for people.
    var shortText: String { String(text.dropFirst(5).prefix(11)) }
}
