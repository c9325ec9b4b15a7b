import Foundation
import Kernel
import Storage
import Web

/// A drill as the API shows it.
struct DrillItem: Encodable {
    struct Goal: Encodable {
        var name: String
        var limitMs: Int64
        var takenMs: Int64?
        var isReached: Bool
    }
    var id: DrillID
    var planId: PlanID
    var title: String
    var place: String
    var state: String
    var plannedAt: String
    var startedAt: String?
    var endedAt: String?
    var caseId: CaseID?
    var percent: Int?
    var lesson: String
    var detectorId: DetectorID?
    var startsItself: Bool
    /// Why it could not be played.
    var failure: String?
    var goals: [Goal]

    init(_ drill: Drill, _ score: DrillScore?, _ call: Call) {
        id = drill.id
        planId = drill.family
        title = drill.title
        place = drill.place
        state = drill.state.rawValue
        plannedAt = drill.plannedAt.rfc3339
        startedAt = drill.startedAt?.rfc3339
        endedAt = drill.endedAt?.rfc3339
        caseId = drill.caseID
        percent = score?.percent
        lesson = drill.lesson
        detectorId = drill.detector
        startsItself = drill.startsItself
        failure = drill.failure.isEmpty ? nil : drill.failure
        goals = (score?.goals ?? []).map {
            Goal(
                name: $0.isStep ? $0.name : call.word($0.name), limitMs: $0.limitMs, takenMs: $0.takenMs,
                isReached: $0.isReached)
        }
    }

    static let shape = Shape.object(
        [
            "id": .id, "planId": .id, "title": .text, "place": .text,
            "state": .oneOf(Drill.State.allCases.map(\.rawValue)), "plannedAt": .time, "startedAt": .time,
            "endedAt": .time, "caseId": .id, "percent": .integer, "lesson": .text, "detectorId": .id,
            "startsItself": .flag, "failure": .oneOf(["late", "retired", "detector", "silent"]),
            "goals": .list(
                .object(["name": .text, "limitMs": .integer, "takenMs": .integer, "isReached": .flag])),
        ], required: ["id", "planId", "title", "state", "plannedAt", "goals"])
}

extension PlansRoom {
    func drillRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/drills", .needs(.planRead), "Drills with their scores, newest first",
            shapes: Shapes(
                query: [("after", "the last id seen"), ("limit", "1…500")], gives: .page(of: DrillItem.shape))
        ) { call in
            let limit = call.limit
            let after = call.query("after").flatMap(DrillID.init)
            let found = try await database.read { [desk] db in
                let last = try after.flatMap { try DrillStore.find($0, in: db) }
                return try DrillStore.page(before: last.map { ($0.plannedAt, $0.id) }, limit: limit + 1, in: db).map {
                    (drill: $0, score: try desk.score($0, in: db))
                }
            }
            let items = found.prefix(limit).map { DrillItem($0.drill, $0.score, call) }
            let next = found.count > limit ? items.last.map { "/api/v1/drills?limit=\(limit)&after=\($0.id)" } : nil
            return try .list(items, next: next)
        }
        routes.post(
            "/api/v1/drills", .needs(.drillRun), "Schedules a drill",
            shapes: Shapes(
                takes: .object(
                    [
                        "planId": .id, "title": .text, "place": .text, "plannedAt": .time, "detectorId": .id,
                        "startsItself": .flag,
                    ],
                    required: ["planId", "title", "plannedAt"]), gives: DrillItem.shape)
        ) { call in
            struct Body: Decodable {
                var planId: PlanID
                var title: String
                var place: String?
                var plannedAt: String
                var detectorId: DetectorID?
                var startsItself: Bool?
            }
            let body: Body = try call.json()
            let drill = try await schedule(
                call, body.planId, body.title, body.place ?? "", body.plannedAt, body.detectorId,
                startsItself: body.startsItself ?? false)
            return try .json(DrillItem(drill, nil, call), status: 201)
        }
        routes.post(
            "/api/v1/drills/{id}/start", .needs(.drillRun), "Opens a drill's case",
            shapes: Shapes(gives: DrillItem.shape)
        ) { call in try await item(call, try await start(call)) }
        routes.post(
            "/api/v1/drills/{id}/end", .needs(.drillRun), "Ends a drill, with what was learnt",
            shapes: Shapes(takes: .object(["lesson": .text]), gives: DrillItem.shape)
        ) { call in
            struct Body: Decodable { var lesson: String? }
            let body: Body = try call.json()
            return try await item(call, try await end(call, body.lesson ?? ""))
        }
        routes.post("/plans/drills", .needs(.drillRun), "Schedule a drill, from the page") { call in
            guard let plan = call.form["planId"].flatMap(PlanID.init) else {
                throw Problem.invalid(["planId": "required"])
            }
            _ = try await schedule(
                call, plan, call.form["title"] ?? "", call.form["place"] ?? "", call.form["plannedAt"] ?? "",
                call.form["detectorId"].flatMap(DetectorID.init), startsItself: call.form["startsItself"] == "1")
            return .redirect(to: "/plans?done=saved")
        }
        routes.post("/plans/drills/{id}/start", .needs(.drillRun), "Start a drill, from the page") { call in
            let drill = try await start(call)
            return .redirect(to: drill.caseID.map { "/cases/\($0)" } ?? "/plans/drills/\(drill.id)")
        }
        routes.post("/plans/drills/{id}/end", .needs(.drillRun), "End a drill, from the page") { call in
            let drill = try await end(call, call.form["lesson"] ?? "")
            return .redirect(to: "/plans/drills/\(drill.id)")
        }
        routes.get("/plans/drills/{id}", .needs(.planRead), "How a drill went, goal by goal") { call in
            try await drillPage(call)
        }
    }

    private func schedule(
        _ call: Call, _ plan: PlanID, _ title: String, _ place: String, _ planned: String, _ detector: DetectorID?,
        startsItself: Bool
    ) async throws -> Drill {
        let caller = try call.signedIn()
        var check = FieldCheck()
        let title = check.text(title, "title", 2...60)
        let place = check.text(place, "place", 0...100)
        let moment = Instant(planned)
        check.expect(moment != nil, "plannedAt", "invalid")
        try check.finish()
        guard let moment else { throw Problem.invalid(["plannedAt": "invalid"]) }
        let id = try await call.once { [desk, wire] db in
            if let detector, try !wire.detectors(db).contains(where: { $0.id == detector }) {
                throw Problem.invalid(["detectorId": "unknown"])
            }
            return try desk.schedule(
                plan, title: title, place: place, at: moment, detector: detector, startsItself: startsItself,
                by: caller, now: .now, in: db
            ).id
        }
        guard let drill = try await database.read({ db in try DrillStore.find(id, in: db) }) else {
            throw Problem.notFound
        }
        return drill
    }

    private func start(_ call: Call) async throws -> Drill {
        let (id, caller): (DrillID, Caller) = (try call.id(), try call.signedIn())
        return try await database.write { [desk, wire] db in
            try desk.start(id, by: caller, at: .now, over: wire, in: db)
        }
    }

    private func end(_ call: Call, _ lesson: String) async throws -> Drill {
        let (id, caller): (DrillID, Caller) = (try call.id(), try call.signedIn())
        var check = FieldCheck()
        let lesson = check.text(lesson, "lesson", 0...1_000)
        try check.finish()
        return try await database.write { [desk, wire] db in
            try desk.end(id, lesson: lesson, by: caller, at: .now, over: wire, in: db)
        }
    }

    private func item(_ call: Call, _ drill: Drill) async throws -> Answer {
        let score = try await database.read { [desk] db in try desk.score(drill, in: db) }
        return try .json(DrillItem(drill, score, call))
    }

    func drillRow(_ drill: Drill, _ score: DrillScore?, _ caller: Caller, _ call: Call) -> [String: Any] {
        let mayRun = caller.may(.drillRun)
        return [
            "id": drill.id.description, "href": "/plans/drills/\(drill.id)", "title": drill.title,
            "place": drill.place, "plannedAt": drill.plannedAt.rfc3339,
            "plannedText": String(drill.plannedAt.text.prefix(16)),
            "state": call.word("plans.stage.\(drill.state.rawValue)"),
            "tint": ["planned": "info", "running": "warn", "done": "ok"][drill.state.rawValue] ?? "",
            "percent": drill.state == .planned ? "" : score?.percent.map { "\($0)%" } ?? "—",
            "canStart": mayRun && drill.state == .planned,
            "canEnd": mayRun && drill.state == .running && drill.caseID != nil,
            "isOnWire": drill.detector != nil, "startsItself": drill.startsItself && drill.state == .planned,
            "isWaiting": drill.state == .running && drill.caseID == nil, "hasFailed": !drill.failure.isEmpty,
            "failure": drill.failure.isEmpty ? "" : call.word("plans.failure.\(drill.failure)"),
            "case": drill.caseID.map { "/cases/\($0)" } ?? "", "hasCase": drill.caseID != nil,
        ]
    }

    private func drillPage(_ call: Call) async throws -> Answer {
        let (id, caller): (DrillID, Caller) = (try call.id(), try call.signedIn())
        let (drill, score) = try await database.read { [desk] db in
            guard let drill = try DrillStore.find(id, in: db) else { throw Problem.notFound }
            return (drill, try desk.score(drill, in: db))
        }
        var context = drillRow(drill, score, caller, call)
        context["lesson"] = drill.lesson
        context["hasLesson"] = !drill.lesson.isEmpty
        context["goals"] = (score?.goals ?? []).map { goal -> [String: Any] in
            [
                "name": goal.isStep ? goal.name : call.word(goal.name), "limit": span(goal.limitMs),
                "taken": goal.takenMs.map(span) ?? "—", "isReached": goal.isReached,
                "tint": goal.isReached ? "ok" : goal.takenMs == nil && drill.state == .running ? "" : "bad",
                "state": call.word(
                    goal.isReached
                        ? "plans.reached" : goal.takenMs != nil || drill.state == .done ? "plans.missed" : "plans.waits"
                ),
            ]
        }
        return try call.page("drill", title: drill.title, context)
    }

    /// `3:05`.
    private func span(_ ms: Int64) -> String {
        let seconds = ms / 1_000 % 60
        return "\(ms / 60_000):\(seconds < 10 ? "0" : "")\(seconds)"
    }
}
