import Kernel
import Storage
import Web

/// `/api/v1/detectors` and `/api/v1/gateways`.
struct DeviceRoutes {
    let register: DeviceRegister
    let presence: Presence
    let broker: BrokerState
    let rollCalls: RollCalls

    func add(to routes: inout Routes) {
        routes.get("/api/v1/detectors", .needs(.detectorRead), "Lists detectors with their health") { call in
            try await detectors(call)
        }
        routes.post("/api/v1/detectors", .needs(.siteWrite), "Registers a detector") { call in
            try .json(
                try await register.save(call.json(DeviceRegister.DetectorWish.self), as: .next(), isNew: true, call),
                status: 201)
        }
        routes.put("/api/v1/detectors/{id}", .needs(.siteWrite), "Changes a detector") { call in
            try .json(
                try await register.save(call.json(DeviceRegister.DetectorWish.self), as: call.id(), isNew: false, call))
        }
        routes.get("/api/v1/gateways", .needs(.siteWrite), "Lists gateways") { call in try await gateways(call) }
        routes.post("/api/v1/gateways", .needs(.siteWrite), "Registers a gateway") { call in
            try .json(
                try await register.save(call.json(DeviceRegister.GatewayWish.self), as: .next(), isNew: true, call),
                status: 201)
        }
        routes.put("/api/v1/gateways/{id}", .needs(.siteWrite), "Changes a gateway") { call in
            try .json(
                try await register.save(call.json(DeviceRegister.GatewayWish.self), as: call.id(), isNew: false, call))
        }
        routes.get("/api/v1/broker", .needs(.siteWrite), "Whether the MQTT broker is heard, since when, and why not") {
            _ in
            try .json(BrokerView(broker))
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
}
