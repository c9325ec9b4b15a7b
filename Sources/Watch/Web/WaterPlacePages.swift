import GB28181
import Kernel
import Storage
import Web

/// `/water/places`: the dangerous places with season, hours, point, cameras and speaker, and the page that changes one.
struct WaterPlacePages {
    let desk: any WatchDesk

    func add(to routes: inout Routes) {
        routes.get("/water/places", .needs(.waterRead), "Dangerous places at the water and their settings") { call in
            try await list(call)
        }
        routes.get("/water/places/new", .needs(.waterWrite), "Marks a place, the form") { call in
            try await form(call, id: nil, values: Self.fresh)
        }
        routes.get("/water/places/{id}", .needs(.waterWrite), "Changes a place, the form") { call in
            let id: WaterPlaceID = try call.id()
            let (place, cameras) = try await call.database.read { db in
                (try WaterStore.place(id, in: db), try WaterStore.cameras(in: db)[id] ?? [])
            }
            guard let place else { throw Problem.notFound }
            return try await form(call, id: id, values: Self.values(place), chosen: Set(cameras))
        }
        routes.post("/water/places/new", .needs(.waterWrite), "Marks a place, from the page") { call in
            try await save(call, id: nil)
        }
        routes.post("/water/places/{id}", .needs(.waterWrite), "Changes a place, from the page") { call in
            try await save(call, id: try call.id())
        }
        routes.post("/water/places/{id}/delete", .needs(.waterWrite), "Takes a place away, from the page") { call in
            try await WaterRoutes(desk: desk).delete(try call.id(), call)
            return .redirect(to: "/water/places?done=deleted")
        }
    }

    private func list(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let now = Instant.now
        let (places, cameras, known) = try await call.database.read { db in
            let places = try WaterStore.places(in: db)
            let cameras = try WaterStore.cameras(in: db)
            let all = cameras.values.flatMap(\.self) + places.compactMap(\.speaker)
            return (places, cameras, try CameraStore.find(all, in: db))
        }
        let mayWrite = caller.may(.waterWrite)
        return try call.page(
            "water-places", title: call.word("watch.water.places"),
            [
                "canWrite": mayWrite,
                "places": places.map { place -> [String: Any] in
                    let own = (cameras[place.id] ?? []).compactMap { known[$0]?.title }
                    let isDue = place.season.holds(now)
                    return [
                        "id": place.id.description, "name": place.name, "note": place.note,
                        "area": place.area.map { desk.name(of: $0) } ?? "", "season": Self.season(place),
                        "hours": "\(place.season.minuteFrom / 60)–\(place.season.minuteTo / 60)",
                        "cameras": own.joined(separator: "、"), "hasCamera": !own.isEmpty,
                        "speaker": place.speaker.flatMap { known[$0]?.title } ?? "", "hasPoint": place.point != nil,
                        "state": call.word(isDue ? "watch.water.due" : "watch.water.notDue"),
                        "tint": isDue ? "info" : "", "canWrite": mayWrite,
                    ]
                },
            ])
    }

    private static func season(_ place: WaterPlace) -> String {
        let season = place.season
        return "\(season.from / 100).\(season.from % 100)–\(season.to / 100).\(season.to % 100)"
    }

    // MARK: The form

    private static let fresh = [
        "fromMonth": "5", "fromDay": "1", "toMonth": "10", "toDay": "7", "hourFrom": "8", "hourTo": "20",
    ]

    private static func values(_ place: WaterPlace) -> [String: String] {
        let season = place.season
        return [
            "name": place.name, "note": place.note, "lat": place.point.map { "\($0.lat)" } ?? "",
            "lon": place.point.map { "\($0.lon)" } ?? "", "fromMonth": String(season.from / 100),
            "fromDay": String(season.from % 100), "toMonth": String(season.to / 100), "toDay": String(season.to % 100),
            "hourFrom": String(season.minuteFrom / 60), "hourTo": String(season.minuteTo / 60),
            "speaker": place.speaker?.description ?? "",
        ]
    }

    private func form(
        _ call: Call, id: WaterPlaceID?, values: [String: String], chosen: Set<CameraID> = [],
        errors: [String: String] = [:]
    ) async throws -> Answer {
        let (cameras, speakers) = try await call.database.read { db in
            var filter = CameraFilter()
            let cameras = try CameraStore.list(filter, limit: 1_000, in: db)
            filter.kind = .speaker
            return (cameras, try CameraStore.list(filter, limit: 500, in: db))
        }
        // Chosen ones first, then those at rivers: the list is long, and these are what is looked for.
        func rank(_ camera: Camera) -> Int { chosen.contains(camera.id) ? 0 : camera.place == .river ? 1 : 2 }
        let sorted = cameras.sorted { (rank($0), $0.title) < (rank($1), $1.title) }
        func numbers(_ range: ClosedRange<Int>, _ field: String) -> [[String: Any]] {
            range.map { ["value": String($0), "selected": values[field] == String($0)] }
        }
        var voices = speakers.map { ($0, "") }
        voices += sorted.map { ($0, call.word("watch.water.asSpeaker")) }
        return try call.page(
            "water-place-edit", title: call.word(id == nil ? "watch.water.placeNew" : "watch.water.placeEdit"),
            [
                "action": "/water/places/\(id?.description ?? "new")", "isKnown": id != nil, "values": values,
                "errors": errors, "hasErrors": !errors.isEmpty,
                "fromMonths": numbers(1...12, "fromMonth"), "fromDays": numbers(1...31, "fromDay"),
                "toMonths": numbers(1...12, "toMonth"), "toDays": numbers(1...31, "toDay"),
                "hoursFrom": numbers(0...23, "hourFrom"), "hoursTo": numbers(1...24, "hourTo"),
                "cameras": sorted.map { camera -> [String: Any] in
                    [
                        "id": camera.id.description, "name": camera.title, "checked": chosen.contains(camera.id),
                        "place": call.word("watch.place.\(camera.place.rawValue)"),
                    ]
                },
                "speakers": voices.map { camera, note -> [String: Any] in
                    [
                        "value": camera.id.description,
                        "label": note.isEmpty ? camera.title : "\(camera.title)（\(note)）",
                        "selected": values["speaker"] == camera.id.description,
                    ]
                },
            ], status: errors.isEmpty ? 200 : 422)
    }

    private func save(_ call: Call, id: WaterPlaceID?) async throws -> Answer {
        let form = call.form
        func number(_ name: String) -> Int { form[name].flatMap { Int($0) } ?? -1 }
        let chosen = form.all("camera").compactMap { CameraID($0) }
        var errors: [String: String] = [:]
        let (lat, lon) = (form["lat"] ?? "", form["lon"] ?? "")
        var point: GeoPoint?
        if !lat.isEmpty || !lon.isEmpty {
            point = Double(lat).flatMap { lat in Double(lon).flatMap { GeoPoint(lat: lat, lon: $0) } }
            if point == nil { errors["lat"] = "invalid" }
        }
        for (field, month, day) in [("seasonFrom", "fromMonth", "fromDay"), ("seasonTo", "toMonth", "toDay")]
        where !Self.isDate(number(month), number(day)) { errors[field] = "invalid" }
        let body = WaterRoutes.PlaceBody(
            name: form["name"] ?? "", note: form["note"], point: point,
            seasonFrom: number("fromMonth") * 100 + number("fromDay"),
            seasonTo: number("toMonth") * 100 + number("toDay"), hourFrom: number("hourFrom"),
            hourTo: number("hourTo"), cameraIds: chosen, speakerId: form["speaker"].flatMap { CameraID($0) })
        do {
            if !errors.isEmpty { throw Problem.invalid(errors) }
            if let id, try await call.database.read({ db in try WaterStore.place(id, in: db) }) == nil {
                throw Problem.notFound
            }
            _ = try await WaterRoutes(desk: desk).save(body, id: id ?? .next(), call)
        } catch let problem as Problem where problem.status == 422 {
            var values: [String: String] = [:]
            for name in Self.fresh.keys + ["name", "note", "lat", "lon", "speaker"] { values[name] = form[name] ?? "" }
            return try await self.form(
                call, id: id, values: values, chosen: Set(chosen), errors: call.fieldWords(problem))
        }
        return .redirect(to: "/water/places?done=saved")
    }

    /// Whether a year has this day; 29 February counts.
    private static func isDate(_ month: Int, _ day: Int) -> Bool {
        guard (1...12).contains(month) else { return false }
        return (1...[31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]).contains(day)
    }
}
