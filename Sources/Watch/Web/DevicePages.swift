import Crypt
import GB28181
import Kernel
import SIP
import Storage
import Web

/// `/watch-devices`: what is there, what is missing, what is out of order, who knocks.
struct DevicePages {
    let platform: GBPlatform?
    let desk: any WatchDesk

    func add(to routes: inout Routes) {
        routes.get("/watch-devices", .needs(.deviceRead), "The register of devices") { call in try await list(call) }
        routes.get("/watch-devices/new", .needs(.deviceWrite), "The form for a new device") { call in
            try form(call, values: ["gbId": call.query("gbId") ?? "", "password": try Secret.password()], errors: [:])
        }
        routes.post("/watch-devices/new", .needs(.deviceWrite), "Registers a device, from the form") { call in
            let values = call.form.values
            do {
                let device = try await DeviceRoutes(platform: platform, desk: desk).create(
                    DeviceRoutes.NewDevice(
                        gbId: values["gbId"] ?? "", name: values["name"] ?? "", password: values["password"] ?? "",
                        areaId: nil, transport: values["transport"], algorithm: values["algorithm"]), call)
                return .redirect(to: "/watch-devices/\(device.id)?done=saved")
            } catch let problem as Problem where !problem.fields.isEmpty {
                return try form(call, values: values, errors: call.fieldWords(problem), status: 422)
            }
        }
        routes.get("/watch-devices/{id}", .needs(.deviceRead), "One device with its things") { call in
            try await page(call)
        }
        routes.post("/watch-devices/{id}/catalogue", .needs(.deviceRead), "Asks for the catalogue, from the page") {
            call in
            let id: WatchDeviceID = try call.id()
            guard let platform, let device = platform.directory.find(id) else { throw Problem.notFound }
            let isAsked = device.isOnline ? await platform.fetchCatalogue(of: device) : false
            return .redirect(to: "/watch-devices/\(id)?done=\(isAsked ? "catalogue-asked" : "catalogue-unasked")")
        }
        routes.post("/watch-devices/{id}/password", .needs(.deviceWrite), "Gives another password, from the page") {
            call in
            let id: WatchDeviceID = try call.id()
            try await DeviceRoutes(platform: platform, desk: desk).setPassword(id, call.form["password"] ?? "", call)
            return .redirect(to: "/watch-devices/\(id)?done=saved")
        }
    }

    private func list(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let limit = call.limit
        let text = call.query("q").map { String($0.prefix(50)) }
        let state = call.query("state")
        let after = call.query("after").flatMap { WatchDeviceID($0) }
        let (devices, counts) = try await call.database.read { db in
            (
                try WatchDeviceStore.list(after: after, text: text, state: state, limit: limit + 1, in: db),
                try WatchDeviceStore.counts(in: db)
            )
        }
        var context: [String: Any] = [
            "items": devices.prefix(limit).map { row($0, call) },
            "states": WatchWords.choices(
                call, ["online", "offline", "never", "trouble"], words: "watch.device.state", chosen: state),
            "values": ["q": text ?? ""], "canWrite": caller.may(.deviceWrite), "all": String(counts.all),
            "online": String(counts.online), "offline": String(counts.all - counts.online),
            "port": platform.map { String($0.port) } ?? "",
            "platform": platform?.configuration.platform.description ?? "",
            "realm": platform?.configuration.platform.domain ?? "",
        ]
        let strangers = platform?.directory.strangers.prefix(20) ?? []
        if !strangers.isEmpty {
            context["strangers"] = [
                "list": strangers.map {
                    [
                        "gbId": $0.gbID, "address": $0.address, "count": String($0.count),
                        "at": WatchWords.short($0.at), "canWrite": caller.may(.deviceWrite),
                    ] as [String: Any]
                }
            ]
        }
        if devices.count > limit {
            context["next"] =
                "/watch-devices?\(WatchWords.query(call, ["q", "state", "limit"]))&after=\(devices[limit - 1].id)"
        }
        return try call.page("watch-device-list", title: call.word("watch.devices.title"), context)
    }

    private func row(_ device: WatchDevice, _ call: Call) -> [String: Any] {
        let state = DeviceView.state(device)
        var badges: [[String: String]] = [
            [
                "tint": state == "online" ? "ok" : state == "never" ? "" : "bad",
                "text": call.word("watch.device.state.\(state)"),
            ]
        ]
        if let announced = device.announced, let received = device.received, received < announced {
            badges.append([
                "tint": "warn",
                "text": call.word(
                    "watch.device.partial", ["received": String(received), "announced": String(announced)]),
            ])
        }
        if !device.trouble.isEmpty {
            badges.append(["tint": "warn", "text": call.word("watch.device.trouble.\(device.trouble)")])
        }
        return [
            "id": device.id.description, "gbId": device.gbID.description, "name": device.name, "badges": badges,
            "things": device.received.map(String.init) ?? "", "seen": WatchWords.short(device.lastSeen),
            "maker": [device.manufacturer, device.model].filter { !$0.isEmpty }.joined(separator: " "),
            "address": device.hop?.description ?? "",
        ]
    }

    private func form(_ call: Call, values: [String: String], errors: [String: String], status: Int = 200) throws
        -> Answer
    {
        try call.page(
            "watch-device-edit", title: call.word("watch.devices.new"),
            [
                "values": values, "errors": errors,
                "transports": WatchWords.choices(
                    call, WatchDevice.Transport.allCases.map(\.rawValue), words: "watch.transport",
                    chosen: values["transport"] ?? "tcp-passive"),
                "algorithms": DigestAlgorithm.allCases.map {
                    ["value": $0.rawValue, "label": $0.rawValue, "selected": $0.rawValue == values["algorithm"]]
                },
                "port": platform.map { String($0.port) } ?? "",
                "platform": platform?.configuration.platform.description ?? "",
                "realm": platform?.configuration.platform.domain ?? "",
            ], status: status)
    }

    private func page(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let id: WatchDeviceID = try call.id()
        var filter = CameraFilter()
        filter.device = id
        filter.kind = nil
        let wanted = filter
        let (device, things) = try await call.database.read { db in
            guard let device = try WatchDeviceStore.find(id, in: db) else { throw Problem.notFound }
            return (device, try CameraStore.list(wanted, limit: 500, in: db))
        }
        var context = row(device, call)
        context["facts"] = [
            ("gbId", device.gbID.description), ("maker", "\(device.manufacturer) \(device.model)"),
            ("firmware", device.firmware), ("version", call.word("watch.version.\(device.version)")),
            ("address", device.hop?.description ?? ""),
            ("transport", call.word("watch.transport.\(device.transport.rawValue)")),
            ("algorithm", device.algorithm.rawValue), ("registered", WatchWords.short(device.registeredAt)),
            ("seen", WatchWords.short(device.lastSeen)), ("catalogue", WatchWords.short(device.catalogueAt)),
        ].filter { !$0.1.allSatisfy(\.isWhitespace) }.map { ["label": call.word("watch.fact.\($0.0)"), "value": $0.1] }
        context["things"] = things.map { camera -> [String: Any] in
            let state = CameraView.state(camera, device)
            return [
                "id": camera.id.description, "name": camera.title, "gbId": camera.gbID.description,
                "kind": call.word("watch.kind.\(camera.kind.rawValue)"), "isCamera": camera.kind == .camera,
                "state": call.word("watch.camera.state.\(state)"),
                "tint": state == "online" ? "ok" : state == "missing" ? "warn" : "bad",
            ]
        }
        context["canWrite"] = caller.may(.deviceWrite)
        return try call.page("watch-device", title: device.name, context)
    }
}
