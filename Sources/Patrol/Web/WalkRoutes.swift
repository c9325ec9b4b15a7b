import Cases
import Kernel
import Storage
import Web

extension PatrolRoom {
    func walkRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/patrol/walks", .needs(.patrolRead), "The walks of a day with their points, in order",
            shapes: Shapes(query: [("day", "YYYY-MM-DD; today without it")], gives: .page(of: WalkItem.shape))
        ) { call in
            let caller = try call.signedIn()
            let span = Self.day(call)
            return try .list(try await walks(in: span, for: caller), next: nil)
        }
        routes.get(
            "/api/v1/patrol/walks/{id}", .needs(.patrolRead), "A walk with its points",
            shapes: Shapes(gives: WalkItem.shape)
        ) { call in try .json(try await walk(call)) }
        routes.post(
            "/api/v1/patrol/walks/{id}/points/{point}", .needs(.patrolWalk),
            "Tell that somebody was at a point: by its code, or by the phone's place with a photo",
            shapes: Shapes(
                takes: .object([
                    "at": .time, "code": .text, "lat": .number, "lon": .number, "accuracy": .number, "photoId": .id,
                    "note": .text, "finding": .text,
                ]), gives: WalkItem.shape)
        ) { call in try await tell(call) }
        routes.get("/patrol/walks/{id}", .needs(.patrolRead), "A walk, point by point") { call in
            let item = try await walk(call)
            return try call.page("patrol-walk", title: item.round, walkContext(item, call))
        }
    }

    /// The day that is asked for, or today.
    static func day(_ call: Call) -> Range<Instant> {
        let chosen = call.query("day").flatMap { Instant($0) } ?? .now
        let midnight = Instant(ms: Int64(chosen.dayNumber) * CivilTime.dayMs - CivilTime.offsetMs)
        return midnight..<(midnight + CivilTime.dayMs)
    }

    /// The walks that begin in a span, as far as the caller may see them.
    func walks(in span: Range<Instant>, for caller: Caller) async throws -> [WalkItem] {
        let now = Instant.now
        return try await database.read { [desk] db in
            let walks = try WalkStore.list(in: span, in: db)
            return try Self.items(walks, at: now, in: db) { desk.sees($0, caller) }
        }
    }

    static func items(
        _ walks: [Walk], at now: Instant, in db: any Reading, sees: (AreaID?) -> Bool
    ) throws -> [WalkItem] {
        var rounds: [RoundID: Round] = [:]
        for id in Set(walks.map(\.round)) { rounds[id] = try RoundStore.find(id, in: db) }
        let seen = walks.filter { walk in rounds[walk.round].map { sees($0.area) } ?? false }
        let stops = try WalkStore.stops(of: seen.map(\.id), in: db)
        let places = try RoundStore.points(Array(Set(stops.values.flatMap { $0.map(\.point) })), in: db)
        return seen.map {
            WalkItem($0, round: rounds[$0.round], stops: stops[$0.id] ?? [], places: places, at: now)
        }
    }

    private func walk(_ call: Call) async throws -> WalkItem {
        let (id, caller): (WalkID, Caller) = (try call.id(), try call.signedIn())
        return try await find(id, for: caller)
    }

    private func find(_ id: WalkID, for caller: Caller) async throws -> WalkItem {
        let item = try await database.read { [desk] db in
            try Self.items([try WalkStore.find(id, in: db)].compactMap(\.self), at: .now, in: db) {
                desk.sees($0, caller)
            }.first
        }
        guard let item else { throw Problem.notFound }
        return item
    }

    private func tell(_ call: Call) async throws -> Answer {
        struct Body: Decodable {
            var at: String?
            var code: String?
            var lat: Double?
            var lon: Double?
            var accuracy: Double?
            var photoId: AttachmentID?
            var note: String?
            var finding: String?
        }
        let (id, point): (WalkID, PointID) = (try call.id(), try call.id("point"))
        let caller = try call.signedIn()
        let body: Body = try call.json()
        let now = Instant.now
        var check = FieldCheck()
        let at = body.at.map { Instant($0) } ?? now
        check.expect(at != nil, "at", "invalid")
        check.expect((body.code ?? "").utf8.count <= 64, "code", "too-long")
        let place = body.lat.flatMap { lat in body.lon.flatMap { GeoPoint(lat: lat, lon: $0) } }
        check.expect(place != nil || (body.lat == nil && body.lon == nil), "lat", "invalid")
        let accuracy = body.accuracy.map { Int(min(100_000, max(0, $0.isFinite ? $0.rounded(.up) : 100_000))) }
        let note = check.text(body.note, "note", 0...500)
        let finding = check.text(body.finding, "finding", 0...1_000)
        try check.finish()
        let told = PatrolDesk.Told(
            visit: Visit(
                at: at ?? now, code: body.code, point: place, accuracy: accuracy, hasPhoto: body.photoId != nil),
            photo: body.photoId, note: note, finding: finding)
        do {
            _ = try await call.once { [desk] db in
                try desk.visit(point, of: id, told, by: caller, at: now, in: db).map { [$0] } ?? []
            }
        } catch var problem as Problem {
            // The person at the point reads how far it is, or which point comes first.
            if let detail = problem.detail,
                let words = call.word(ifKnown: "patrol.refused.\(problem.code.dropFirst(7))")
            {
                problem.detail = words.replacing("{detail}", with: detail)
            }
            throw problem
        }
        return try .json(try await find(id, for: caller))
    }

    private func walkContext(_ item: WalkItem, _ call: Call) -> [String: Any] {
        let done = item.points.filter { $0.at != nil }.count
        return [
            "span": Self.span(item), "state": call.word("patrol.state.\(item.state)"), "tint": Self.tint(item.state),
            "done": "\(done) / \(item.points.count)", "isOrdered": item.isOrdered,
            "case": item.caseId.map { "/cases/\($0)" } ?? "", "hasCase": item.caseId != nil,
            "points": item.points.enumerated().map { place, point -> [String: Any] in
                let isMissing = point.at == nil && ["late", "missed"].contains(item.state)
                return [
                    "number": String(place + 1), "name": point.name, "isDone": point.at != nil,
                    "time": point.at.map { String($0.prefix(19).suffix(14).replacing("T", with: " ")) } ?? "",
                    "at": point.at ?? "", "by": point.by, "note": point.note, "hasNote": !point.note.isEmpty,
                    "way": point.way.map { call.word("patrol.way.\($0)") } ?? "",
                    "metres": point.metres.map { call.word("patrol.metres", ["n": String($0)]) } ?? "",
                    // A code read far from its point may be a picture of it.
                    "isFar": point.way == Stop.Way.code.rawValue
                        && (point.metres ?? 0) > (point.radius ?? 50) + Self.doubtful,
                    "later": point.isToldLater,
                    "photo": point.photoId.map { "/api/v1/attachments/\($0)" } ?? "",
                    "hasPhoto": point.photoId != nil, "isMissing": isMissing,
                    "map": point.location.map { "/map?lat=\($0.lat)&lon=\($0.lon)" } ?? "/map",
                ]
            },
        ]
    }

    /// Metres beyond a point's radius at which a code that was read is marked.
    static let doubtful = 200

    /// `11-25 08:00–09:00`.
    static func span(_ item: WalkItem) -> String {
        let clock = { (text: String) in String(text.dropFirst(11).prefix(5)) }
        return "\(item.startsAt.dropFirst(5).prefix(5)) \(clock(item.startsAt))–\(clock(item.endsAt))"
    }

    static func tint(_ state: String) -> String {
        ["running": "info", "late": "warn", "missed": "bad", "done": "ok"][state] ?? ""
    }
}
