import GB28181
import HTTPTypes
import Kernel
import Media
import Storage
import Web

/// `/api/v1/cameras…`: what there is, live pictures, moves.
struct CameraRoutes {
    let platform: GBPlatform?
    let network: NetCameras
    let media: (any MediaPlane)?
    let desk: any WatchDesk

    func add(to routes: inout Routes) {
        routes.get(
            "/api/v1/cameras", .needs(.cameraRead), "Cameras, by their order of coming",
            shapes: Shapes(
                query: [
                    ("q", "name or digits"), ("place", "kind of place"), ("areaId", "area"), ("deviceId", "device"),
                    ("state", "online, offline, missing"), ("kind", "camera, speaker, alarm-input; camera by itself"),
                ], gives: .page(of: CameraView.shape))
        ) { call in try await list(call) }
        routes.get(
            "/api/v1/cameras/{id}", .needs(.cameraRead), "One camera", shapes: Shapes(gives: CameraView.shape)
        ) { call in
            let (camera, device) = try await find(call)
            return try .json(CameraView(camera, device: device))
        }
        routes.patch(
            "/api/v1/cameras/{id}", .needs(.cameraWrite), "Names a camera, says what it looks at and where it is",
            shapes: Shapes(
                takes: .object([
                    "name": .text, "place": .oneOf(PlaceKind.allCases.map(\.rawValue)),
                    "point": .object(["lat": .number, "lon": .number]),
                ]), gives: CameraView.shape)
        ) { call in try await change(call) }
        routes.post(
            "/api/v1/cameras/{id}/live", .needs(.cameraLive), "Opens the live picture and gives a ticket to it",
            shapes: Shapes(
                takes: .object(["reason": .text, "substream": .flag]),
                gives: .object(["port": .integer, "path": .text, "source": .text]))
        ) { call in try await live(call) }
        routes.post(
            "/api/v1/cameras/{id}/ptz", .needs(.cameraMove), "Moves a camera until stopped: pan, tilt, zoom -1, 0, 1",
            shapes: Shapes(
                takes: .object(["pan": .integer, "tilt": .integer, "zoom": .integer, "speed": .integer]))
        ) { call in try await move(call) }
        routes.get(
            "/api/v1/cameras/{id}/presets", .needs(.cameraRead), "A camera's presets",
            shapes: Shapes(gives: .page(of: .object(["number": .integer, "name": .text])))
        ) { call in
            let (camera, _) = try await find(call)
            let presets = try await call.database.read { db in
                try CameraStore.presets(camera.id, in: db).map { Preset(number: $0.number, name: $0.name) }
            }
            return try .list(presets, next: nil)
        }
        routes.put(
            "/api/v1/cameras/{id}/presets/{number}", .needs(.cameraMove), "Sets a preset where the camera looks now",
            shapes: Shapes(takes: .object(["name": .text], required: ["name"]))
        ) { call in try await preset(call, .set) }
        routes.post(
            "/api/v1/cameras/{id}/presets/{number}/call", .needs(.cameraMove), "Turns the camera to a preset"
        ) { call in try await preset(call, .call) }
        routes.on(.delete, "/api/v1/cameras/{id}/presets/{number}", .needs(.cameraMove), "Deletes a preset") { call in
            try await preset(call, .delete)
        }
        routes.get(
            "/api/v1/cameras/{id}/records", .needs(.cameraLive), "What the camera's own recorder has of a time",
            shapes: Shapes(
                query: [("from", "beginning, RFC 3339"), ("to", "end, RFC 3339; 24 h at most")],
                gives: .page(of: .object(["from": .time, "to": .time, "type": .text, "name": .text])))
        ) { call in try await records(call) }
    }

    private struct Preset: Codable { var number: Int; var name: String }

    private func list(_ call: Call) async throws -> Answer {
        let filter = try CameraFilter(call)
        let limit = call.limit
        let (cameras, devices) = try await call.database.read { db in
            let cameras = try CameraStore.list(filter, limit: limit + 1, in: db)
            var devices: [WatchDeviceID: WatchDevice] = [:]
            for id in Set(cameras.map(\.device)) { devices[id] = try WatchDeviceStore.find(id, in: db) }
            return (cameras, devices)
        }
        return try .list(
            cameras.prefix(limit).map { CameraView($0, device: devices[$0.device]) },
            next: WatchWords.next(call, after: cameras.count > limit ? cameras[limit - 1].id.description : nil))
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

    private struct Change: Codable { var name: String?; var place: PlaceKind?; var point: GeoPoint? }

    private func change(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let body: Change = try call.json()
        let (known, device) = try await find(call)
        var camera = known
        var check = FieldCheck()
        if let name = body.name { camera.givenName = check.text(name, "name", 0...100) }
        try check.finish()
        if let place = body.place { camera.place = place }
        if let point = body.point {
            camera.point = point
            camera.area = desk.area(at: point) ?? camera.area
        }
        let changed = camera
        try await call.database.write { [desk] db in
            try CameraStore.save(changed, at: .now, in: db)
            try desk.audit(
                "camera.change", subject: "cameras/\(changed.id)", by: caller.watcher, purpose: "", at: .now, in: db)
        }
        return try .json(CameraView(changed, device: device))
    }

    private struct Wish: Codable { var reason: String?; var substream: Bool? }
    private struct Live: Encodable { var port: Int; var path: String; var source: String }

    private func live(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let wish: Wish = call.body.isEmpty ? Wish() : try call.json()
        var check = FieldCheck()
        let reason = check.text(wish.reason ?? "", "reason", 0...200)
        try check.finish()
        let (camera, _) = try await find(call)
        let stream = try await stream(camera, call)
        let device = platform?.directory.find(camera.device)
        guard let media, stream != nil || device != nil else { throw Problem(503, "watch.no-media") }
        // On the record before the first picture.
        try await call.database.write { [desk] db in
            try desk.audit(
                "camera.live", subject: "cameras/\(camera.id)", by: caller.watcher, purpose: reason, at: .now, in: db)
        }
        let isSmall = wish.substream ?? false
        let source: SourceID
        if let stream {
            source = try await network.open(camera.id, stream, substream: isSmall)
        } else if let calls = platform?.calls, let device {
            source = try await calls.open(camera, of: device, substream: isSmall)
        } else {
            throw Problem(503, "watch.no-media")
        }
        do {
            let ticket = try await media.ticket(for: source, viewer: Viewer(name: caller.name))
            return try .json(Live(port: ticket.port, path: ticket.path, source: source.description))
                .with("Cache-Control", "no-store")
        } catch let failure as MediaFailure {
            throw Problem(503, "watch.media", detail: failure.rawValue)
        }
    }

    private struct Move: Codable { var pan: Int?; var tilt: Int?; var zoom: Int?; var speed: Int? }

    private func move(_ call: Call) async throws -> Answer {
        let body: Move = try call.json()
        let (camera, _) = try await find(call)
        guard camera.canMove else { throw Problem.conflict("watch.cannot-move") }
        var check = FieldCheck()
        for (name, value) in [("pan", body.pan), ("tilt", body.tilt), ("zoom", body.zoom)] {
            check.expect((-1...1).contains(value ?? 0), name, "out-of-range")
        }
        let speed = body.speed ?? 128
        check.expect((1...255).contains(speed), "speed", "out-of-range")
        try check.finish()
        let (pan, tilt, zoom) = (body.pan ?? 0, body.tilt ?? 0, body.zoom ?? 0)
        if let stream = try await stream(camera, call) {
            try await network.move(camera.id, stream, pan: pan, tilt: tilt, zoom: zoom, speed: speed)
            return .nothing
        }
        let command: PTZCommand =
            pan == 0 && tilt == 0 && zoom == 0
            ? .stop : .move(pan: pan, tilt: tilt, zoom: zoom, speed: UInt8(clamping: speed))
        try await send(command, to: camera)
        return .nothing
    }

    /// Where it is pulled from, when it is a camera by its address.
    private func stream(_ camera: Camera, _ call: Call) async throws -> NetStream? {
        try await call.database.read { [network] db in try network.store.find(camera.id, in: db) }
    }

    private func send(_ command: PTZCommand, to camera: Camera) async throws {
        guard let platform, let device = platform.directory.find(camera.device), device.isOnline else {
            throw Problem.conflict("watch.device-offline")
        }
        let status = await platform.tell(
            device, .ptz(command, number: platform.nextNumber(), of: camera.gbID), to: camera.gbID)
        guard status == 200 else { throw Problem(502, "watch.device-refused", detail: String(status)) }
    }

    private func preset(_ call: Call, _ action: PTZCommand.PresetAction) async throws -> Answer {
        let caller = try call.signedIn()
        guard let number = UInt8(try call.param("number")), number > 0 else { throw Problem.notFound }
        let (camera, _) = try await find(call)
        guard camera.canMove else { throw Problem.conflict("watch.cannot-move") }
        var check = FieldCheck()
        var name: String?
        if action == .set { name = check.text(try call.json(Named.self).name, "name", 1...30) }
        try check.finish()
        var changed: NetStream?
        if let stream = try await stream(camera, call) {
            changed = try await network.preset(action, Int(number), name: name, camera.id, stream)
        } else {
            try await send(.preset(action, number), to: camera)
        }
        if action != .call {
            let (given, kept) = (name, changed)
            try await call.database.write { [desk, network] db in
                if let kept { try network.store.save(kept, of: camera.id, at: .now, in: db) }
                try CameraStore.setPreset(camera.id, Int(number), name: given, in: db)
                try desk.audit(
                    "camera.preset", subject: "cameras/\(camera.id)", by: caller.watcher, purpose: given ?? "",
                    at: .now, in: db)
            }
        }
        return .nothing
    }

    private struct Named: Codable { var name: String }
    private struct Recorded: Encodable { var from: String; var to: String; var type: String; var name: String }

    private func records(_ call: Call) async throws -> Answer {
        let (camera, _) = try await find(call)
        var check = FieldCheck()
        let from = call.query("from").flatMap { Instant($0) }
        let to = call.query("to").flatMap { Instant($0) }
        check.expect(from != nil, "from", "invalid")
        check.expect(to != nil, "to", "invalid")
        if let from, let to { check.expect(to > from && to - from <= CivilTime.dayMs, "to", "out-of-range") }
        try check.finish()
        guard let platform, let device = platform.directory.find(camera.device), device.isOnline, let from, let to
        else {
            throw Problem.conflict("watch.device-offline")
        }
        guard let items = await platform.records(of: camera, device, from: from, to: to) else {
            throw Problem(504, "watch.no-answer")
        }
        return try .list(
            items.map { Recorded(from: $0.start.rfc3339, to: $0.end.rfc3339, type: $0.type, name: $0.name) }, next: nil)
    }
}

extension Caller {
    /// Whether the caller may see a camera: those bound to areas see what lies there.
    func sees(_ camera: Camera) -> Bool {
        guard let areas else { return true }
        return camera.area.map(areas.contains) ?? false
    }
}

extension CameraFilter {
    /// As a list's query asks.
    init(_ call: Call) throws {
        self.init()
        let caller = try call.signedIn()
        areas = caller.areas
        var check = FieldCheck()
        if let text = call.query("after") {
            after = CameraID(text)
            check.expect(after != nil, "after", "invalid")
        }
        if let text = call.query("deviceId") {
            device = WatchDeviceID(text)
            check.expect(device != nil, "deviceId", "invalid")
        }
        if let text = call.query("areaId") {
            area = AreaID(text)
            check.expect(area != nil, "areaId", "invalid")
        }
        if let text = call.query("place") {
            place = PlaceKind(rawValue: text)
            check.expect(place != nil, "place", "invalid")
        }
        if let text = call.query("kind") {
            kind = GBID.Kind(rawValue: text)
            check.expect(kind != nil, "kind", "invalid")
        }
        if let text = call.query("state") {
            state = text
            check.expect(["online", "offline", "missing"].contains(text), "state", "invalid")
        }
        text = call.query("q").map { String($0.prefix(50)) }
        try check.finish()
    }
}
