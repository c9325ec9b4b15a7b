import HTTPTypes
import Kernel
import ONVIF
import Storage
import Web

/// `/api/v1/onvif/…`: finding ONVIF devices and what they offer; adding their cameras.
struct ONVIFRoutes {
    let register: NetCameraRegister

    private static let access: [String: Shape] = ["address": .text, "username": .text, "password": .text]

    func add(to routes: inout Routes) {
        routes.post(
            "/api/v1/onvif/searches", .needs(.deviceWrite),
            "Looks for ONVIF devices for three seconds: on the networks of the centre, and at given addresses",
            shapes: Shapes(
                takes: .object(["targets": .list(.text), "multicast": .flag]),
                gives: .page(of: .object(["address": .text, "name": .text, "hardware": .text])))
        ) { call in
            let wish: Search = call.body.isEmpty ? Search() : try call.json()
            return try .list(try await search(wish), next: nil)
        }
        routes.post(
            "/api/v1/onvif/profiles", .needs(.deviceWrite), "What an ONVIF device offers to a user",
            shapes: Shapes(
                takes: .object(Self.access, required: ["address"]),
                gives: .object([
                    "manufacturer": .text, "model": .text, "firmware": .text,
                    "profiles": .list(
                        .object([
                            "token": .text, "name": .text, "source": .text, "encoding": .text, "width": .integer,
                            "height": .integer, "canMove": .flag,
                        ])),
                ]))
        ) { call in
            let (address, user) = try access(try call.json())
            return try .json(OfferView(try await register.network.offer(address, user)))
        }
        routes.post(
            "/api/v1/onvif/cameras", .needs(.deviceWrite),
            "Adds a camera by a profile of an ONVIF device, with its presets",
            shapes: Shapes(
                takes: .object(
                    Self.access.merging([
                        "profile": .text, "name": .text, "transport": .oneOf(["tcp", "udp"]),
                        "place": .oneOf(PlaceKind.allCases.map(\.rawValue)), "areaId": .id,
                        "point": .object(["lat": .number, "lon": .number]),
                    ]) { first, _ in first }, required: ["address", "profile", "name"]), gives: CameraView.shape)
        ) { call in
            try .json(try await add(try call.json(), call), status: 201)
        }
        routes.post(
            "/api/v1/cameras/{id}/home/call", .needs(.cameraMove), "Turns an ONVIF camera to its home position"
        ) { call in
            let (camera, stream) = try await register.find(call)
            try await register.network.goHome(camera.id, stream)
            return .nothing
        }
    }

    /// What is asked of a search.
    struct Search: Codable {
        var targets: [String]?
        var multicast: Bool?
    }

    /// By what a device is opened, and which profile of it.
    struct Access: Codable {
        var address: String?
        var username: String?
        var password: String?
        var profile: String?
        var name: String?
        var transport: String?
        var place: PlaceKind?
        var point: GeoPoint?
        var areaId: AreaID?
    }

    private struct OfferView: Encodable {
        var manufacturer: String
        var model: String
        var firmware: String
        var profiles: [ONVIFProfile]

        init(_ offer: ONVIFOffer) {
            manufacturer = offer.information.manufacturer
            model = offer.information.model
            firmware = offer.information.firmware
            profiles = offer.profiles
        }
    }

    func search(_ wish: Search) async throws -> [ONVIFFound] {
        let targets = wish.targets ?? []
        var check = FieldCheck()
        check.expect(targets.count <= 16, "targets", "too-many")
        check.expect(targets.allSatisfy { $0.utf8.count <= 100 }, "targets", "invalid")
        try check.finish()
        return await ONVIFDiscovery.search(targets, multicasts: wish.multicast ?? true)
    }

    func access(_ wish: Access) throws -> (String, ONVIFUser) {
        var check = FieldCheck()
        let address = ONVIFAddress.device(wish.address ?? "")
        check.expect(address != nil, "address", "invalid")
        let username = check.text(wish.username ?? "", "username", 0...64)
        let password = wish.password ?? ""
        check.expect(password.utf8.count <= 128, "password", "too-long")
        try check.finish()
        return (address ?? "", ONVIFUser(name: username, password: password))
    }

    func add(_ wish: Access, _ call: Call) async throws -> CameraView {
        let caller = try call.signedIn()
        let (address, user) = try access(wish)
        var check = FieldCheck()
        let name = check.text(wish.name, "name", 1...100)
        let profile = check.text(wish.profile, "profile", 1...100)
        check.expect(["tcp", "udp", nil].contains(wish.transport), "transport", "invalid")
        try check.finish()
        let network = register.network
        async let told = network.offer(address, user).information
        let found = try await network.stream(address, user, profile: profile, overUDP: wish.transport == "udp")
        let information = try await told
        let area = wish.point.flatMap { register.desk.area(at: $0) } ?? wish.areaId
        let view = try await call.once { [register] db in
            let camera = try network.store.add(
                found.stream, name: name, place: wish.place ?? .other, point: wish.point, area: area,
                canMove: found.profile.canMove, platform: register.platform, at: .now, in: db)
            try WatchDeviceStore.describe(
                camera.device, manufacturer: information.manufacturer, model: information.model,
                firmware: information.firmware, in: db)
            for preset in found.presets {
                try CameraStore.setPreset(camera.id, preset.number, name: preset.name, in: db)
            }
            try register.desk.audit(
                "camera.create", subject: "cameras/\(camera.id)", by: caller.watcher, purpose: "", at: .now, in: db)
            return CameraView(camera, device: try WatchDeviceStore.find(camera.device, in: db))
        }
        Task { await network.probe(view.deviceId, found.stream) }
        return view
    }
}
