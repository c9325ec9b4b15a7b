import Kernel
import Office
import Storage
import Web

/// `/roll-calls` and `/api/v1/roll-calls`: which duty posts were asked (查岗), and whether somebody was there.
struct RollCallRoutes {
    let rollCalls: RollCalls

    private static let names = ["gatewayId", "outcome", "from", "to", "limit"]

    func add(to routes: inout Routes) {
        routes.get("/roll-calls", .needs(.rollCallRead), "Roll-calls of duty posts") { call in try await page(call) }
        routes.get("/roll-calls.xlsx", .needs(.rollCallRead), "Roll-calls of duty posts as a workbook") { call in
            try await export(call)
        }
        let shapes = Shapes(
            query: [
                ("gatewayId", "one duty post's device"), ("outcome", "one outcome"),
                ("from", "asked on or after this day, YYYY-MM-DD"), ("to", "asked before this day"),
                ("after", "the last id seen"), ("limit", "1…500"),
            ], gives: .page(of: RollCallView.shape))
        routes.get("/api/v1/roll-calls", .needs(.rollCallRead), "Lists roll-calls, newest first", shapes: shapes) {
            call in try await list(call, try filter(call))
        }
        routes.get(
            "/api/v1/gateways/{id}/roll-calls", .needs(.rollCallRead), "Lists a duty post's roll-calls, newest first",
            shapes: shapes
        ) { call in
            var filter = try filter(call)
            filter.gateway = try call.id()
            return try await list(call, filter)
        }
        routes.post(
            "/api/v1/gateways/{id}/roll-call", .needs(.rollCall), "Asks a duty post whether somebody is there",
            shapes: Shapes(takes: .object(["minutes": .integer], required: ["minutes"]), gives: RollCallView.shape)
        ) { call in
            struct Minutes: Decodable { var minutes: Int }
            let asked = try await ask(try call.id(), minutes: try call.json(Minutes.self).minutes, call)
            return try .json(RollCallView(asked), status: 201)
        }
        routes.post("/gateways/{id}/roll-call", .needs(.rollCall), "Ask a duty post, from a page") { call in
            let id: GatewayID = try call.id()
            let asked = try await ask(id, minutes: 10, call)
            let site = try await call.database.read { db in try DeviceStore.gateway(id, in: db)?.site }
            let done = asked.outcome == .delivered ? "roll-call-asked" : "roll-call-undelivered"
            return .redirect(to: site.map { "/sites/\($0)?done=\(done)" } ?? "/gateways?done=\(done)")
        }
    }

    private func ask(_ post: GatewayID, minutes: Int, _ call: Call) async throws -> RollCall {
        let caller = try call.signedIn()
        return try await rollCalls.ask(post, minutes: minutes, by: caller.name, at: .now) { try await call.once($0) }
    }

    private func filter(_ call: Call) throws -> RollCallFilter {
        var filter = RollCallFilter(areas: try call.signedIn().areas)
        var query = QueryReader(call)
        filter.gateway = query.read("gatewayId") { GatewayID($0) }
        filter.outcome = query.read("outcome", "unknown") { RollCall.Outcome(rawValue: $0) }
        filter.from = query.read("from") { Instant($0) }
        filter.to = query.read("to") { Instant($0) }
        filter.before = query.read("after") { ID<RollCall>($0) }
        try query.check.finish()
        return filter
    }

    private func list(_ call: Call, _ filter: RollCallFilter) async throws -> Answer {
        let limit = call.limit
        let found = try await call.database.read { db in try RollCallStore.list(filter, limit: limit + 1, in: db) }
        return try .list(
            found.prefix(limit).map { RollCallView($0) },
            next: NextPage.link(call, found.count > limit ? found[limit - 1].id.description : nil))
    }

    private func page(_ call: Call) async throws -> Answer {
        let (filter, limit) = (try filter(call), call.limit)
        let (found, posts) = try await call.database.read { db in
            let found = try RollCallStore.list(filter, limit: limit + 1, in: db)
            return (found, try DeviceStore.gateways(Set(found.map(\.gateway)), in: db))
        }
        var context: [String: Any] = [
            "items": found.prefix(limit).map { item -> [String: Any] in
                var row: [String: Any] = [
                    "at": item.askedAt.rfc3339, "atText": PageWords.short(item.askedAt), "by": item.askedBy,
                    "post": posts[item.gateway]?.name ?? "", "minutes": String(item.minutes),
                    "outcome": call.word("fire.roll-call.\(item.outcome.rawValue)"), "tint": Self.tint(item.outcome),
                ]
                if let site = posts[item.gateway]?.site { row["siteId"] = site.description }
                if let answered = item.answeredAt { row["answered"] = PageWords.short(answered) }
                return row
            },
            "outcomes": PageWords.choices(
                call, "outcome", RollCall.Outcome.allCases.map(\.rawValue), words: "fire.roll-call"),
            "values": Dictionary(uniqueKeysWithValues: ["from", "to"].map { ($0, call.query($0) ?? "") }),
            "export": "/roll-calls.xlsx?" + call.kept(Self.names),
        ]
        if found.count > limit {
            context["next"] = "/roll-calls?" + call.kept(Self.names, and: ("after", found[limit - 1].id.description))
        }
        return try call.page("roll-call-list", title: call.word("fire.rollCalls.title"), context)
    }

    private static func tint(_ outcome: RollCall.Outcome) -> String {
        switch outcome {
        case .asked, .delivered: ""
        case .answered: "ok"
        case .late, .undelivered: "warn"
        case .unanswered: "bad"
        }
    }

    private func export(_ call: Call) async throws -> Answer {
        var filter = try filter(call)
        let titles = ["askedAt", "post", "askedBy", "minutes", "outcome", "answeredAt"].map {
            call.word("fire.rollCalls.\($0)")
        }
        let book = try Workbook(sheet: "Zhili", columns: titles.map { ($0, 24) })
        try await book.add { (after: (call: RollCall, post: String)?, limit) in
            filter.before = after?.call.id ?? filter.before
            return try await call.database.read { [filter] db in
                let found = try RollCallStore.list(filter, limit: limit, in: db)
                let posts = try DeviceStore.gateways(Set(found.map(\.gateway)), in: db)
                return found.map { (call: $0, post: posts[$0.gateway]?.name ?? "") }
            }
        } row: { item in
            [
                .moment(item.call.askedAt.ms), .text(item.post), .text(item.call.askedBy),
                .number(Double(item.call.minutes)),
                .text(call.word("fire.roll-call.\(item.call.outcome.rawValue)")),
                item.call.answeredAt.map { .moment($0.ms) } ?? .empty,
            ]
        }
        return .bytes(try book.bytes(), type: Workbook.type, name: call.word("fire.rollCalls.title") + ".xlsx")
    }
}

/// A roll-call as the API shows it.
struct RollCallView: Codable, Sendable {
    var id: ID<RollCall>
    var gatewayId: GatewayID
    var askedAt: String
    var askedBy: String
    var minutes: Int
    var answeredAt: String?
    var outcome: RollCall.Outcome

    init(_ call: RollCall) {
        id = call.id
        gatewayId = call.gateway
        askedAt = call.askedAt.rfc3339
        askedBy = call.askedBy
        minutes = call.minutes
        answeredAt = call.answeredAt?.rfc3339
        outcome = call.outcome
    }

    static let shape = Shape.object(
        [
            "id": .id, "gatewayId": .id, "askedAt": .time, "askedBy": .text, "minutes": .integer, "answeredAt": .time,
            "outcome": .oneOf(RollCall.Outcome.allCases.map(\.rawValue)),
        ], required: ["id", "gatewayId", "askedAt", "askedBy", "minutes", "outcome"])
}
