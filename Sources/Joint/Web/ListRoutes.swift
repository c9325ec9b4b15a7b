import Cases
import Kernel
import Storage
import Web

extension JointRoom {
    private struct Overview: Sendable {
        struct Row: Sendable {
            var record: CaseRecord
            var lead: String
            var tasks: [JointTask]
        }
        var supervised: [Row] = []
        var joint: [Row] = []
        var mine: [(task: JointTask, record: CaseRecord)] = []
        var calls: [(talk: Talk, record: CaseRecord)] = []
        var offices: [OfficeID: String] = [:]
    }

    func listRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/joint-tasks", .needs(.jointRead), "Open tasks of the own departments, what falls due first",
            shapes: Shapes(gives: .page(of: JointTaskItem.shape))
        ) { call in
            let data = try await overview(call)
            return try .list(data.mine.map { JointTaskItem($0.task, data.offices, at: .now) }, next: nil)
        }
        routes.get("/joint", .needs(.jointRead), "Joint cases, what a leader watches, and the own tasks") { call in
            try await listPage(call)
        }
    }

    private func overview(_ call: Call) async throws -> Overview {
        let caller = try call.signedIn()
        return try await database.read { [desk] db in
            var data = Overview()
            let offices = try desk.offices(db)
            data.offices = Dictionary(offices.map { ($0.id, $0.name) }) { first, _ in first }
            let own = offices.filter { $0.members.contains(caller.id) }.map(\.id)
            for task in try JointStore.open(of: own, in: db) {
                guard let record = try? desk.record(task.caseID, for: caller, in: db), record.isOpen else { continue }
                data.mine.append((task, record))
            }
            for talk in try TalkStore.calling(caller.id, in: db) {
                guard let record = try? desk.record(talk.caseID, for: caller, in: db) else { continue }
                data.calls.append((talk, record))
            }
            let row = { (record: CaseRecord) in
                let joint = try JointStore.find(record.id, in: db)
                return Overview.Row(
                    record: record, lead: joint.flatMap { data.offices[$0.lead] } ?? "",
                    tasks: joint == nil ? [] : try JointStore.tasks(of: record.id, in: db))
            }
            var filter = CaseFilter()
            filter.areas = caller.areas
            filter.onlyOpen = true
            filter.onlySupervised = true
            data.supervised = try desk.cases.list(filter, limit: 200, in: db).map(row)
            for joint in try JointStore.all(limit: 200, in: db) {
                guard let record = try? desk.record(joint.caseID, for: caller, in: db), record.isOpen else { continue }
                data.joint.append(try row(record))
            }
            return data
        }
    }

    private func listPage(_ call: Call) async throws -> Answer {
        let data = try await overview(call)
        let now = Instant.now
        let rows = { (rows: [Overview.Row]) in
            rows.map { row -> [String: Any] in
                let open = row.tasks.filter { $0.state == .open }
                let late = open.filter { $0.isLate(at: now) }.count
                let due = open.map(\.dueAt).min() ?? row.record.dueAt
                return [
                    "href": row.tasks.isEmpty && row.lead.isEmpty
                        ? "/cases/\(row.record.id)" : "/joint/cases/\(row.record.id)",
                    "number": row.record.number, "name": row.record.title,
                    "lead": row.lead.isEmpty ? "—" : row.lead,
                    "phase": call.word("cases.phase.\(row.record.phase.rawValue)"),
                    "tasks": row.tasks.isEmpty ? "—" : "\(row.tasks.count - open.count) / \(row.tasks.count)",
                    "hasLate": late > 0, "late": call.word("joint.lateCount", ["n": String(late)]),
                    "due": due?.rfc3339 ?? "", "dueText": due?.shortText ?? "—",
                    "isOverdue": row.record.isOverdue(at: now),
                ]
            }
        }
        return try call.page(
            "joint", title: call.word("joint.title"),
            [
                "supervised": rows(data.supervised), "joint": rows(data.joint), "hasMine": !data.mine.isEmpty,
                "mine": data.mine.map { task, record -> [String: Any] in
                    [
                        "href": "/joint/cases/\(record.id)", "text": task.text, "name": record.title,
                        "office": data.offices[task.office] ?? "", "due": task.dueAt.rfc3339,
                        "dueText": task.dueAt.shortText, "isLate": task.isLate(at: now),
                    ]
                }, "hasCalls": !data.calls.isEmpty,
                "calls": data.calls.map { talk, record in
                    [
                        "href": "/joint/cases/\(record.id)#talk", "text": talk.text, "by": talk.name,
                        "name": record.title, "at": talk.at.rfc3339, "time": talk.at.shortText,
                    ]
                },
            ])
    }
}
