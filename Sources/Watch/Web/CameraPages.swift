import GB28181
import Kernel
import Storage
import Web

/// `/cameras`: the town's cameras by area and by kind of place; a page for each with its picture and its moves.
struct CameraPages {
    let platform: GBPlatform?
    let desk: any WatchDesk
    let recordings: RecordingHealth

    func add(to routes: inout Routes) {
        routes.get("/cameras", .needs(.cameraRead), "The town's cameras") { call in try await list(call) }
        routes.get("/cameras/{id}", .needs(.cameraRead), "One camera with its picture") { call in try await page(call) }
        routes.post("/cameras/{id}", .needs(.cameraWrite), "Names a camera and says what it looks at, from the page") {
            call in
            try await change(call)
        }
    }

    private func list(_ call: Call) async throws -> Answer {
        let filter = try CameraFilter(call)
        let groupsByPlace = call.query("by") == "place"
        // A tree needs all of it; beyond two thousand cameras the filters are the way.
        let (cameras, online) = try await call.database.read { db in
            let cameras = try CameraStore.list(filter, limit: 2_001, in: db)
            let online = Set(
                try db.values(
                    WatchDeviceID.self, "SELECT id FROM watch_device WHERE online = 1 ORDER BY id LIMIT 20000"))
            return (cameras, online)
        }
        let shown = cameras.prefix(2_000)
        let groups = Dictionary(grouping: shown) { camera in
            groupsByPlace
                ? call.word("watch.place.\(camera.place.rawValue)")
                : camera.area.map { desk.name(of: $0) } ?? call.word("watch.cameras.noArea")
        }
        func isOnline(_ camera: Camera) -> Bool { camera.isOn && !camera.isMissing && online.contains(camera.device) }
        let context: [String: Any] = [
            "groups": groups.sorted { $0.key < $1.key }.map { name, list -> [String: Any] in
                [
                    "name": name, "count": String(list.count),
                    "isOff": list.contains { !isOnline($0) }, "off": String(list.count { !isOnline($0) }),
                    "cameras": list.map { camera -> [String: Any] in
                        let state = camera.isMissing ? "missing" : isOnline(camera) ? "online" : "offline"
                        return [
                            "id": camera.id.description, "name": camera.title, "address": camera.address,
                            "place": call.word("watch.place.\(camera.place.rawValue)"),
                            "state": call.word("watch.camera.state.\(state)"), "canMove": camera.canMove,
                            "tint": state == "online" ? "ok" : state == "missing" ? "warn" : "bad",
                        ]
                    },
                ]
            },
            "unrecorded": recordings.count == 0
                ? "" : call.word("watch.recording.faults", ["count": String(recordings.count)]),
            "all": String(shown.count), "online": String(shown.count(where: isOnline)),
            "offline": String(shown.count { !isOnline($0) }), "tooMany": cameras.count > 2_000,
            "byPlace": groupsByPlace, "canAdd": try call.signedIn().may(.deviceWrite),
            "export": "/cameras.xlsx?\(WatchWords.query(call, ["q", "place", "state"]))",
            "values": ["q": call.query("q") ?? ""],
            "places": WatchWords.choices(
                call, PlaceKind.allCases.map(\.rawValue), words: "watch.place", chosen: call.query("place")),
            "states": WatchWords.choices(
                call, ["online", "offline", "missing"], words: "watch.camera.state", chosen: call.query("state")),
        ]
        return try call.page("camera-list", title: call.word("watch.cameras.title"), context)
    }

    private func find(_ call: Call) async throws -> (Camera, WatchDevice) {
        let id: CameraID = try call.id()
        let caller = try call.signedIn()
        return try await call.database.read { db in
            guard let camera = try CameraStore.find(id, in: db), caller.sees(camera),
                let device = try WatchDeviceStore.find(camera.device, in: db)
            else { throw Problem.notFound }
            return (camera, device)
        }
    }

    private func page(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let (camera, device) = try await find(call)
        let state = CameraView.state(camera, device)
        let (presets, position, home) = try await call.database.read { db in
            (
                try CameraStore.presets(camera.id, in: db), try PositionStore.find(camera.id, in: db),
                try CameraStore.home(camera.id, in: db)
            )
        }
        let mayMove = camera.canMove && caller.may(.cameraMove)
        let context: [String: Any] = [
            "id": camera.id.description, "name": camera.title, "state": call.word("watch.camera.state.\(state)"),
            "tint": state == "online" ? "ok" : state == "missing" ? "warn" : "bad", "isOnline": state == "online",
            "isNetwork": !device.registers, "canAddress": !device.registers && caller.may(.deviceWrite),
            "hasRecorder": device.registers,
            "viewer": caller.name, "canWatch": caller.may(.cameraLive), "canReplay": caller.may(.recordingWatch),
            "canMove": mayMove,
            "presets": presets.map { preset -> [String: Any] in
                [
                    "number": String(preset.number), "name": preset.name,
                    "isHome": home.map { $0.preset == preset.number } ?? false,
                ]
            }, "hasPresets": !presets.isEmpty && device.registers,
            "canCruise": presets.count > 1 && device.registers,
            "homeSeconds": String(home?.seconds ?? 60),
            "canWrite": caller.may(.cameraWrite), "givenName": camera.givenName, "deviceName": camera.name,
            "lat": camera.point.map { "\($0.lat)" } ?? "", "lon": camera.point.map { "\($0.lon)" } ?? "",
            "places": WatchWords.choices(
                call, PlaceKind.allCases.map(\.rawValue), words: "watch.place", chosen: camera.place.rawValue),
            "facts": [
                ("gbId", camera.gbID.description), ("place", call.word("watch.place.\(camera.place.rawValue)")),
                ("area", camera.area.map { desk.name(of: $0) } ?? ""), ("where", camera.address),
                ("maker", "\(camera.manufacturer) \(camera.model)"), ("device", device.name),
                ("position", position.map { Self.text($0, call) } ?? ""),
            ].filter { !$0.1.allSatisfy(\.isWhitespace) }.map {
                ["label": call.word("watch.fact.\($0.0)"), "value": $0.1]
            },
        ]
        return try call.page("camera", title: camera.title, context)
    }

    private static func text(_ position: CameraPosition, _ call: Call) -> String {
        func short(_ value: Double) -> String { String((value * 100_000).rounded() / 100_000) }
        guard let point = position.point else { return "" }
        let values = [
            "lat": short(point.lat), "lon": short(point.lon), "at": WatchWords.short(position.at),
            "speed": position.speed.map { String(Int($0.rounded())) } ?? "",
        ]
        return call.word(position.speed == nil ? "watch.position.text" : "watch.position.moving", values)
    }

    private func change(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let (known, _) = try await find(call)
        var camera = known
        var check = FieldCheck()
        camera.givenName = check.text(call.form["name"], "name", 0...100)
        if let place = call.form["place"].flatMap(PlaceKind.init(rawValue:)) { camera.place = place }
        if let lat = call.form["lat"], let lon = call.form["lon"], !lat.isEmpty || !lon.isEmpty {
            let point = Double(lat).flatMap { lat in Double(lon).flatMap { GeoPoint(lat: lat, lon: $0) } }
            check.expect(point != nil, "lat", "invalid")
            camera.point = point
            camera.area = point.flatMap { desk.area(at: $0) } ?? camera.area
        }
        try check.finish()
        let changed = camera
        try await call.database.write { [desk] db in
            try CameraStore.save(changed, at: .now, in: db)
            try desk.audit(
                "camera.change", subject: "cameras/\(changed.id)", by: caller.watcher, purpose: "", at: .now, in: db)
        }
        return .redirect(to: "/cameras/\(changed.id)?done=saved")
    }
}
