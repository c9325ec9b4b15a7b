import Kernel
import Storage
import Web

/// `/api/v1/detectors` and `/api/v1/gateways`.
struct DeviceRoutes {
    let register: DeviceRegister
    let presence: Presence
    let broker: BrokerState

    func add(to routes: inout Routes) {
        routes.get(
            "/api/v1/detectors", .needs(.detectorRead), "Lists detectors with their health",
            shapes: Shapes(query: FireShapes.detectorQuery, gives: .page(of: FireShapes.detector))
        ) { call in
            try await detectors(call)
        }
        routes.post(
            "/api/v1/detectors", .needs(.siteWrite), "Registers a detector",
            shapes: Shapes(takes: FireShapes.newDetector, gives: FireShapes.detector)
        ) { call in
            try .json(
                try await register.save(call.json(DeviceRegister.DetectorWish.self), as: .next(), isNew: true, call),
                status: 201)
        }
        routes.put(
            "/api/v1/detectors/{id}", .needs(.siteWrite), "Changes a detector",
            shapes: Shapes(takes: FireShapes.newDetector, gives: FireShapes.detector)
        ) { call in
            try .json(
                try await register.save(call.json(DeviceRegister.DetectorWish.self), as: call.id(), isNew: false, call))
        }
        routes.get(
            "/api/v1/gateways", .needs(.siteWrite), "Lists gateways",
            shapes: Shapes(query: FireShapes.gatewayQuery, gives: .page(of: FireShapes.gateway))
        ) { call in try await gateways(call) }
        routes.post(
            "/api/v1/gateways", .needs(.siteWrite), "Registers a gateway",
            shapes: Shapes(takes: FireShapes.newGateway, gives: FireShapes.gateway)
        ) { call in
            try .json(
                try await register.save(call.json(DeviceRegister.GatewayWish.self), as: .next(), isNew: true, call),
                status: 201)
        }
        routes.put(
            "/api/v1/gateways/{id}", .needs(.siteWrite), "Changes a gateway",
            shapes: Shapes(takes: FireShapes.newGateway, gives: FireShapes.gateway)
        ) { call in
            try .json(
                try await register.save(call.json(DeviceRegister.GatewayWish.self), as: call.id(), isNew: false, call))
        }
        routes.get(
            "/api/v1/broker", .needs(.siteWrite), "Whether the MQTT broker is heard, since when, and why not",
            shapes: Shapes(gives: FireShapes.broker)
        ) { _ in
            try .json(BrokerView(broker))
        }
    }

    private struct BrokerView: Encodable {
        var place: String?
        var state: String
        var reason: String?
        var since: String

        init(_ broker: BrokerState) {
            place = broker.place
            state = broker.phase.name
            if case .unreachable(let why) = broker.phase { reason = why }
            since = broker.since.rfc3339
        }
    }

    // MARK: Detectors

    private func detectors(_ call: Call) async throws -> Answer {
        let scope = Scope(try call.signedIn())
        var filter = DetectorFilter(areas: scope.areas, owner: scope.owner)
        filter.needsWork = call.query("needsWork") != nil
        filter.text = call.query("q").map { String($0.prefix(50)) }
        var check = FieldCheck()
        if let text = call.query("siteId") {
            filter.site = SiteID(text)
            check.expect(filter.site != nil, "siteId", "invalid")
        }
        if let text = call.query("gatewayId") {
            filter.gateway = GatewayID(text)
            check.expect(filter.gateway != nil, "gatewayId", "invalid")
        }
        if let text = call.query("kind") {
            filter.kind = DetectorKind(rawValue: text)
            check.expect(filter.kind != nil, "kind", "unknown")
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

    // MARK: Gateways

    private func gateways(_ call: Call) async throws -> Answer {
        let limit = call.limit
        let after = call.query("after").flatMap { GatewayID($0) }
        let wanted = GatewayChoice(call)
        let found = try await call.database.read { db in
            try wanted.list(after: after, limit: limit + 1, in: db)
        }
        return try .list(
            found.prefix(limit).map { GatewayView($0, lastSeen: presence.lastSeen(.gateway($0.id))) },
            next: NextPage.link(call, found.count > limit ? found[limit - 1].id.description : nil))
    }
}
