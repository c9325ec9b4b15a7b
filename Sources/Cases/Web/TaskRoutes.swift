import Kernel
import Storage
import Web

extension CasesRoom {
    private struct MyTask: Encodable {
        var id: TaskID
        var caseId: CaseID
        var caseNumber: String
        var title: String
        var severity: Int
        var state: String
        var note: String
        var address: String
        var location: GeoPoint?
        var contacts: [ContactView]
        var allowed: [String]
        var at: String
    }

    private struct Reported: Codable, Sendable {
        var id: TaskID
        var state: String
        var allowed: [String]
    }

    private struct Report: Decodable, Sendable {
        var type: TaskMove
        var text: String?
        var at: String?
        var attachmentIds: [AttachmentID]?
    }

    func taskRoutes(_ routes: inout Routes) {
        routes.get("/api/v1/tasks/mine", .needs(.taskReport), "The tasks of the own unit, newest first") { call in
            let caller = try call.signedIn()
            let tasks = try await database.read { db in
                let units = try UnitStore.units(of: caller.id, in: db)
                return try UnitStore.tasks(units: units, limit: 50, in: db).compactMap { task -> MyTask? in
                    guard let record = try CaseStore.record(task.caseID, in: db) else { return nil }
                    // A crew on its way needs the owner's phone; one that is done does not.
                    let contacts = task.state.isActive ? try surroundings.contacts(record.subject, db) : []
                    return MyTask(
                        id: task.id, caseId: record.id, caseNumber: record.number, title: record.title,
                        severity: record.severity.rawValue, state: task.state.rawValue, note: task.note,
                        address: record.place, location: record.point, contacts: contacts,
                        allowed: TaskMove.allowed(in: task.state).map(\.rawValue), at: task.offeredAt.rfc3339)
                }
            }
            return try .list(tasks, next: nil)
        }
        routes.post(
            "/api/v1/tasks/{id}/moves", .needs(.taskReport), "Report how far the unit has come",
            shapes: Shapes(
                takes: .object(
                    [
                        "type": .oneOf(TaskMove.allCases.map(\.rawValue)), "text": .text, "at": .time,
                        "attachmentIds": .list(.id),
                    ], required: ["type"]), gives: .object(["id": .id, "state": .text, "allowed": .list(.text)]))
        ) { call in
            let id: TaskID = try call.id()
            let caller = try call.signedIn()
            let report = try call.json(Report.self)
            var check = FieldCheck()
            let text = check.text(report.text, "text", 0...2_000)
            check.expect((report.attachmentIds ?? []).count <= 9, "attachmentIds", "too-many")
            try check.finish()
            let done = try await call.once { db in
                let task = try desk.report(
                    report.type, text: text, attachments: report.attachmentIds ?? [], on: id, by: caller, at: .now,
                    in: db)
                try record("task.report", "cases/\(task.caseID)", caller, ["move": report.type.rawValue], in: db)
                return Reported(
                    id: id, state: task.state.rawValue, allowed: TaskMove.allowed(in: task.state).map(\.rawValue))
            }
            return try .json(done)
        }
    }
}
