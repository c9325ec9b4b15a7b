import HTTPTypes
import Kernel
import Media
import Storage
import Web

/// `/cameras/new`, `/cameras/{id}/stream`: entering a camera's address, trying it, taking it out.
struct NetCameraPages {
    let register: NetCameraRegister

    func add(to routes: inout Routes) {
        routes.get("/cameras/new", .needs(.deviceWrite), "The form for a camera by its address") { call in
            try form(call, values: ["url": call.query("url") ?? "", "name": call.query("name") ?? ""])
        }
        routes.post("/cameras/new", .needs(.deviceWrite), "Adds a camera by its address, from the form") { call in
            let values = call.form.values
            var wish = wish(values)
            wish.name = values["name"] ?? ""
            wish.place = values["place"].flatMap(PlaceKind.init(rawValue:))
            do {
                let camera = try await register.add(wish, call)
                return .redirect(to: "/cameras/\(camera.id)/stream?done=saved")
            } catch let problem as Problem where !problem.fields.isEmpty {
                return try form(call, values: values, errors: call.fieldWords(problem), status: 422)
            }
        }
        routes.get("/cameras/{id}/stream", .needs(.deviceWrite), "The form for a camera's address") { call in
            try await page(call)
        }
        routes.post("/cameras/{id}/stream", .needs(.deviceWrite), "Gives a camera another address, from the form") {
            call in
            do {
                _ = try await register.change(wish(call.form.values), call)
                return .redirect(to: "/cameras/\(try call.param("id"))/stream?done=saved")
            } catch let problem as Problem where !problem.fields.isEmpty {
                return try await page(call, values: call.form.values, errors: call.fieldWords(problem), status: 422)
            }
        }
        routes.post("/cameras/{id}/stream/check", .needs(.deviceWrite), "Tries a camera's address, from the page") {
            call in
            let (_, stream) = try await register.find(call)
            let trial = try await register.network.attempt(stream)
            return try await page(call, result: words(trial, call))
        }
        routes.post("/cameras/{id}/delete", .needs(.deviceWrite), "Takes a camera out of the register, from the page") {
            call in
            try await register.remove(call)
            return .redirect(to: "/cameras?done=deleted")
        }
    }

    private func wish(_ values: [String: String]) -> NetCameraRegister.Wish {
        NetCameraRegister.Wish(
            url: values["url"] ?? "", substreamUrl: values["substreamUrl"] ?? "", username: values["username"] ?? "",
            password: values["password"], transport: values["transport"])
    }

    /// A codec string (RFC 6381) as people say it.
    private static func name(_ codec: String) -> String {
        codec.hasPrefix("avc") ? "H.264" : codec.hasPrefix("hvc") || codec.hasPrefix("hev") ? "H.265" : codec
    }

    private func words(_ trial: NetCameras.Trial, _ call: Call) -> [String: Any] {
        switch trial {
        case .picture(let codec, let width, let height):
            [
                "tint": "ok",
                "text": call.word(
                    "watch.stream.works", ["codec": Self.name(codec), "width": String(width), "height": String(height)]),
            ]
        case .failed(let stage, let failure):
            [
                "tint": "bad",
                "text": call.word(
                    "watch.stream.fails",
                    [
                        "stage": call.word("js.watch.stageName.\(stage.rawValue)"),
                        "why": call.word("js.watch.failure.\(failure.rawValue)"),
                    ]),
            ]
        }
    }

    private func page(
        _ call: Call, values: [String: String]? = nil, errors: [String: String] = [:], result: [String: Any]? = nil,
        status: Int = 200
    ) async throws -> Answer {
        let (camera, stream) = try await register.find(call)
        let view = NetCameraRegister.View(stream)
        return try form(
            call,
            values: values ?? [
                "url": view.url, "substreamUrl": view.substreamUrl, "username": view.username,
                "transport": view.transport,
            ], errors: errors, known: camera, hasPassword: view.hasPassword, result: result, status: status)
    }

    private func form(
        _ call: Call, values: [String: String], errors: [String: String] = [:], known: Camera? = nil,
        hasPassword: Bool = false, result: [String: Any]? = nil, status: Int = 200
    ) throws -> Answer {
        // What was typed as a password does not go back into a page.
        var values = values
        values["password"] = nil
        var context: [String: Any] = [
            "values": values, "errors": errors, "hasPassword": hasPassword, "isNew": known == nil,
            "transports": WatchWords.choices(
                call, ["tcp", "udp"], words: "watch.stream.transport", chosen: values["transport"] ?? "tcp"),
            "places": WatchWords.choices(
                call, PlaceKind.allCases.map(\.rawValue), words: "watch.place", chosen: values["place"] ?? "other"),
        ]
        if let known { context["camera"] = ["id": known.id.description, "name": known.title] }
        if let result { context["result"] = result }
        return try call.page(
            "camera-stream", title: known?.title ?? call.word("watch.stream.new"), context, status: status)
    }
}
