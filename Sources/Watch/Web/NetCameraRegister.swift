import GB28181
import Kernel
import Media
import Storage
import Web

/// What pages and API do with cameras that are pulled by their address.
struct NetCameraRegister: Sendable {
    let network: NetCameras
    let platform: GBID
    let desk: any WatchDesk

    /// What is asked of somebody who enters one; of a change, what is left out stays.
    struct Wish: Codable, Sendable {
        var name: String?
        var url: String?
        var substreamUrl: String?
        var username: String?
        var password: String?
        var transport: String?
        var place: PlaceKind?
        var point: GeoPoint?
        var areaId: AreaID?
    }

    /// An address as it may leave: no password, and none of what makers put into paths.
    struct View: Codable, Sendable {
        var url: String
        var substreamUrl: String
        var username: String
        var hasPassword: Bool
        var transport: String

        init(_ stream: NetStream) {
            url = NetStream.shown(stream.url)
            substreamUrl = NetStream.shown(stream.substreamURL)
            username = stream.username
            hasPassword = !stream.password.isEmpty
            transport = stream.overUDP ? "udp" : "tcp"
        }

        static let shape = Shape.object([
            "url": .text, "substreamUrl": .text, "username": .text, "hasPassword": .flag,
            "transport": .oneOf(["tcp", "udp"]),
        ])
    }

    /// Checks what was entered against what is known.
    func stream(_ wish: Wish, known: NetStream? = nil, check: inout FieldCheck) -> NetStream {
        var stream = known ?? NetStream(url: "")
        if let text = wish.url, known.map({ text != NetStream.shown($0.url) }) ?? true {
            stream.url = take(text, "url", &stream, &check) ?? stream.url
        }
        if let text = wish.substreamUrl, known.map({ text != NetStream.shown($0.substreamURL) }) ?? true {
            if text.isEmpty {
                stream.substreamURL = ""
            } else {
                stream.substreamURL = take(text, "substreamUrl", &stream, &check) ?? stream.substreamURL
            }
        }
        check.expect(!stream.url.isEmpty, "url", "required")
        let isInAddress = stream.username != (known?.username ?? "")
        if let username = wish.username, !username.isEmpty || known != nil, !isInAddress {
            stream.username = check.text(username, "username", 0...64)
        }
        if let password = wish.password, !password.isEmpty {
            check.expect(password.utf8.count <= 128, "password", "too-long")
            stream.password = password
        }
        if stream.username.isEmpty { stream.password = "" }
        if let transport = wish.transport {
            check.expect(["tcp", "udp"].contains(transport), "transport", "invalid")
            stream.overUDP = transport == "udp"
        }
        // The kept password goes to the host it was entered for and to no other: else whoever may change an address
        // could have it sent to a machine of their own.
        if let known, stream.place?.host != known.place?.host, wish.password?.isEmpty ?? true, !known.password.isEmpty {
            check.expect(false, "password", "required")
        }
        if !stream.substreamURL.isEmpty {
            let host = NetStream(url: stream.substreamURL).place?.host
            check.expect(host == stream.place?.host, "substreamUrl", "other-host")
        }
        return stream
    }

    private func take(_ text: String, _ field: String, _ stream: inout NetStream, _ check: inout FieldCheck) -> String?
    {
        guard let parsed = NetStream.parse(text), !text.contains(NetStream.mask) else {
            check.expect(false, field, "not-rtsp")
            return nil
        }
        if !parsed.username.isEmpty {
            stream.username = String(parsed.username.prefix(64))
            stream.password = String(parsed.password.prefix(128))
        }
        return parsed.url
    }

    /// Puts a camera into the register.
    func add(_ wish: Wish, _ call: Call) async throws -> CameraView {
        let caller = try call.signedIn()
        var check = FieldCheck()
        let name = check.text(wish.name, "name", 1...100)
        let stream = stream(wish, check: &check)
        try check.finish()
        let area = wish.point.flatMap { desk.area(at: $0) } ?? wish.areaId
        let view = try await call.once { [network, platform, desk] db in
            let camera = try network.store.add(
                stream, name: name, place: wish.place ?? .other, point: wish.point, area: area, platform: platform,
                at: .now, in: db)
            try desk.audit(
                "camera.create", subject: "cameras/\(camera.id)", by: caller.watcher, purpose: "", at: .now, in: db)
            return CameraView(camera, device: try WatchDeviceStore.find(camera.device, in: db))
        }
        Task { [network] in await network.probe(view.deviceId, stream) }
        return view
    }

    /// A camera that is pulled by its address, as the caller may see it.
    func find(_ call: Call) async throws -> (Camera, NetStream) {
        let id: CameraID = try call.id()
        let caller = try call.signedIn()
        return try await call.database.read { [network] db in
            guard let camera = try CameraStore.find(id, in: db), caller.sees(camera),
                let stream = try network.store.find(id, in: db)
            else { throw Problem.notFound }
            return (camera, stream)
        }
    }

    /// Gives a camera another address.
    func change(_ wish: Wish, _ call: Call) async throws -> View {
        let caller = try call.signedIn()
        let (camera, known) = try await find(call)
        var check = FieldCheck()
        let stream = stream(wish, known: known, check: &check)
        try check.finish()
        try await call.database.write { [network, desk] db in
            try network.store.save(stream, of: camera.id, at: .now, in: db)
            try desk.audit(
                "camera.stream", subject: "cameras/\(camera.id)", by: caller.watcher, purpose: "", at: .now, in: db)
        }
        if stream != known { await network.close(camera.id) }
        Task { [network] in await network.probe(camera.device, stream) }
        return View(stream)
    }

    /// Takes a camera out.
    func remove(_ call: Call) async throws {
        let id: CameraID = try call.id()
        let caller = try call.signedIn()
        try await call.database.write { [desk] db in
            guard let camera = try CameraStore.find(id, in: db), caller.sees(camera),
                let device = try WatchDeviceStore.find(camera.device, in: db)
            else { throw Problem.notFound }
            guard !device.registers else { throw Problem.conflict("watch.device-owns") }
            try StreamStore.remove(camera, in: db)
            try desk.audit(
                "camera.delete", subject: "cameras/\(id)", by: caller.watcher, purpose: "", at: .now, in: db)
        }
        await network.close(id)
    }
}
