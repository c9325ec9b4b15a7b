import Crypt
import Kernel
import Storage
import Web

/// `/gateways/new`, `/gateways/{id}`, `/sites/{id}/detectors/new` and `/sites/{id}/detectors/{detector}`: what hangs on
/// the walls and speaks for it, registered in the browser. A push token is made here and shown once.
struct DeviceForms {
    let register: DeviceRegister
    /// The address under which others reach the centre, where it is not the one in the browser's bar.
    let publicURL: String?

    func add(to routes: inout Routes) {
        routes.get("/gateways/new", .needs(.siteWrite), "The form for a new gateway") { call in
            var values = ["kind": call.query("kind") ?? GatewayKind.gb26875.rawValue, "site": call.query("site") ?? ""]
            if let kind = values["kind"].flatMap(GatewayKind.init), [.json, .ctwing, .onenet].contains(kind) {
                // CTWing signs nothing: an address that cannot be guessed is a part of the check.
                values["address"] = try String(Secret.token().prefix(24))
            }
            return try await gatewayPage(call, nil, values: values)
        }
        routes.post("/gateways/new", .needs(.siteWrite), "Register a gateway") { call in
            try await saveGateway(call, nil)
        }
        routes.get("/gateways/{id}", .needs(.siteWrite), "A gateway's form") { call in
            let id: GatewayID = try call.id()
            guard let known = try await call.database.read({ db in try DeviceStore.gateway(id, in: db) }) else {
                throw Problem.notFound
            }
            return try await gatewayPage(call, known, values: Self.values(known))
        }
        routes.post("/gateways/{id}", .needs(.siteWrite), "Change a gateway") { call in
            try await saveGateway(call, try call.id())
        }
        routes.get("/sites/{id}/detectors/new", .needs(.siteWrite), "The form for a new detector of a site") { call in
            try await detectorPage(call, nil, values: [:])
        }
        routes.post("/sites/{id}/detectors/new", .needs(.siteWrite), "Register a detector of a site") { call in
            try await saveDetector(call, nil)
        }
        routes.get("/sites/{id}/detectors/{detector}", .needs(.siteWrite), "A detector's form") { call in
            let known = try await find(try call.id("detector"), call)
            return try await detectorPage(call, known, values: Self.values(known))
        }
        routes.post("/sites/{id}/detectors/{detector}", .needs(.siteWrite), "Change a detector") { call in
            try await saveDetector(call, try await find(try call.id("detector"), call))
        }
    }

    // MARK: Gateways

    private static func values(_ gateway: Gateway) -> [String: String] {
        [
            "kind": gateway.kind.rawValue, "address": gateway.address, "name": gateway.name,
            "site": gateway.site?.description ?? "", "heartbeat": String(gateway.heartbeatSeconds),
            "profile": gateway.profile,
        ]
    }

    private func gatewayPage(
        _ call: Call, _ known: Gateway?, values: [String: String], errors: [String: String] = [:], token: String? = nil
    ) async throws -> Answer {
        let kind = known?.kind ?? values["kind"].flatMap(GatewayKind.init) ?? .gb26875
        let site = values["site"].flatMap(SiteID.init)
        let siteName = try await call.database.read { db in try site.flatMap { try SiteStore.find($0, in: db)?.name } }
        let isPush = [.json, .ctwing, .onenet].contains(kind)
        var context: [String: Any] = [
            "action": known.map { "/gateways/\($0.id)" } ?? "/gateways/new", "isNew": known == nil, "values": values,
            "kind": kind.rawValue, "kindName": call.word("fire.gateway.\(kind.rawValue)"),
            "kinds": GatewayKind.allCases.map { other -> [String: Any] in
                [
                    "value": other.rawValue, "label": call.word("fire.gateway.\(other.rawValue)"),
                    "selected": other == kind,
                ]
            },
            "addressHint": call.word("fire.gateway.address.\(isPush ? "push" : kind.rawValue)"),
            "isOneNET": kind == .onenet, "isCTWing": kind == .ctwing, "isPush": isPush,
            "hasCipher": known?.cipherKey.isEmpty == false,
            "errors": errors.mapValues { call.word("problem.field.\($0)") },
        ]
        if let siteName { context["siteName"] = siteName }
        if isPush, let known { context["pushURL"] = "\(origin(call))/push/\(known.address)" }
        if let token { context["token"] = token }
        return try call.page(
            "gateway-edit", title: known?.name ?? call.word("fire.gateways.new"), context,
            status: errors.isEmpty ? 200 : 422
        ).with("Cache-Control", "no-store")
    }

    private func origin(_ call: Call) -> String {
        publicURL ?? "\(call.incoming.isSecure ? "https" : "http")://\(call.incoming.authority ?? "127.0.0.1")"
    }

    private func saveGateway(_ call: Call, _ id: GatewayID?) async throws -> Answer {
        let form = call.form
        let known = try await call.database.read { db in try id.flatMap { try DeviceStore.gateway($0, in: db) } }
        if id != nil, known == nil { throw Problem.notFound }
        let kind = known?.kind ?? form["kind"].flatMap(GatewayKind.init) ?? .gb26875
        // A choice of the protocol shows the form that belongs to it.
        if known == nil, form["choose"] != nil {
            let site = form["site"].flatMap(SiteID.init).map { "&site=\($0)" } ?? ""
            return .redirect(to: "/gateways/new?kind=\(kind.rawValue)\(site)")
        }
        let isPush = [.json, .ctwing, .onenet].contains(kind)
        let token = isPush && (known == nil || form["newToken"] == "1") ? try String(Secret.token().prefix(32)) : nil
        let heartbeat = form["heartbeat"].flatMap { $0.isEmpty ? nil : Int($0) ?? -1 }
        let cipher = form["cipherKey"].flatMap { $0.isEmpty ? nil : $0 } ?? (form["noCipher"] == "1" ? "" : nil)
        let wish = DeviceRegister.GatewayWish(
            kind: kind, address: form["address"] ?? "", name: form["name"] ?? "",
            siteId: form["site"].flatMap(SiteID.init), heartbeatSeconds: heartbeat, token: token, cipherKey: cipher,
            profile: kind == .ctwing ? form["profile"] ?? "" : nil)
        let saved: GatewayView
        do {
            saved = try await register.save(wish, as: id ?? .next(), isNew: id == nil, call)
        } catch let problem as Problem where problem.status == 422 {
            return try await gatewayPage(call, known, values: form.values, errors: problem.fields)
        }
        guard let token else { return .redirect(to: "/gateways?done=saved") }
        let fresh = try await call.database.read { db in try DeviceStore.gateway(saved.id, in: db) }
        return try await gatewayPage(call, fresh, values: fresh.map(Self.values) ?? [:], token: token)
    }

    // MARK: Detectors

    private static func values(_ detector: Detector) -> [String: String] {
        [
            "gateway": detector.gateway.description, "address": detector.address, "kind": detector.kind.rawValue,
            "place": detector.place, "report": String(detector.reportSeconds),
        ]
    }

    /// A detector of the site in the path, which the caller may see.
    private func find(_ id: DetectorID, _ call: Call) async throws -> Detector {
        let (scope, site): (Scope, SiteID) = (Scope(try call.signedIn()), try call.id())
        let found = try await call.database.read { db -> Detector? in
            guard let detector = try DeviceStore.detector(id, in: db), detector.site == site,
                let place = try SiteStore.find(site, in: db), scope.sees(place)
            else { return nil }
            return detector
        }
        guard let found else { throw Problem.notFound }
        return found
    }

    private func detectorPage(
        _ call: Call, _ known: Detector?, values: [String: String], errors: [String: String] = [:]
    ) async throws -> Answer {
        let (scope, id): (Scope, SiteID) = (Scope(try call.signedIn()), try call.id())
        let (site, gateways) = try await call.database.read { db in
            guard let site = try SiteStore.find(id, in: db), scope.sees(site) else { throw Problem.notFound }
            var gateways = try DeviceStore.gateways(site: id, after: nil, limit: 100, in: db)
            // Those of the site first, then those that serve the whole town.
            gateways += try DeviceStore.gateways(after: nil, limit: 500, in: db).filter { $0.site == nil }
            if let own = try known.flatMap({ try DeviceStore.gateway($0.gateway, in: db) }),
                !gateways.contains(where: { $0.id == own.id })
            {
                gateways.insert(own, at: 0)
            }
            return (site, gateways)
        }
        let kind = values["kind"] ?? DetectorKind.smoke.rawValue
        return try call.page(
            "detector-edit", title: known == nil ? call.word("fire.detectors.new") : call.word("fire.detectors.edit"),
            [
                "action": "/sites/\(id)/detectors/\(known.map { $0.id.description } ?? "new")",
                "siteId": id.description,
                "siteName": site.name, "values": values, "isNew": known == nil,
                "gateways": gateways.map { gateway -> [String: Any] in
                    [
                        "value": gateway.id.description,
                        "label": "\(gateway.name) · \(call.word("fire.gateway.\(gateway.kind.rawValue)"))",
                        "selected": values["gateway"] == gateway.id.description,
                    ]
                },
                "kinds": DetectorKind.allCases.map { other -> [String: Any] in
                    [
                        "value": other.rawValue, "label": call.word("fire.kind.\(other.rawValue)"),
                        "selected": other.rawValue == kind,
                    ]
                },
                "errors": errors.mapValues { call.word("problem.field.\($0)") },
            ], status: errors.isEmpty ? 200 : 422)
    }

    private func saveDetector(_ call: Call, _ known: Detector?) async throws -> Answer {
        let (form, site): (Form, SiteID) = (call.form, try call.id())
        var check = FieldCheck()
        let gateway = form["gateway"].flatMap(GatewayID.init)
        check.expect(gateway != nil, "gatewayId", "required")
        let report = form["report"].map { $0.isEmpty ? 0 : Int($0) ?? -1 } ?? 0
        guard check.errors.isEmpty, let gateway else {
            return try await detectorPage(call, known, values: form.values, errors: check.errors)
        }
        let wish = DeviceRegister.DetectorWish(
            siteId: site, gatewayId: gateway, address: form["address"] ?? "",
            kind: form["kind"].flatMap(DetectorKind.init) ?? .smoke, place: form["place"], plan: known?.plan,
            reportSeconds: report)
        do {
            _ = try await register.save(wish, as: known?.id ?? .next(), isNew: known == nil, call)
        } catch let problem as Problem where problem.status == 422 && problem.fields["siteId"] == nil {
            return try await detectorPage(call, known, values: form.values, errors: problem.fields)
        }
        return .redirect(to: "/sites/\(site)?done=saved")
    }
}
