import Identity
import Kernel
import Storage
import Web

extension CasesRoom {
    private struct Moved: Codable, Sendable {
        var id: CaseID
        var state: String
    }

    private struct Dispatched: Codable, Sendable {
        var id: TaskID
        var caseId: CaseID
        var state: String
    }

    private struct NewManualCase: Decodable, Sendable {
        var kind: CaseKind
        var severity: Severity
        var title: String
        var place: String?
        var location: GeoPoint?
    }

    /// Does a move that the case's own room leaves to this page, on the record.
    /// - Throws: 409 `case.elsewhere` where the move belongs to that room's page and its rules.
    func moveHere(_ request: MoveRequest, _ id: CaseID, by caller: Caller, in db: any Writing) throws -> CaseState {
        try requireHere(request.type, id, by: caller, in: db)
        let state = try desk.move(request, id, by: caller, at: .now, in: db)
        try record("case.move", "cases/\(id)", caller, ["move": request.type.rawValue], in: db)
        return state
    }

    private func requireHere(_ move: CaseMove, _ id: CaseID, by caller: Caller, in db: any Reading) throws {
        if let left = try surroundings.moves(id, caller, db), !left.contains(move) {
            throw Problem.conflict("case.elsewhere")
        }
    }

    /// Notes in the audit log what somebody did; the words of it stand in the case's timeline.
    func record(
        _ action: String, _ subject: String, _ caller: Caller, _ detail: [String: String], in db: any Writing
    ) throws {
        try audit?.record(
            AuditEntry(
                at: .now, actor: caller.id, actorName: caller.name, action: action, subject: subject,
                detail: try JSON.text(detail)), in: db)
    }

    func moveRoutes(_ routes: inout Routes) {
        routes.post("/cases/{id}/tasks", .needs(.caseDispatch), "Send a unit to a case, from its page") { call in
            let id: CaseID = try call.id()
            let caller = try call.signedIn()
            guard let unit = call.form["unitId"].flatMap(UnitID.init) else {
                throw Problem.invalid(["unitId": "required"])
            }
            let note = String((call.form["text"] ?? "").prefix(2_000))
            try await database.write { db in
                try requireHere(.dispatch, id, by: caller, in: db)
                let task = try desk.dispatch(unit, note: note, to: id, by: caller, at: .now, in: db)
                try record("case.dispatch", "cases/\(id)", caller, ["unit": "\(task.unit)"], in: db)
            }
            return .redirect(to: "/cases/\(id)?done=cases.moved")
        }
        routes.post("/cases/{id}/moves", .needs(.caseMove), "Move a case from its page") { call in
            let id: CaseID = try call.id()
            let caller = try call.signedIn()
            let form = call.form
            guard let type = form["type"].flatMap(CaseMove.init(rawValue:)) else {
                throw Problem.invalid(["type": "invalid"])
            }
            let request = MoveRequest(
                type: type, text: form["text"], other: form["other"], days: form["days"].flatMap { Int($0) })
            _ = try await database.write { db in try moveHere(request, id, by: caller, in: db) }
            return .redirect(to: "/cases/\(id)?done=cases.moved")
        }
        routes.post(
            "/api/v1/cases/{id}/moves", .needs(.caseMove), "Move a case",
            shapes: Shapes(
                takes: .object(
                    [
                        "type": .oneOf(CaseMove.allCases.map(\.rawValue)), "text": .text, "other": .text,
                        "days": .integer,
                    ], required: ["type"]), gives: .object(["id": .id, "state": .text]))
        ) { call in
            let id: CaseID = try call.id()
            let caller = try call.signedIn()
            let request = try call.json(MoveRequest.self)
            let moved = try await call.once { db in
                Moved(id: id, state: try moveHere(request, id, by: caller, in: db).phase.rawValue)
            }
            return try .json(moved)
        }
        routes.post(
            "/api/v1/cases/{id}/tasks", .needs(.caseDispatch), "Send a unit to a case",
            shapes: Shapes(
                takes: .object(["unitId": .id, "note": .text], required: ["unitId"]),
                gives: .object(["id": .id, "caseId": .id, "state": .text]))
        ) { call in
            struct Wanted: Decodable {
                var unitId: UnitID
                var note: String?
            }
            let id: CaseID = try call.id()
            let caller = try call.signedIn()
            let wanted = try call.json(Wanted.self)
            let note = String((wanted.note ?? "").prefix(2_000))
            let unit = wanted.unitId
            let done = try await call.once { db in
                try requireHere(.dispatch, id, by: caller, in: db)
                let task = try desk.dispatch(unit, note: note, to: id, by: caller, at: .now, in: db)
                try record("case.dispatch", "cases/\(id)", caller, ["unit": "\(task.unit)"], in: db)
                return Dispatched(id: task.id, caseId: id, state: task.state.rawValue)
            }
            return try .json(done, status: 201)
        }
        routes.post(
            "/api/v1/cases", .needs(.caseDispatch), "Open a case by hand",
            shapes: Shapes(
                takes: .object(
                    [
                        "kind": .oneOf(CaseKind.allCases.map(\.rawValue)), "severity": .integer, "title": .text,
                        "place": .text, "location": .object(["lat": .number, "lon": .number]),
                    ], required: ["kind", "severity", "title"]), gives: .object(["id": .id, "state": .text]))
        ) { call in
            let wanted = try call.json(NewManualCase.self)
            var check = FieldCheck()
            let title = check.text(wanted.title, "title", 1...200)
            let place = check.text(wanted.place, "place", 0...200)
            try check.finish()
            let caller = try call.signedIn()
            let done = try await call.once { db in
                let now = Instant.now
                let id = try desk.open(
                    NewCase(
                        kind: wanted.kind, severity: wanted.severity, title: title, placeText: place,
                        point: wanted.location, area: wanted.location.flatMap(surroundings.areaAt),
                        signal: Signal(source: "desk", key: CaseID.next().description),
                        at: now), in: db)
                try desk.note(call.word("cases.openedBy"), on: id, by: .staff(caller.id, caller.name), at: now, in: db)
                try record("case.open", "cases/\(id)", caller, ["kind": wanted.kind.rawValue], in: db)
                return Moved(id: id, state: "open")
            }
            return try .json(done, status: 201)
        }
    }
}
