import GB28181
import HTTPTypes
import Kernel
import Storage
import Web

/// What a camera does by itself: the place it goes back to (守望位), and the round over its presets (巡航).
struct CameraMoveRoutes {
    let platform: GBPlatform?
    let desk: any WatchDesk
    /// The one group that is used of a device's cruises.
    private static let group: UInt8 = 1

    func add(to routes: inout Routes) {
        routes.put(
            "/api/v1/cameras/{id}/home", .needs(.cameraMove),
            "Sends a camera back to a preset when nobody has moved it for a while; without a preset it stays",
            shapes: Shapes(takes: .object(["preset": .integer, "afterSeconds": .integer]))
        ) { call in try await home(call) }
        routes.post(
            "/api/v1/cameras/{id}/cruise", .needs(.cameraMove), "Starts a round over presets, in their order",
            shapes: Shapes(
                takes: .object(
                    ["presets": .list(.integer), "dwellSeconds": .integer, "speed": .integer], required: ["presets"]))
        ) { call in try await cruise(call) }
        routes.on(.delete, "/api/v1/cameras/{id}/cruise", .needs(.cameraMove), "Ends the round") { call in
            let (camera, device) = try await find(call)
            try await send(.stop, to: camera, device)
            try await send(.cruiseClear(Self.group), to: camera, device)
            return .nothing
        }
    }

    private func find(_ call: Call) async throws -> (Camera, WatchDevice) {
        let id: CameraID = try call.id()
        let caller = try call.signedIn()
        let camera = try await call.database.read { db in
            guard let camera = try CameraStore.find(id, in: db), caller.sees(camera) else { throw Problem.notFound }
            return camera
        }
        guard camera.canMove else { throw Problem.conflict("watch.cannot-move") }
        guard let device = platform?.directory.find(camera.device), device.isOnline else {
            throw Problem.conflict("watch.device-offline")
        }
        return (camera, device)
    }

    private func send(_ command: PTZCommand, to camera: Camera, _ device: WatchDevice) async throws {
        guard let platform else { throw Problem(503, "watch.no-platform") }
        let status = await platform.tell(
            device, .ptz(command, number: platform.nextNumber(), of: camera.gbID), to: camera.gbID)
        guard status == 200 else { throw Problem(502, "watch.device-refused", detail: String(status)) }
    }

    private struct Home: Codable {
        var preset: Int?
        var afterSeconds: Int?
    }

    private func home(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let body: Home = try call.json()
        let seconds = body.afterSeconds ?? 60
        var check = FieldCheck()
        check.expect((10...3_600).contains(seconds), "afterSeconds", "out-of-range")
        if let preset = body.preset { check.expect((1...255).contains(preset), "preset", "out-of-range") }
        try check.finish()
        let (camera, device) = try await find(call)
        guard let platform else { throw Problem(503, "watch.no-platform") }
        let order = ControlMessage.home(
            number: platform.nextNumber(), of: camera.gbID, preset: body.preset, afterSeconds: seconds)
        // Answered by a message of its own (9.3.1); what is stored is what the device took.
        guard let answer = await platform.ask(device, order, to: camera.gbID) else {
            throw Problem(504, "watch.no-answer")
        }
        guard answer.element.value("Result")?.uppercased() == "OK" else { throw Problem(502, "watch.device-refused") }
        try await call.database.write { [desk] db in
            try CameraStore.setHome(camera.id, preset: body.preset, seconds: seconds, in: db)
            try desk.audit(
                "camera.home", subject: "cameras/\(camera.id)", by: caller.watcher,
                purpose: body.preset.map(String.init) ?? "", at: .now, in: db)
        }
        return .nothing
    }

    private struct Cruise: Codable {
        var presets: [Int]
        var dwellSeconds: Int?
        var speed: Int?
    }

    private func cruise(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let body: Cruise = try call.json()
        let (dwell, speed) = (body.dwellSeconds ?? 15, body.speed ?? 128)
        var check = FieldCheck()
        check.expect((2...32).contains(body.presets.count), "presets", "out-of-range")
        check.expect(body.presets.allSatisfy { (1...255).contains($0) }, "presets", "invalid")
        check.expect((3...3_600).contains(dwell), "dwellSeconds", "out-of-range")
        check.expect((1...4_095).contains(speed), "speed", "out-of-range")
        try check.finish()
        let (camera, device) = try await find(call)
        let group = Self.group
        try await send(.cruiseClear(group), to: camera, device)
        for preset in body.presets {
            try await send(.cruiseAdd(group, preset: UInt8(clamping: preset)), to: camera, device)
        }
        try await send(.cruiseSpeed(group, speed), to: camera, device)
        try await send(.cruiseDwell(group, seconds: dwell), to: camera, device)
        try await send(.cruise(group), to: camera, device)
        try await call.database.write { [desk] db in
            try desk.audit(
                "camera.cruise", subject: "cameras/\(camera.id)", by: caller.watcher,
                purpose: body.presets.map(String.init).joined(separator: ","), at: .now, in: db)
        }
        return .nothing
    }
}
