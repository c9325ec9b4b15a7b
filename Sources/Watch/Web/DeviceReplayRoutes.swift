import Foundation
import GB28181
import HTTPTypes
import Kernel
import Media
import Storage
import Web

/// What a camera's own recorder keeps: played with pause, jumps and speeds, or fetched into the centre's recordings.
struct DeviceReplayRoutes {
    let platform: GBPlatform?
    let media: (any MediaPlane)?
    let desk: any WatchDesk
    /// Where the centre's recordings lie; without it nothing is fetched.
    let folder: URL?

    private static let speeds: [Double] = [0.25, 0.5, 1, 2, 4]

    func add(to routes: inout Routes) {
        routes.get("/cameras/{id}/records", .needs(.recordingWatch), "What a camera's own recorder keeps") { call in
            try await page(call)
        }
        routes.post(
            "/api/v1/cameras/{id}/replays", .needs(.recordingWatch),
            "Plays what the camera's own recorder has of a time, on record; with downloadSpeed fetches it into the centre's recordings",
            shapes: Shapes(
                takes: .object(
                    ["from": .time, "to": .time, "reason": .text, "downloadSpeed": .integer], required: ["from", "to"]),
                gives: Self.shape)
        ) { call in try await open(call) }
        routes.post(
            "/api/v1/cameras/{id}/replays/{replay}/orders", .needs(.recordingWatch),
            "Steers a replay: pause, resume, seek (seconds from its beginning), speed (0.25, 0.5, 1, 2, 4). A device that refuses to jump is called anew at the moment: then the answer has the new replay",
            shapes: Shapes(
                takes: .object(
                    [
                        "order": .oneOf(["pause", "resume", "seek", "speed"]), "seconds": .integer, "speed": .number,
                    ], required: ["order"]),
                gives: .object(["obeyed": .flag, "replay": Self.shape]))
        ) { call in try await steer(call) }
        routes.on(
            .delete, "/api/v1/cameras/{id}/replays/{replay}", .needs(.recordingWatch), "Hangs up a replay of one's own"
        ) { call in
            let (_, source, _) = try await own(call)
            await platform?.calls?.end(source, closing: true)
            return .nothing
        }
    }

    private static let shape = Shape.object([
        "id": .text, "source": .text, "port": .integer, "path": .text, "from": .time, "to": .time,
    ])

    private struct View: Encodable {
        var id: String
        var source: String
        var port: Int
        var path: String
        var from: String
        var to: String
    }

    private func find(_ call: Call) async throws -> Camera {
        let id: CameraID = try call.id()
        let caller = try call.signedIn()
        return try await call.database.read { db in
            guard let camera = try CameraStore.find(id, in: db), caller.sees(camera) else { throw Problem.notFound }
            return camera
        }
    }

    /// The caller's own replay that the address names.
    private func own(_ call: Call) async throws -> (Camera, SourceID, LiveCalls.Replay) {
        let camera = try await find(call)
        let caller = try call.signedIn()
        guard let source = SourceID("replay/\(camera.id)/\(try call.param("replay"))"),
            let replay = await platform?.calls?.replay(source, of: caller.id)
        else { throw Problem.notFound }
        return (camera, source, replay)
    }

    private struct Wish: Codable {
        var from: String
        var to: String
        var reason: String?
        var downloadSpeed: Int?
    }

    private func open(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let wish: Wish = try call.json()
        let camera = try await find(call)
        var check = FieldCheck()
        let (from, to) = (Instant(wish.from), Instant(wish.to))
        check.expect(from != nil, "from", "invalid")
        check.expect(to != nil, "to", "invalid")
        let reason = check.text(wish.reason ?? "", "reason", 0...200)
        if let speed = wish.downloadSpeed {
            check.expect((1...16).contains(speed), "downloadSpeed", "out-of-range")
            guard caller.may(.recordingExport) else { throw Problem.forbidden }
            guard folder != nil else { throw Problem(503, "watch.no-media") }
        }
        let longest = wish.downloadSpeed == nil ? CivilTime.dayMs : 4 * 3_600_000
        if let from, let to { check.expect(to > from && to - from <= longest, "to", "out-of-range") }
        try check.finish()
        guard let from, let to else { throw Problem.notFound }
        // On the record before the first picture.
        try await call.database.write { [desk] db in
            try desk.audit(
                wish.downloadSpeed == nil ? "device-recording.watch" : "device-recording.fetch",
                subject: "cameras/\(camera.id)", by: caller.watcher, purpose: "\(from.rfc3339)/\(to.rfc3339) \(reason)",
                at: .now, in: db)
        }
        let replay = LiveCalls.Replay(
            camera: camera.id, owner: caller.id, from: from, to: to, downloadSpeed: wish.downloadSpeed)
        return try .json(try await begin(replay, camera, caller), status: 201).with("Cache-Control", "no-store")
    }

    private func begin(_ replay: LiveCalls.Replay, _ camera: Camera, _ caller: Caller) async throws -> View {
        guard let media, let calls = platform?.calls, let device = platform?.directory.find(camera.device) else {
            throw Problem(503, "watch.no-media")
        }
        let source = try await calls.openReplay(camera, of: device, replay)
        if replay.downloadSpeed != nil, let folder {
            let place = folder.appendingPathComponent(camera.id.description).path
            await media.record(source, RecordingPlan(folder: place, firstMs: replay.from.ms))
        }
        do {
            let ticket = try await media.ticket(for: source, viewer: Viewer(name: caller.name))
            return View(
                id: source.description.split(separator: "/").last.map(String.init) ?? "", source: source.description,
                port: ticket.port, path: ticket.path, from: replay.from.rfc3339, to: replay.to.rfc3339)
        } catch {
            throw Problem(503, "watch.media", detail: error.rawValue)
        }
    }

    private struct Order: Codable {
        var order: String
        var seconds: Int?
        var speed: Double?
    }
    private struct Steered: Encodable {
        var obeyed: Bool
        var replay: View?
    }

    private func steer(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let body: Order = try call.json()
        let (camera, source, replay) = try await own(call)
        var check = FieldCheck()
        let order: PlaybackControl
        switch body.order {
        case "pause": order = .pause
        case "resume": order = .resume
        case "seek":
            let seconds = body.seconds ?? -1
            check.expect(seconds >= 0 && Int64(seconds) * 1_000 < replay.to - replay.from, "seconds", "out-of-range")
            order = .seek(seconds)
        case "speed":
            let speed = body.speed ?? 0
            check.expect(Self.speeds.contains(speed), "speed", "invalid")
            order = .speed(speed)
        default:
            check.expect(false, "order", "invalid")
            order = .stop
        }
        try check.finish()
        guard let calls = platform?.calls else { throw Problem(503, "watch.no-platform") }
        let obeyed = try await calls.steer(source, order)
        if obeyed == .yes { return try .json(Steered(obeyed: true)) }
        guard case .seek(let seconds) = order else { return try .json(Steered(obeyed: false)) }
        // It cannot jump: a call of its own from that moment on does the same.
        var later = replay
        later.from = replay.from + Int64(seconds) * 1_000
        later.orders = 0
        return try .json(Steered(obeyed: false, replay: try await begin(later, camera, caller)))
            .with("Cache-Control", "no-store")
    }

    private func page(_ call: Call) async throws -> Answer {
        let camera = try await find(call)
        let caller = try call.signedIn()
        return try call.page(
            "device-records", title: call.word("watch.records.title", ["name": camera.title]),
            [
                "id": camera.id.description, "name": camera.title, "viewer": caller.name,
                "canFetch": caller.may(.recordingExport) && folder != nil,
                "speeds": Self.speeds.map { speed -> [String: Any] in
                    let text = speed == speed.rounded() ? "\(Int(speed))" : "\(speed)"
                    return ["speed": text, "selected": speed == 1]
                },
            ])
    }
}
