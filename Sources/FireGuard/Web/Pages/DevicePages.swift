import Kernel
import Office
import Storage
import Web

/// Which gateways a list shows.
struct GatewayChoice: Sendable {
    static let names = ["q", "kind", "offline", "limit"]

    /// Part of the name or the address.
    var text: String?
    var kind: GatewayKind?
    var offlineOnly: Bool

    init(_ call: Call) {
        text = call.query("q").map { String($0.prefix(50)) }
        kind = call.query("kind").flatMap(GatewayKind.init(rawValue:))
        offlineOnly = call.query("offline") != nil
    }

    func list(after: GatewayID?, limit: Int, in db: any Reading) throws -> [Gateway] {
        try DeviceStore.gateways(
            kind: kind, text: text, offlineOnly: offlineOnly, after: after, limit: limit, in: db)
    }
}

/// `/detectors` and `/gateways`: the health of what hangs on the walls.
struct DevicePages {
    let presence: Presence
    let broker: BrokerState
    let trials: GatewayTrials

    func add(to routes: inout Routes) {
        routes.get("/detectors", .needs(.detectorRead), "Detectors and their health") { call in
            try await detectors(call)
        }
        routes.get("/detectors.xlsx", .needs(.detectorRead), "Detectors and their health as a workbook") { call in
            try await export(call)
        }
        routes.get("/gateways.xlsx", .needs(.siteWrite), "Gateways and when they were heard as a workbook") { call in
            try await exportGateways(call)
        }
        routes.get("/gateways", .needs(.siteWrite), "Gateways and when they were heard") { call in
            try await gateways(call)
        }
    }

    private func filter(_ call: Call) throws -> DetectorFilter {
        let scope = Scope(try call.signedIn())
        var filter = DetectorFilter(areas: scope.areas, owner: scope.owner)
        filter.needsWork = call.query("needsWork") != nil
        filter.after = call.query("after").flatMap(DetectorID.init)
        filter.kind = call.query("kind").flatMap(DetectorKind.init(rawValue:))
        filter.text = call.query("q").map { String($0.prefix(50)) }
        return filter
    }

    private func detectors(_ call: Call) async throws -> Answer {
        let (filter, limit) = (try filter(call), call.limit)
        let (found, sites) = try await call.database.read { db in
            let found = try DeviceStore.detectors(filter, limit: limit + 1, in: db)
            return (found, try SiteStore.find(Set(found.map(\.site)), in: db))
        }
        let query = call.kept(["q", "needsWork", "kind", "limit"])
        var context: [String: Any] = [
            "items": found.prefix(limit).map { detector -> [String: Any] in
                [
                    "site": sites[detector.site]?.name ?? "", "siteId": detector.site.description,
                    "place": detector.place, "address": detector.address,
                    "kind": call.word("fire.kind.\(detector.kind.rawValue)"),
                    "badges": PageWords.badges(detector, presence, call),
                    "battery": detector.battery.map { "\($0) %" } ?? "—",
                    "heard": presence.heard(detector).map { PageWords.short($0) } ?? "—",
                ]
            },
            "kinds": PageWords.choices(call, "kind", DetectorKind.allCases.map(\.rawValue), words: "fire.kind"),
            "needsWork": filter.needsWork, "values": ["q": filter.text ?? ""], "export": "/detectors.xlsx?" + query,
        ]
        if found.count > limit { context["next"] = "/detectors?\(query)&after=\(found[limit - 1].id)" }
        return try call.page("detector-list", title: call.word("fire.detectors.title"), context)
    }

    private func export(_ call: Call) async throws -> Answer {
        var filter = try filter(call)
        let columns = ["name", "place", "kind", "state", "battery", "heard", "address"]
        let book = try Workbook(
            sheet: "Zhili", columns: columns.map { (call.word("fire.column.\($0)"), $0 == "name" ? 40 : 18) })
        while true {
            let current = filter
            let (found, sites) = try await call.database.read { db in
                let found = try DeviceStore.detectors(current, limit: 500, in: db)
                return (found, try SiteStore.find(Set(found.map(\.site)), in: db))
            }
            for detector in found {
                book.add([
                    .text(sites[detector.site]?.name ?? ""), .text(detector.place),
                    .text(call.word("fire.kind.\(detector.kind.rawValue)")),
                    .text(PageWords.badges(detector, presence, call).compactMap { $0["text"] }.joined(separator: " ")),
                    detector.battery.map { .number(Double($0)) } ?? .empty,
                    presence.heard(detector).map { .moment($0.ms) } ?? .empty, .text(detector.address),
                ])
            }
            guard found.count == 500, let last = found.last else { break }
            filter.after = last.id
        }
        return .bytes(try book.bytes(), type: Workbook.type, name: call.word("fire.detectors.title") + ".xlsx")
    }

    private func exportGateways(_ call: Call) async throws -> Answer {
        let wanted = GatewayChoice(call)
        let columns = ["name", "kind", "deviceAddress", "state", "heard"]
        let book = try Workbook(
            sheet: "Zhili", columns: columns.map { (call.word("fire.column.\($0)"), $0 == "name" ? 40 : 24) })
        var after: GatewayID?
        while true {
            let last = after
            let found = try await call.database.read { db in
                try wanted.list(after: last, limit: 500, in: db)
            }
            for gateway in found {
                let heard = [gateway.lastSeen, presence.lastSeen(.gateway(gateway.id))].compactMap(\.self).max()
                book.add([
                    .text(gateway.name), .text(call.word("fire.gateway.\(gateway.kind.rawValue)")),
                    .text(gateway.address), .text(call.word(Self.health(gateway, heard))),
                    heard.map { .moment($0.ms) } ?? .empty,
                ])
            }
            guard found.count == 500 else { break }
            after = found.last?.id
        }
        return .bytes(try book.bytes(), type: Workbook.type, name: call.word("fire.gateways.title") + ".xlsx")
    }

    private static func health(_ gateway: Gateway, _ heard: Instant?) -> String {
        gateway.isOffline ? "fire.health.offline" : heard == nil ? "fire.health.unheard" : "fire.health.normal"
    }

    private func gateways(_ call: Call) async throws -> Answer {
        let limit = call.limit
        let after = call.query("after").flatMap(GatewayID.init)
        let wanted = GatewayChoice(call)
        let (found, sites, tried) = try await call.database.read { db in
            let found = try wanted.list(after: after, limit: limit + 1, in: db)
            let tried = try after == nil ? trials.newest(in: db) : nil
            return (found, try SiteStore.find(Set(found.compactMap(\.site)), in: db), tried)
        }
        let mayAsk = try call.signedIn().may(.rollCall)
        var context: [String: Any] = [
            "items": found.prefix(limit).map { gateway -> [String: Any] in
                let heard = presence.heard(gateway)
                var row: [String: Any] = [
                    "id": gateway.id.description, "name": gateway.name, "address": gateway.address,
                    "kind": call.word("fire.gateway.\(gateway.kind.rawValue)"),
                    "site": gateway.site.flatMap { sites[$0]?.name }.map {
                        $0 == gateway.name ? call.word("fire.sites.title") : $0
                    } ?? "",
                    "heard": heard.map { PageWords.short($0) } ?? "—",
                    "state": call.word(Self.health(gateway, heard)),
                    "tint": gateway.isOffline ? "warn" : heard == nil ? "" : "ok",
                    "canAsk": mayAsk && gateway.kind == .gb26875,
                ]
                if let site = gateway.site { row["siteId"] = site.description }
                return row
            },
            "export": "/gateways.xlsx?" + call.kept(GatewayChoice.names),
            "values": ["q": wanted.text ?? ""], "offlineOnly": wanted.offlineOnly,
            "canSeeRollCalls": try call.signedIn().may(.rollCallRead),
            "kinds": PageWords.choices(call, "kind", GatewayKind.allCases.map(\.rawValue), words: "fire.gateway"),
        ]
        if let place = broker.place { context["broker"] = brokerRow(place, call) }
        if let tried { context["trials"] = GatewayTrialRoutes.panel(tried, call) }
        if found.count > limit {
            context["next"] = "/gateways?\(call.kept(GatewayChoice.names))&after=\(found[limit - 1].id)"
        }
        return try call.page("gateway-list", title: call.word("fire.gateways.title"), context)
    }

    /// Whether the broker is heard, since when, and why not.
    private func brokerRow(_ place: String, _ call: Call) -> [String: String] {
        let phase = broker.phase
        let (tint, why) =
            switch phase {
            case .connected: ("ok", "")
            case .elsewhere: ("info", "")
            case .starting, .off: ("", "")
            case .unreachable(let why): ("warn", why)
            }
        return [
            "place": place, "tint": tint, "state": call.word("fire.broker.\(phase.name)"), "why": why,
            "since": PageWords.short(broker.since),
        ]
    }
}
