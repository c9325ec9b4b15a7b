import HTTPTypes
import Kernel
import ONVIF
import Storage
import Web

/// `/cameras/onvif…`: find a device, open it, choose a picture.
struct ONVIFPages {
    let register: NetCameraRegister
    private var api: ONVIFRoutes { ONVIFRoutes(register: register) }

    init(register: NetCameraRegister) { self.register = register }

    func add(to routes: inout Routes) {
        routes.get("/cameras/onvif", .needs(.deviceWrite), "Where ONVIF devices are looked for") { call in
            try page(call, ["values": ["address": call.query("address") ?? ""]])
        }
        routes.post("/cameras/onvif/search", .needs(.deviceWrite), "Looks for ONVIF devices, from the page") { call in
            let targets = (call.form["targets"] ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init)
            let found = try await api.search(ONVIFRoutes.Search(targets: targets, multicast: true))
            return try page(
                call,
                [
                    "searched": true, "isFound": !found.isEmpty, "count": String(found.count),
                    "values": ["targets": call.form["targets"] ?? ""],
                    "found": found.map {
                        [
                            "address": $0.address, "name": $0.name.isEmpty ? $0.address : $0.name,
                            "hardware": $0.hardware,
                        ]
                    },
                ])
        }
        routes.post("/cameras/onvif/profiles", .needs(.deviceWrite), "What an ONVIF device offers, on the page") {
            call in
            try await chosen(call) { wish in
                let (address, user) = try api.access(wish)
                let offer = try await register.network.offer(address, user)
                let kept = try register.network.store.sealed(
                    user.password, for: try purpose(call, wish.address ?? "", user.name), at: .now)
                return try page(call, context(wish, offer, kept: kept))
            }
        }
        routes.post("/cameras/onvif/add", .needs(.deviceWrite), "Adds a camera by an ONVIF profile, from the page") {
            call in
            try await chosen(call) { wish in
                .redirect(to: "/cameras/\(try await api.add(wish, call).id)?done=saved")
            }
        }
    }

    private func chosen(_ call: Call, _ work: (ONVIFRoutes.Access) async throws -> Answer) async throws -> Answer {
        let form = call.form
        let purpose = try purpose(call, form["address"] ?? "", form["username"] ?? "")
        let kept = form["kept"].flatMap { register.network.store.opened($0, for: purpose, at: .now) }
        let wish = ONVIFRoutes.Access(
            address: form["address"], username: form["username"], password: form["password"] ?? kept,
            profile: form["profile"],
            name: form["name"], transport: form["transport"],
            place: form["place"].flatMap(PlaceKind.init(rawValue:)))
        do {
            if form["kept"] != nil, kept == nil { throw Problem.invalid(["password": "required"]) }
            return try await work(wish)
        } catch let problem as Problem where problem.status == 422 || problem.status >= 502 {
            let why =
                problem.fields.isEmpty
                ? call.word("problem.\(problem.code)")
                : call.fieldWords(problem).values.sorted().joined(separator: "; ")
            return try page(
                call,
                [
                    "values": ["address": wish.address ?? "", "username": wish.username ?? ""],
                    "failure": ["text": [why, problem.detail ?? ""].filter { !$0.isEmpty }.joined(separator: ": ")],
                ], status: 422)
        }
    }

    /// For whom and what a password goes along to the form's next step.
    private func purpose(_ call: Call, _ address: String, _ username: String) throws -> String {
        "onvif\n\(try call.signedIn().id)\n\(address)\n\(username)"
    }

    private func context(_ wish: ONVIFRoutes.Access, _ offer: ONVIFOffer, kept: String) -> [String: Any] {
        let title = [offer.information.manufacturer, offer.information.model].filter { !$0.isEmpty }
        return [
            "values": ["address": wish.address ?? "", "username": wish.username ?? ""],
            "offer": [
                "title": title.joined(separator: " "), "address": wish.address ?? "", "username": wish.username ?? "",
                "kept": kept,
                "profiles": offer.profiles.enumerated().map { index, profile -> [String: Any] in
                    [
                        "token": profile.token, "name": profile.name, "encoding": profile.encoding,
                        "size": profile.width > 0 ? "\(profile.width) × \(profile.height)" : "",
                        "canMove": profile.canMove, "isFirst": index == 0,
                    ]
                },
            ] as [String: Any],
        ]
    }

    private func page(_ call: Call, _ context: [String: Any], status: Int = 200) throws -> Answer {
        var context = context
        context["places"] = WatchWords.choices(
            call, PlaceKind.allCases.map(\.rawValue), words: "watch.place", chosen: "other")
        context["transports"] = WatchWords.choices(
            call, ["tcp", "udp"], words: "watch.stream.transport", chosen: "tcp")
        return try call.page("camera-onvif", title: call.word("watch.onvif.title"), context, status: status)
    }
}
