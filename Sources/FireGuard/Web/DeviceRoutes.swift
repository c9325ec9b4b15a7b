import Crypt
import Kernel
import Storage
import Web

/// `/api/v1/detectors` and `/api/v1/gateways`.
struct DeviceRoutes {
    let desk: any Desk
    let presence: Presence
    let directory: GatewayDirectory
    let watch: SilenceWatch
    let rollCalls: RollCalls

    func add(to routes: inout Routes) {
        routes.get("/api/v1/detectors", .needs(.detectorRead), "Lists detectors with their health") { call in
            try await detectors(call)
        }
        routes.post("/api/v1/detectors", .needs(.siteWrite), "Registers a detector") { call in
            try await saveDetector(call, id: .next(), isNew: true)
        }
        routes.put("/api/v1/detectors/{id}", .needs(.siteWrite), "Changes a detector") { call in
            try await saveDetector(call, id: try call.id(), isNew: false)
        }
        routes.get("/api/v1/gateways", .needs(.siteWrite), "Lists gateways") { call in try await gateways(call) }
        routes.post("/api/v1/gateways", .needs(.siteWrite), "Registers a gateway") { call in
            try await saveGateway(call, id: .next(), isNew: true)
        }
        routes.put("/api/v1/gateways/{id}", .needs(.siteWrite), "Changes a gateway") { call in
            try await saveGateway(call, id: try call.id(), isNew: false)
        }
        routes.post("/api/v1/gateways/{id}/roll-call", .needs(.rollCall), "Asks a duty post whether somebody is there")
        { call in
            let caller = try call.signedIn()
            let id: GatewayID = try call.id()
            let minutes = try call.json(Minutes.self).minutes
            guard let gateway = try await call.database.read({ db in try DeviceStore.gateway(id, in: db) }) else {
                throw Problem.notFound
            }
            return try .json(
                RollCallView(try await rollCalls.ask(gateway, minutes: minutes, by: caller.name, at: .now)),
                status: 201)
        }
        routes.get("/api/v1/gateways/{id}/roll-calls", .needs(.rollCall), "Lists a duty post's roll-calls") { call in
            let id: GatewayID = try call.id()
            let limit = call.limit
            let calls = try await call.database.read { db in
                try RollCallStore.list(gateway: id, limit: limit, in: db)
            }
            return try .list(calls.map { RollCallView($0) }, next: nil)
        }
    }

    private struct Minutes: Codable, Sendable { var minutes: Int }

    private struct RollCallView: Codable, Sendable {
        var id: ID<RollCall>
        var askedAt: String
        var askedBy: String
        var minutes: Int
        var answeredAt: String?
        var outcome: RollCall.Outcome

        init(_ call: RollCall) {
            id = call.id
            askedAt = call.askedAt.rfc3339
            askedBy = call.askedBy
            minutes = call.minutes
            answeredAt = call.answeredAt?.rfc3339
            outcome = call.outcome
        }
    }

    // MARK: Detectors

    private func detectors(_ call: Call) async throws -> Answer {
        let scope = Scope(try call.signedIn())
        var filter = DetectorFilter(areas: scope.areas, owner: scope.owner)
        filter.needsWork = call.query("needsWork") != nil
        var check = FieldCheck()
        if let text = call.query("siteId") {
            filter.site = SiteID(text)
            check.expect(filter.site != nil, "siteId", "invalid")
        }
        if let text = call.query("gatewayId") {
            filter.gateway = GatewayID(text)
            check.expect(filter.gateway != nil, "gatewayId", "invalid")
        }
        if let text = call.query("after") {
            filter.after = DetectorID(text)
            check.expect(filter.after != nil, "after", "invalid")
        }
        try check.finish()
        let limit = call.limit
        let wanted = filter
        let found = try await call.database.read { db in try DeviceStore.detectors(wanted, limit: limit + 1, in: db) }
        return try .list(
            found.prefix(limit).map { DetectorView($0, lastSeen: presence.lastSeen(.detector($0.id))) },
            next: NextPage.link(call, found.count > limit ? found[limit - 1].id.description : nil))
    }

    private struct DetectorBody: Codable, Sendable {
        var siteId: SiteID
        var gatewayId: GatewayID
        var address: String
        var kind: DetectorKind
        var place: String?
        var plan: PlanPosition?
        var reportSeconds: Int?
    }

    private func saveDetector(_ call: Call, id: DetectorID, isNew: Bool) async throws -> Answer {
        let caller = try call.signedIn()
        let scope = Scope(caller)
        let body: DetectorBody = try call.json()
        var check = FieldCheck()
        let address = check.text(body.address, "address", 1...64)
        let place = check.text(body.place ?? "", "place", 0...100)
        let seconds = body.reportSeconds ?? 0
        check.expect((0...2_592_000).contains(seconds), "reportSeconds", "out-of-range")
        if let plan = body.plan { check.expect(PlanPosition(x: plan.x, y: plan.y) != nil, "plan", "out-of-range") }
        try check.finish()
        let now = Instant.now
        let detector = Detector(
            id: id, site: body.siteId, gateway: body.gatewayId, address: address, kind: body.kind, place: place,
            plan: body.plan, reportSeconds: seconds)
        let view = try await call.once { db in
            guard let site = try SiteStore.find(body.siteId, in: db), scope.sees(site) else {
                throw Problem.invalid(["siteId": "unknown"])
            }
            guard try DeviceStore.gateway(body.gatewayId, in: db) != nil else {
                throw Problem.invalid(["gatewayId": "unknown"])
            }
            if !isNew {
                guard let known = try DeviceStore.detector(id, in: db),
                    let before = try SiteStore.find(known.site, in: db), scope.sees(before)
                else { throw Problem.notFound }
            }
            try DeviceStore.save(detector, in: db)
            try desk.audit(
                isNew ? "detector.create" : "detector.change", subject: "detectors/\(id)", by: caller.person,
                purpose: nil, at: now, in: db)
            return DetectorView(detector, lastSeen: nil)
        }
        watch.watch(detector)
        return try .json(view, status: isNew ? 201 : 200)
    }

    // MARK: Gateways

    private func gateways(_ call: Call) async throws -> Answer {
        let limit = call.limit
        let after = call.query("after").flatMap { GatewayID($0) }
        let found = try await call.database.read { db in
            try DeviceStore.gateways(after: after, limit: limit + 1, in: db)
        }
        return try .list(
            found.prefix(limit).map { GatewayView($0, lastSeen: presence.lastSeen(.gateway($0.id))) },
            next: NextPage.link(call, found.count > limit ? found[limit - 1].id.description : nil))
    }

    private struct GatewayBody: Codable, Sendable {
        var kind: GatewayKind
        var address: String
        var name: String
        var siteId: SiteID?
        var heartbeatSeconds: Int?
        /// A new token; left out, the known one stays.
        var token: String?
    }

    private func saveGateway(_ call: Call, id: GatewayID, isNew: Bool) async throws -> Answer {
        let caller = try call.signedIn()
        let body: GatewayBody = try call.json()
        var check = FieldCheck()
        let address = check.text(body.address, "address", 1...64).lowercased()
        let name = check.text(body.name, "name", 1...100)
        let seconds = body.heartbeatSeconds ?? (body.kind == .gb26875 ? 30 : 0)
        check.expect((0...86_400).contains(seconds), "heartbeatSeconds", "out-of-range")
        if body.kind == .gb26875 { check.expect(FrameTranslation.bytes(address) != nil, "address", "invalid") }
        if let token = body.token { check.expect((16...128).contains(token.utf8.count), "token", "too-short") }
        if isNew, body.kind == .json || body.kind == .onenet {
            check.expect(body.token != nil, "token", "required")
        }
        try check.finish()
        let secret = body.token.map { PushToken.stored($0, for: body.kind) }
        let now = Instant.now
        let draft = Gateway(
            id: id, kind: body.kind, address: address, name: name, site: body.siteId, heartbeatSeconds: seconds)
        let view = try await call.once { db in
            var gateway = draft
            let known = try DeviceStore.gateway(id, in: db)
            guard isNew || known != nil else { throw Problem.notFound }
            if let known, known.kind != gateway.kind { throw Problem.conflict("gateway.kind-is-fixed") }
            gateway.secret = secret ?? known?.secret ?? ""
            if let site = gateway.site {
                guard try SiteStore.find(site, in: db) != nil else { throw Problem.invalid(["siteId": "unknown"]) }
            }
            try DeviceStore.save(gateway, in: db)
            try desk.audit(
                isNew ? "gateway.create" : "gateway.change", subject: "gateways/\(id)", by: caller.person,
                purpose: nil, at: now, in: db)
            return GatewayView(gateway, lastSeen: known?.lastSeen)
        }
        directory.note(draft)
        watch.watch(draft)
        return try .json(view, status: isNew ? 201 : 200)
    }
}

/// The token by which a push is known.
enum PushToken {
    /// The form in which it is kept: OneNET's signature needs the token itself.
    static func stored(_ token: String, for kind: GatewayKind) -> String {
        kind == .onenet
            ? token
            : Secret.hex(Digest.sha256(Array(token.utf8)))
    }

    /// Whether `given` is the token kept as `stored`.
    static func matches(_ given: String, _ stored: String) -> Bool {
        !stored.isEmpty && Secret.equal(Array(self.stored(given, for: .json).utf8), Array(stored.utf8))
    }
}
