import Cases
import Identity
import Kernel
import Storage
import Web

extension PatrolRoom {
    private struct FixItem: Codable, Sendable {
        var at: String
        var lat: Double
        var lon: Double
        /// Metres.
        var accuracy: Double

        init(_ fix: Fix) {
            at = fix.at.rfc3339
            lat = fix.point.lat
            lon = fix.point.lon
            accuracy = Double(fix.accuracy)
        }

        static let shape = Shape.object(
            ["at": .time, "lat": .number, "lon": .number, "accuracy": .number],
            required: ["at", "lat", "lon", "accuracy"])
    }

    func trackRoutes(_ routes: inout Routes) {
        routes.post(
            "/api/v1/patrol/track", .needs(.patrolWalk),
            "Keep where the own phone was, as far as the own watch runs; at most 500 places",
            shapes: Shapes(
                takes: .object(["items": .list(FixItem.shape)], required: ["items"]),
                gives: .object(["kept": .integer], required: ["kept"]))
        ) { call in
            struct Body: Decodable { var items: [FixItem] }
            struct Kept: Encodable { var kept: Int }
            let caller = try call.signedIn()
            let body: Body = try call.json()
            guard body.items.count <= TrackRule.batch else { throw Problem.invalid(["items": "too-many"]) }
            // What is no place or no time is left out: a phone has nothing better to send again.
            let fixes = body.items.compactMap { item -> Fix? in
                guard let at = Instant(item.at), let point = GeoPoint(lat: item.lat, lon: item.lon),
                    item.accuracy.isFinite, (0...100_000).contains(item.accuracy)
                else { return nil }
                return Fix(at: at, point: point, accuracy: Int(item.accuracy.rounded(.up)))
            }
            let kept = try await database.write { [desk] db in try desk.keep(fixes, of: caller, at: .now, in: db) }
            return try .json(Kept(kept: kept))
        }
        routes.get(
            "/api/v1/patrol/track", .needs(.patrolWalk), "The own track of a day",
            shapes: Shapes(
                query: [("day", "YYYY-MM-DD; today without it")], gives: .page(of: FixItem.shape))
        ) { call in
            let caller = try call.signedIn()
            let span = Self.day(call)
            let fixes = try await database.read { db in try TrackStore.fixes(of: caller.id, in: span, in: db) }
            return try .list(fixes.map(FixItem.init), next: nil)
        }
        routes.post(
            "/api/v1/cases/{id}/patrol-track", .needs(.patrolLook),
            "Look at somebody's track around the time of a case; the look is recorded and shown to them",
            shapes: Shapes(
                takes: .object(["staffId": .id, "purpose": .text], required: ["staffId", "purpose"]),
                gives: .page(of: FixItem.shape))
        ) { call in
            struct Body: Decodable { var staffId: StaffID, purpose: String }
            let body: Body = try call.json()
            let id: CaseID = try call.id()
            return try .list(try await look(call, body.staffId, for: id, body.purpose).map(FixItem.init), next: nil)
        }
        routes.get("/patrol/tracks", .needs(.patrolLook), "The form for looking at a track, for a case") { call in
            try await lookPage(call, found: nil, errors: [:])
        }
        routes.post("/patrol/tracks", .needs(.patrolLook), "Look at somebody's track, from the page") { call in
            try await lookFromPage(call)
        }
    }

    private func look(_ call: Call, _ staff: StaffID, for id: CaseID, _ purpose: String) async throws -> [Fix] {
        let caller = try call.signedIn()
        var check = FieldCheck()
        let purpose = check.text(purpose, "purpose", 4...200)
        try check.finish()
        return try await database.write { [desk] db in
            try desk.look(at: staff, for: id, purpose: purpose, by: caller, at: .now, in: db)
        }
    }

    private func lookFromPage(_ call: Call) async throws -> Answer {
        let number = call.form["case"] ?? ""
        let staff = call.form["staffId"].flatMap(StaffID.init)
        do {
            let record = try await database.read { [desk] db in try desk.cases.named(number, in: db) }
            guard let record else { throw Problem.invalid(["case": "unknown-case"]) }
            guard let staff else { throw Problem.invalid(["staffId": "required"]) }
            return try await lookPage(
                call, found: try await look(call, staff, for: record.id, call.form["purpose"] ?? ""), errors: [:])
        } catch let problem as Problem where problem.status == 422 {
            return try await lookPage(call, found: nil, errors: call.fieldWords(problem))
        }
    }

    private func lookPage(_ call: Call, found: [Fix]?, errors: [String: String]) async throws -> Answer {
        let people = try await database.read { db in
            try StaffDirectory.onDuty(role: .patrol, area: nil, in: db)
                + StaffDirectory.onDuty(role: .grid, area: nil, in: db)
        }
        let values = call.form.values
        var seen: Set<StaffID> = []
        return try call.page(
            "patrol-tracks", title: call.word("patrol.tracks.title"),
            [
                "errors": errors, "days": String(trackDays),
                "values": ["case": values["case"] ?? call.query("case") ?? "", "purpose": values["purpose"] ?? ""],
                "people": people.filter { seen.insert($0.id).inserted }.map { person -> [String: Any] in
                    [
                        "value": person.id.description, "label": person.name,
                        "selected": person.id.description == values["staffId"],
                    ]
                },
                "isFound": found != nil, "isEmpty": found?.isEmpty ?? false,
                "count": call.word("patrol.tracks.count", ["n": String(found?.count ?? 0)]),
                "line": found.map(TrackDrawing.svg) ?? "", "hasLine": (found?.count ?? 0) > 1,
                "fixes": (found ?? []).map { fix in
                    [
                        "time": fix.at.text, "at": fix.at.rfc3339, "accuracy": String(fix.accuracy),
                        "map": "/map?lat=\(fix.point.lat)&lon=\(fix.point.lon)",
                    ]
                },
            ], status: errors.isEmpty ? 200 : 422)
    }
}
