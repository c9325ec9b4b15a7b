import Foundation
import Kernel
import Pictures
import Storage
import Web

extension PatrolRoom {
    func roundRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/patrol/rounds", .needs(.patrolRead), "Rounds and their check points",
            shapes: Shapes(gives: .page(of: RoundItem.shape))
        ) { call in
            let caller = try call.signedIn()
            let items = try await database.read { [desk] db in
                try RoundStore.all(in: db).filter { desk.sees($0.area, caller) }.map {
                    RoundItem(id: $0.id, round: RoundDraft($0, try RoundStore.points(of: $0.id, in: db)))
                }
            }
            return try .list(items, next: nil)
        }
        routes.post(
            "/api/v1/patrol/rounds", .needs(.patrolManage), "Makes a round",
            shapes: Shapes(takes: RoundDraft.shape, gives: RoundItem.shape)
        ) { call in try await answer(call, try await save(call, nil, try call.json()), status: 201) }
        routes.put(
            "/api/v1/patrol/rounds/{id}", .needs(.patrolManage), "Changes a round; points keep their printed codes",
            shapes: Shapes(takes: RoundDraft.shape, gives: RoundItem.shape)
        ) { call in try await answer(call, try await save(call, try call.id(), try call.json()), status: 200) }
        routes.get("/patrol/rounds/new", .needs(.patrolManage), "The form for a new round") { call in
            var draft = RoundDraft(
                Form("starts=08:00 14:00 20:00&minutes=60&grace=15&days=every&isActive=1".utf8))
            draft.isActive = true
            return try await form(call, nil, draft, errors: [:])
        }
        routes.post("/patrol/rounds/new", .needs(.patrolManage), "Make a round") { call in try await post(call, nil) }
        routes.get("/patrol/rounds/{id}", .needs(.patrolManage), "A round's form") { call in
            let (round, points) = try await read(call)
            return try await form(call, round.id, RoundDraft(round, points), errors: [:])
        }
        routes.post("/patrol/rounds/{id}", .needs(.patrolManage), "Change a round") { call in
            try await post(call, try call.id())
        }
        routes.get("/patrol/rounds/{id}/codes", .needs(.patrolManage), "The codes of a round's points, to be printed") {
            call in try await codes(call)
        }
    }

    private func read(_ call: Call) async throws -> (Round, [CheckPoint]) {
        let id: RoundID = try call.id()
        let caller = try call.signedIn()
        return try await database.read { [desk] db in
            guard let round = try RoundStore.find(id, in: db), desk.sees(round.area, caller) else {
                throw Problem.notFound
            }
            return (round, try RoundStore.points(of: id, in: db))
        }
    }

    private func save(_ call: Call, _ id: RoundID?, _ draft: RoundDraft) async throws -> RoundID {
        let caller = try call.signedIn()
        let (new, now) = (id ?? .next(), Instant.now)
        let areas = Set(surroundings.areas().map(\.id))
        return try await call.once { [desk] db in
            if let id {
                guard let old = try RoundStore.find(id, in: db), desk.sees(old.area, caller) else {
                    throw Problem.notFound
                }
            }
            let (round, points) = try draft.checked(
                new, known: try RoundStore.points(of: new, in: db), knowsArea: areas.contains, at: now)
            try desk.save(round, points: points, by: caller, at: now, in: db)
            return new
        }
    }

    private func answer(_ call: Call, _ id: RoundID, status: Int) async throws -> Answer {
        let item = try await database.read { db in
            guard let round = try RoundStore.find(id, in: db) else { throw Problem.notFound }
            return RoundItem(id: id, round: RoundDraft(round, try RoundStore.points(of: id, in: db)))
        }
        return try .json(item, status: status)
    }

    private func post(_ call: Call, _ id: RoundID?) async throws -> Answer {
        let draft = RoundDraft(call.form)
        do {
            _ = try await save(call, id, draft)
            return .redirect(to: "/patrol?done=saved")
        } catch let problem as Problem where problem.status == 422 {
            return try await form(call, id, draft, errors: call.fieldWords(problem))
        }
    }

    private func form(
        _ call: Call, _ id: RoundID?, _ draft: RoundDraft, errors: [String: String]
    ) async throws -> Answer {
        let caller = try call.signedIn()
        let places = try await database.read { [surroundings] db in
            try surroundings.places(caller, db) { call.word($0) }
        }
        let number = { (value: Double) in value.isFinite ? String(value) : "" }
        return try call.page(
            "patrol-round", title: id == nil ? call.word("patrol.new") : draft.name,
            [
                "action": id.map { "/patrol/rounds/\($0)" } ?? "/patrol/rounds/new", "errors": errors,
                "hasErrors": !errors.isEmpty, "isKnown": id != nil,
                "codes": id.map { "/patrol/rounds/\($0)/codes" } ?? "",
                "values": [
                    "name": draft.name, "starts": draft.starts, "minutes": String(draft.minutes),
                    "grace": draft.grace < 0 ? "" : String(draft.grace),
                ],
                "isOrdered": draft.isOrdered ?? false, "isActive": draft.isActive ?? true,
                "days": Round.Days.allCases.map { days -> [String: Any] in
                    [
                        "value": days.rawValue, "label": call.word("patrol.days.\(days.rawValue)"),
                        "selected": days.rawValue == draft.days,
                    ]
                },
                "areas": surroundings.areas().map { area -> [String: Any] in
                    ["value": area.id.description, "label": area.name, "selected": area.id == draft.areaId]
                },
                "points": draft.points.enumerated().map { place, point -> [String: Any] in
                    [
                        "number": String(place + 1), "id": point.id?.description ?? "", "name": point.name,
                        "lat": number(point.lat), "lon": number(point.lon), "radius": String(point.radius ?? 50),
                        "subject": point.subject ?? "",
                    ]
                },
                "places": places.map { place -> [String: Any] in
                    [
                        "subject": place.subject, "name": place.name, "kind": place.kind,
                        "lat": Self.degrees(place.point.lat), "lon": Self.degrees(place.point.lon),
                    ]
                }, "hasPlaces": !places.isEmpty,
            ], status: errors.isEmpty ? 200 : 422)
    }

    /// A millionth of a degree is a tenth of a metre.
    private static func degrees(_ value: Double) -> String { String((value * 1_000_000).rounded() / 1_000_000) }

    /// What a point's code leads to. It stands behind `#`, so that no server's log ever has it.
    static func address(_ centre: String, of point: CheckPoint) -> String {
        "\(centre)/field/patrol#\(point.id).\(point.code)"
    }

    private func codes(_ call: Call) async throws -> Answer {
        let (round, points) = try await read(call)
        let centre = surroundings.address() ?? ""
        return try call.page(
            "patrol-codes", title: round.name,
            [
                "id": round.id.description, "isKnown": !centre.isEmpty,
                "points": points.map { point -> [String: Any] in
                    [
                        "number": String(point.seq), "name": point.name,
                        "code": QRCode.svg(Self.address(centre, of: point), label: point.name) ?? "",
                    ]
                },
            ])
    }
}
