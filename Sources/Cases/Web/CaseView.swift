import Kernel
import Storage
import Web

/// A case as a row of a list.
struct CaseRow: Encodable {
    var id: CaseID
    var number: String
    var kind: String
    var severity: Int
    var state: String
    var title: String
    var place: String
    var location: GeoPoint?
    var areaName: String
    var subject: String
    var verdict: String?
    var supervised: Bool
    var overdue: Bool
    var dueAt: String?
    var openedAt: String
    var closedAt: String?
    var unitNames: [String] = []

    init(_ record: CaseRecord, at now: Instant, _ surroundings: CaseSurroundings) {
        id = record.id
        number = record.number
        kind = record.kind.rawValue
        severity = record.severity.rawValue
        state = record.phase.rawValue
        title = record.title
        place = record.place
        location = record.point
        areaName = record.area.map(surroundings.areaName) ?? ""
        subject = record.subject
        verdict = record.verdict?.rawValue
        supervised = record.isSupervised
        overdue = record.isOverdue(at: now)
        dueAt = record.isOpen ? record.dueAt?.rfc3339 : nil
        openedAt = record.openedAt.rfc3339
        closedAt = record.closedAt?.rfc3339
    }

    static let shape = Shape.object(
        [
            "id": .id, "number": .text, "kind": .oneOf(CaseKind.allCases.map(\.rawValue)), "severity": .integer,
            "state": .oneOf(CasePhase.allCases.map(\.rawValue)), "title": .text, "place": .text,
            "location": .object(["lat": .number, "lon": .number]), "areaName": .text, "subject": .text,
            "verdict": .oneOf(Verdict.allCases.map(\.rawValue)), "supervised": .flag, "overdue": .flag,
            "dueAt": .time, "openedAt": .time, "closedAt": .time, "unitNames": .list(.text),
        ], required: ["id", "number", "kind", "severity", "state", "title", "openedAt"])
}

/// A case with all that is known of it.
struct CaseDetail: Encodable {
    struct ClockView: Encodable {
        var name: String
        var elapsedMs: Int64
        var limitMs: Int64
        var paused: Bool
        var dueAt: String?
    }
    struct TaskView: Encodable {
        var id: TaskID
        var unitId: UnitID
        var unitName: String
        var state: String
        var note: String
        var at: String
    }
    struct PhotoView: Encodable {
        var id: AttachmentID
        var name: String
        var url: String
        var thumbnailUrl: String
    }
    struct Line: Encodable {
        var seq: Int
        var at: String
        var actor: String
        var type: String
        var text: String
    }
    struct ResponseTime: Encodable {
        var step: String
        var ms: Int64
    }

    var row: CaseRow
    var allowed: [String]
    var clocks: [ClockView]
    var alarms: [AlarmView]
    var tasks: [TaskView]
    var messages: [MessageView]
    var attachments: [PhotoView]
    var timeline: [Line]
    var responseTimes: [ResponseTime]
    var panels: [CasePanel]

    enum Keys: String, CodingKey {
        case allowed, clocks, alarms, tasks, messages, attachments, timeline, responseTimes, panels
    }

    func encode(to encoder: any Encoder) throws {
        try row.encode(to: encoder)
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(allowed, forKey: .allowed)
        try container.encode(clocks, forKey: .clocks)
        try container.encode(alarms, forKey: .alarms)
        try container.encode(tasks, forKey: .tasks)
        try container.encode(messages, forKey: .messages)
        try container.encode(attachments, forKey: .attachments)
        try container.encode(timeline, forKey: .timeline)
        try container.encode(responseTimes, forKey: .responseTimes)
        try container.encode(panels, forKey: .panels)
    }
}

extension CasesRoom {
    /// Reads everything of a case for this reader.
    func detail(_ id: CaseID, for caller: Caller, at now: Instant, _ call: Call, in db: any Reading) throws
        -> CaseDetail
    {
        guard let record = try CaseStore.record(id, in: db) else { throw Problem.notFound }
        if let areas = caller.areas, let area = record.area, !areas.isEmpty, !call.covers(areas, area) {
            throw Problem.notFound
        }
        let timeline = try CaseStore.timeline(id, in: db)
        guard let state = CaseState(timeline) else { throw Problem.notFound }
        let alarms = try surroundings.alarms(id, db) { call.word($0) }
        let tasks = try UnitStore.tasks(of: id, in: db)
        var names: [UnitID: String] = [:]
        for task in tasks where names[task.unit] == nil {
            names[task.unit] = try UnitStore.find(task.unit, in: db)?.name
        }
        let left = try surroundings.moves(id, caller, db)
        var allowed = CaseMove.allowed(state, roles: caller.roles, by: caller.id)
            .filter { left?.contains($0) ?? true }.map(\.rawValue)
        if !caller.roles.isDisjoint(with: [.officer, .leader]) {
            if alarms.contains(where: { $0.state == "raised" || $0.state == "acknowledged" }) {
                allowed.insert("verify", at: 0)
            }
            if alarms.contains(where: { $0.state == "raised" }) { allowed.insert("acknowledge", at: 0) }
        }
        var row = CaseRow(record, at: now, surroundings)
        row.unitNames = tasks.filter(\.state.isActive).compactMap { names[$0.unit] }
        let measure = state.measure(desk.calendar)
        let clocks =
            state.phase.isFinal ? [] : [("citizen", state.citizenClock), ("department", state.departmentClock)]
        return CaseDetail(
            row: row, allowed: allowed,
            clocks: clocks.filter { !$0.1.intervals.isEmpty }.map { name, clock in
                CaseDetail.ClockView(
                    name: name, elapsedMs: clock.elapsed(at: now, measure), limitMs: clock.limitMs,
                    paused: !clock.isRunning, dueAt: (clock.due(measure) ?? record.dueAt)?.rfc3339)
            },
            alarms: alarms,
            tasks: tasks.map {
                CaseDetail.TaskView(
                    id: $0.id, unitId: $0.unit, unitName: names[$0.unit] ?? "", state: $0.state.rawValue,
                    note: $0.note, at: $0.changedAt.rfc3339)
            },
            messages: try surroundings.messages(id, db) { call.word($0, $1) },
            attachments: try AttachmentStore.list(id, in: db).map {
                let url = "/api/v1/attachments/\($0.id)"
                return CaseDetail.PhotoView(id: $0.id, name: $0.name, url: url, thumbnailUrl: url)
            },
            timeline: timeline.map { line($0, call) },
            responseTimes: state.responseTimes.map { CaseDetail.ResponseTime(step: $0.step.rawValue, ms: $0.ms) },
            panels: try surroundings.panels(id, caller, db) { call.word($0) })
    }

    private func line(_ entry: CaseEntry, _ call: Call) -> CaseDetail.Line {
        CaseDetail.Line(
            seq: entry.seq, at: entry.at.rfc3339, actor: entry.actorName(call), type: entry.content.type.rawValue,
            text: entry.text(call))
    }
}

extension CaseEntry {
    /// The line in the reader's words.
    public func text(_ call: Call) -> String {
        var parts: [String] = []
        if let state = content.taskState {
            parts.append(call.word("cases.entry.task.\(state.rawValue)", ["unit": content.unit ?? ""]))
        } else if let verdict = content.verdict {
            parts.append(call.word("cases.verdict.\(verdict.rawValue)"))
        } else {
            parts.append(call.word("cases.entry.\(content.type.rawValue)"))
        }
        if let text = content.text { parts.append(text) }
        return parts.joined(separator: call.language == .zh ? "：" : ": ")
    }

    /// Who did it, in the reader's words.
    public func actorName(_ call: Call) -> String {
        if case .system(let rule) = actor { call.word(ifKnown: "cases.actor.\(rule)") ?? rule } else { actor.name }
    }
}
