import HTTPTypes
import Kernel
import Storage
import Web

/// `/api/v1/water-places…`: places, the watch's log, sightings and how they ended.
struct WaterRoutes {
    let desk: any WatchDesk

    func add(to routes: inout Routes) {
        routes.get(
            "/api/v1/water-places", .needs(.waterRead),
            "Dangerous places at the water and whether they are watched now",
            shapes: Shapes(gives: .page(of: WaterPlaceView.shape))
        ) { call in
            let now = Instant.now
            let views = try await call.database.read { db in
                let cameras = try WaterStore.cameras(in: db)
                return try WaterStore.places(in: db).map {
                    WaterPlaceView($0, cameras: cameras[$0.id] ?? [], now: now)
                }
            }
            return try .list(views, next: nil)
        }
        routes.post(
            "/api/v1/water-places", .needs(.waterWrite), "Marks a place", shapes: Shapes(takes: PlaceBody.shape)
        ) { call in
            let place = try await save(try call.json(PlaceBody.self), id: .next(), call)
            return try .json(place, status: 201)
        }
        routes.put(
            "/api/v1/water-places/{id}", .needs(.waterWrite), "Changes a place", shapes: Shapes(takes: PlaceBody.shape)
        ) { call in
            let id: WaterPlaceID = try call.id()
            guard try await call.database.read({ db in try WaterStore.place(id, in: db) }) != nil else {
                throw Problem.notFound
            }
            return try .json(try await save(try call.json(PlaceBody.self), id: id, call))
        }
        routes.on(
            .delete, "/api/v1/water-places/{id}", .needs(.waterWrite), "Takes away a place where nobody was ever seen"
        ) { call in
            try await delete(try call.id(), call)
            return .nothing
        }
        routes.post(
            "/api/v1/water-places/{id}/watched", .needs(.waterWatch),
            "Says that the caller watches a place: the screen does it twice a minute"
        ) { call in
            let id: WaterPlaceID = try call.id()
            let caller = try call.signedIn()
            try await call.database.write { db in
                guard try WaterStore.place(id, in: db) != nil else { throw Problem.notFound }
                try WaterStore.watched(id, by: caller.id, name: caller.name, at: .now, in: db)
            }
            return .nothing
        }
        routes.post(
            "/api/v1/water-places/{id}/sightings", .needs(.waterWatch),
            "Somebody is in the water: opens the case and calls the patrol",
            shapes: Shapes(
                takes: .object(["cameraId": .id, "children": .flag]),
                gives: .object(["id": .id, "caseId": .id, "called": .list(.text), "known": .flag]))
        ) { call in try await seen(call) }
        routes.get(
            "/api/v1/water-sightings", .needs(.waterRead), "Sightings, newest first",
            shapes: Shapes(
                query: [("open", "1: only those that have not ended"), ("placeId", "place")],
                gives: .page(of: SightingView.shape))
        ) { call in try await list(call) }
        routes.post(
            "/api/v1/water-sightings/{id}/outcome", .needs(.waterOutcome),
            "Says how a sighting ended and how many people were persuaded to leave",
            shapes: Shapes(
                takes: .object(
                    [
                        "outcome": .oneOf(Sighting.Outcome.allCases.map(\.rawValue)), "adults": .integer,
                        "children": .integer, "note": .text,
                    ], required: ["outcome"]))
        ) { call in
            try await end(try call.id(), try call.json(Ending.self), call)
            return .nothing
        }
        routes.get(
            "/api/v1/water-log", .needs(.waterRead), "Who watched what on a day, and which hours nobody did",
            shapes: Shapes(query: [("date", "the day, YYYY-MM-DD; today by itself")])
        ) { call in
            let board = try await WatchBoard.load(call)
            return try .json(board)
        }
    }

    struct PlaceBody: Codable {
        var name: String
        var note: String?
        var point: GeoPoint?
        /// Month × 100 + day.
        var seasonFrom: Int?
        var seasonTo: Int?
        /// Hours of the day.
        var hourFrom: Int?
        var hourTo: Int?
        var cameraIds: [CameraID]?
        /// A loudspeaker, or a camera with one.
        var speakerId: CameraID?

        static let shape = Shape.object(
            [
                "name": .text, "note": .text, "point": .object(["lat": .number, "lon": .number]),
                "seasonFrom": .integer, "seasonTo": .integer, "hourFrom": .integer, "hourTo": .integer,
                "cameraIds": .list(.id), "speakerId": .id,
            ], required: ["name"])
    }

    /// Checks and stores a place.
    func save(_ body: PlaceBody, id: WaterPlaceID, _ call: Call) async throws -> WaterPlaceView {
        let caller = try call.signedIn()
        var check = FieldCheck()
        let name = check.text(body.name, "name", 1...50)
        let note = check.text(body.note ?? "", "note", 0...200)
        let (from, to) = (body.seasonFrom ?? 501, body.seasonTo ?? 1_007)
        for (field, value) in [("seasonFrom", from), ("seasonTo", to)] {
            check.expect((1...12).contains(value / 100) && (1...31).contains(value % 100), field, "invalid")
        }
        let (hourFrom, hourTo) = (body.hourFrom ?? 8, body.hourTo ?? 20)
        check.expect((0...23).contains(hourFrom), "hourFrom", "out-of-range")
        check.expect((1...24).contains(hourTo) && hourTo > hourFrom, "hourTo", "out-of-range")
        let cameras = body.cameraIds ?? []
        check.expect(cameras.count <= 16, "cameraIds", "too-many")
        try check.finish()
        let place = WaterPlace(
            id: id, name: name, note: note, area: body.point.flatMap { desk.area(at: $0) }, point: body.point,
            season: WaterSeason(from: from, to: to, minuteFrom: hourFrom * 60, minuteTo: hourTo * 60),
            speaker: body.speakerId)
        return try await call.once { [desk] db in
            guard try CameraStore.find(cameras, in: db).count == Set(cameras).count else {
                throw Problem.invalid(["cameraIds": "unknown"])
            }
            if let speaker = place.speaker, try CameraStore.find(speaker, in: db) == nil {
                throw Problem.invalid(["speakerId": "unknown"])
            }
            try WaterStore.save(place, cameras: cameras, at: .now, in: db)
            try desk.audit(
                "water-place.change", subject: "water-places/\(id)", by: caller.watcher, purpose: "", at: .now, in: db)
            return WaterPlaceView(place, cameras: cameras, now: .now)
        }
    }

    /// Takes a place away, on record.
    func delete(_ id: WaterPlaceID, _ call: Call) async throws {
        let caller = try call.signedIn()
        try await call.database.write { [desk] db in
            guard let place = try WaterStore.place(id, in: db) else { throw Problem.notFound }
            try WaterStore.delete(id, in: db)
            try desk.audit(
                "water-place.delete", subject: "water-places/\(id)", by: caller.watcher, purpose: place.name, at: .now,
                in: db)
        }
    }

    private struct Seen: Codable { var cameraId: CameraID?; var children: Bool? }
    private struct Opened: Codable, Sendable {
        var id: SightingID
        var caseId: CaseID
        var called: [String]
        /// The same people as a moment ago.
        var known: Bool
    }

    private func seen(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let place: WaterPlaceID = try call.id()
        let body: Seen = call.body.isEmpty ? Seen() : try call.json()
        let sighting = NewSighting(
            id: .next(), place: place, camera: body.cameraId, hasChildren: body.children ?? false, by: caller.id,
            name: caller.name, at: .now)
        let opened = try await call.once { [desk] db in
            let seen = try WaterDesk(desk: desk).seen(sighting, in: db)
            return Opened(id: seen.sighting, caseId: seen.caseID, called: seen.called, known: seen.isKnown)
        }
        return try .json(opened, status: 201)
    }

    private func list(_ call: Call) async throws -> Answer {
        var check = FieldCheck()
        let place = call.query("placeId").map { WaterPlaceID($0) }
        check.expect(place != .some(nil), "placeId", "invalid")
        let before = call.query("after").map { SightingID($0) }
        check.expect(before != .some(nil), "after", "invalid")
        try check.finish()
        let limit = call.limit
        let openOnly = call.query("open") == "1"
        let sightings = try await call.database.read { db in
            try WaterStore.sightings(
                place: place ?? nil, openOnly: openOnly, before: before ?? nil, limit: limit + 1, in: db)
        }
        return try .list(
            sightings.prefix(limit).map(SightingView.init),
            next: WatchWords.next(call, after: sightings.count > limit ? sightings[limit - 1].id.description : nil))
    }

    /// How a sighting ended, as it is told.
    struct Ending: Codable {
        var outcome: String
        var adults: Int?
        var children: Int?
        var note: String?
    }

    /// Checks and stores how a sighting ended.
    func end(_ id: SightingID, _ ending: Ending, _ call: Call) async throws {
        let caller = try call.signedIn()
        var check = FieldCheck()
        let outcome = Sighting.Outcome(rawValue: ending.outcome)
        check.expect(outcome != nil, "outcome", "invalid")
        let (adults, children) = (ending.adults ?? 0, ending.children ?? 0)
        check.expect((0...200).contains(adults), "adults", "out-of-range")
        check.expect((0...200).contains(children), "children", "out-of-range")
        if outcome == .persuaded { check.expect(adults + children > 0, "adults", "required") }
        let note = check.text(ending.note ?? "", "note", 0...500)
        try check.finish()
        guard let outcome else { return }
        try await call.database.write { [desk] db in
            try WaterDesk(desk: desk).ended(
                id, outcome, adults: outcome == .persuaded ? adults : 0, children: outcome == .persuaded ? children : 0,
                note: note, by: (caller.id, caller.name), at: .now, in: db)
        }
    }
}

/// A place as the API shows it.
struct WaterPlaceView: Codable, Sendable {
    var id: WaterPlaceID
    var name: String
    var note: String
    var point: GeoPoint?
    var seasonFrom: Int
    var seasonTo: Int
    var hourFrom: Int
    var hourTo: Int
    var cameraIds: [CameraID]
    var speakerId: CameraID?
    var dueNow: Bool

    init(_ place: WaterPlace, cameras: [CameraID], now: Instant) {
        id = place.id
        name = place.name
        note = place.note
        point = place.point
        seasonFrom = place.season.from
        seasonTo = place.season.to
        hourFrom = place.season.minuteFrom / 60
        hourTo = place.season.minuteTo / 60
        cameraIds = cameras
        speakerId = place.speaker
        dueNow = place.season.holds(now)
    }

    static let shape = Shape.object([
        "id": .id, "name": .text, "note": .text, "point": .object(["lat": .number, "lon": .number]),
        "seasonFrom": .integer, "seasonTo": .integer, "hourFrom": .integer, "hourTo": .integer,
        "cameraIds": .list(.id), "speakerId": .id, "dueNow": .flag,
    ])
}

/// A sighting as the API shows it.
struct SightingView: Encodable, Sendable {
    var id: SightingID
    var placeId: WaterPlaceID
    var caseId: CaseID
    var seenAt: String
    var seenBy: String
    var children: Bool
    var outcome: String?
    var persuadedAdults: Int
    var persuadedChildren: Int
    var note: String
    var endedAt: String?

    init(_ sighting: Sighting) {
        id = sighting.id
        placeId = sighting.place
        caseId = sighting.caseID
        seenAt = sighting.seenAt.rfc3339
        seenBy = sighting.seenByName
        children = sighting.hasChildren
        outcome = sighting.outcome?.rawValue
        persuadedAdults = sighting.adults
        persuadedChildren = sighting.children
        note = sighting.note
        endedAt = sighting.endedAt?.rfc3339
    }

    static let shape = Shape.object([
        "id": .id, "placeId": .id, "caseId": .id, "seenAt": .time, "seenBy": .text, "children": .flag,
        "outcome": .oneOf(Sighting.Outcome.allCases.map(\.rawValue)), "persuadedAdults": .integer,
        "persuadedChildren": .integer, "note": .text, "endedAt": .time,
    ])
}
