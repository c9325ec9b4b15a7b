import HTTPTypes
import Kernel
import Media
import Storage
import Web

/// `/api/v1/cameras…`: cameras by their RTSP address, their way in and out of the register.
struct NetCameraRoutes {
    let register: NetCameraRegister

    private static let fields: [String: Shape] = [
        "url": .text, "substreamUrl": .text, "username": .text, "password": .text, "transport": .oneOf(["tcp", "udp"]),
    ]

    func add(to routes: inout Routes) {
        routes.post(
            "/api/v1/cameras", .needs(.deviceWrite),
            "Adds a camera by its RTSP address; user and password are kept sealed and never shown",
            shapes: Shapes(
                takes: .object(
                    Self.fields.merging([
                        "name": .text, "place": .oneOf(PlaceKind.allCases.map(\.rawValue)), "areaId": .id,
                        "point": .object(["lat": .number, "lon": .number]),
                    ]) { first, _ in first }, required: ["name", "url"]), gives: CameraView.shape)
        ) { call in
            try .json(try await register.add(try call.json(), call), status: 201)
        }
        routes.get(
            "/api/v1/cameras/{id}/stream", .needs(.deviceRead), "A camera's RTSP address, without what it is opened by",
            shapes: Shapes(gives: NetCameraRegister.View.shape)
        ) { call in
            try .json(NetCameraRegister.View(try await register.find(call).1))
        }
        routes.put(
            "/api/v1/cameras/{id}/stream", .needs(.deviceWrite),
            "Gives a camera another address; what is left out stays, and another host needs its password anew",
            shapes: Shapes(takes: .object(Self.fields), gives: NetCameraRegister.View.shape)
        ) { call in
            try .json(try await register.change(try call.json(), call))
        }
        routes.post(
            "/api/v1/cameras/{id}/stream/check", .needs(.deviceWrite),
            "Pulls a camera for a moment and says what came, or at which stage it failed; nobody sees the picture",
            shapes: Shapes(gives: CheckView.shape)
        ) { call in
            let (_, stream) = try await register.find(call)
            return try .json(CheckView(try await register.network.attempt(stream)))
        }
        routes.on(
            .delete, "/api/v1/cameras/{id}", .needs(.deviceWrite),
            "Takes a camera that is pulled by its address out of the register; one with recordings stays as missing"
        ) { call in
            try await register.remove(call)
            return .nothing
        }
    }

    /// What a try gave.
    struct CheckView: Encodable {
        var ok: Bool
        var stage: String?
        var failure: String?
        var codec: String?
        var width: Int?
        var height: Int?

        init(_ trial: NetCameras.Trial) {
            switch trial {
            case .picture(let codec, let width, let height):
                (ok, self.codec, self.width, self.height) = (true, codec, width, height)
            case .failed(let stage, let failure):
                (ok, self.stage, self.failure) = (false, stage.rawValue, failure.rawValue)
            }
        }

        static let shape = Shape.object(
            [
                "ok": .flag, "stage": .oneOf(MediaStage.allCases.map(\.rawValue)),
                "failure": .oneOf(MediaFailure.allCases.map(\.rawValue)), "codec": .text, "width": .integer,
                "height": .integer,
            ])
    }
}
