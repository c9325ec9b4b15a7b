import Kernel
import Storage
import Web

/// `/api/v1/alarms` and what people do with them.
struct AlarmRoutes {
    let desk: any Desk

    func add(to routes: inout Routes) {
        routes.get(
            "/api/v1/alarms", .needs(.alarmRead), "Lists alarms, newest first",
            shapes: Shapes(query: FireShapes.alarmQuery, gives: .page(of: FireShapes.alarm))
        ) { call in try await list(call) }
        routes.get(
            "/api/v1/alarms/{id}", .needs(.alarmRead), "Shows an alarm with the rules that led to it",
            shapes: Shapes(gives: FireShapes.alarm)
        ) { call in
            let scope = Scope(try call.signedIn())
            let id: AlarmID = try call.id()
            return try .json(AlarmView(try await call.database.read { db in try find(id, scope, in: db) }))
        }
        routes.post(
            "/api/v1/alarms/{id}/acknowledge", .needs(.alarmHandle), "Takes an alarm",
            shapes: Shapes(gives: FireShapes.alarm)
        ) { call in
            let caller = try call.signedIn()
            return try await move(call) { id, now, db in
                try AlarmDesk(desk: desk).acknowledge(id, by: caller.person, at: now, in: db)
            }
        }
        routes.post(
            "/api/v1/alarms/{id}/verify", .needs(.alarmHandle), "Says what an alarm turned out to be",
            shapes: Shapes(takes: FireShapes.verification, gives: FireShapes.alarm)
        ) { call in
            let caller = try call.signedIn()
            let body: Verification = try call.json()
            return try await move(call) { id, now, db in
                try AlarmDesk(desk: desk).verify(
                    id, as: body.verdict, secondSource: body.secondSource, note: body.note ?? "", by: caller.person,
                    at: now, in: db)
            }
        }
        routes.post(
            "/api/v1/alarms/{id}/clear", .needs(.alarmHandle), "Puts a verified alarm into history",
            shapes: Shapes(takes: .object(["resetByHand": .flag]), gives: FireShapes.alarm)
        ) { call in
            let caller = try call.signedIn()
            let byHand = call.body.isEmpty ? false : (try call.json(Clearing.self).resetByHand ?? false)
            return try await move(call) { id, now, db in
                try AlarmDesk(desk: desk).clear(id, resetByHand: byHand, by: caller.person, at: now, in: db)
            }
        }
    }

    private struct Verification: Codable, Sendable {
        var verdict: Alarm.Verdict
        var secondSource: SecondSource?
        var note: String?
    }

    private struct Clearing: Codable, Sendable { var resetByHand: Bool? }

    private func list(_ call: Call) async throws -> Answer {
        let scope = Scope(try call.signedIn())
        var filter = AlarmFilter(areas: scope.areas, owner: scope.owner)
        var check = FieldCheck()
        if let text = call.query("siteId") {
            filter.site = SiteID(text)
            check.expect(filter.site != nil, "siteId", "invalid")
        }
        if let text = call.query("state") {
            filter.openOnly = text == "open"
            filter.state = text == "open" ? nil : Alarm.State(rawValue: text)
            check.expect(filter.openOnly || filter.state != nil, "state", "unknown")
        }
        if let text = call.query("verdict") {
            filter.verdict = Alarm.Verdict(rawValue: text)
            check.expect(filter.verdict != nil, "verdict", "unknown")
        }
        if let text = call.query("kind") {
            filter.kind = DetectorKind(rawValue: text)
            check.expect(filter.kind != nil, "kind", "unknown")
        }
        filter.text = call.query("q").map { String($0.prefix(50)) }
        if let text = call.query("from") {
            filter.from = Instant(text)
            check.expect(filter.from != nil, "from", "invalid")
        }
        if let text = call.query("to") {
            filter.to = Instant(text)
            check.expect(filter.to != nil, "to", "invalid")
        }
        if let text = call.query("after") {
            filter.before = AlarmID(text)
            check.expect(filter.before != nil, "after", "invalid")
        }
        try check.finish()
        let limit = call.limit
        let wanted = filter
        let alarms = try await call.database.read { db in try AlarmStore.list(wanted, limit: limit + 1, in: db) }
        return try .list(
            alarms.prefix(limit).map { AlarmView($0) },
            next: NextPage.link(call, alarms.count > limit ? alarms[limit - 1].id.description : nil))
    }

    /// Does one move, once however often the request comes.
    private func move(
        _ call: Call, _ work: @escaping @Sendable (AlarmID, Instant, any Writing) throws -> Alarm
    ) async throws -> Answer {
        let scope = Scope(try call.signedIn())
        let id: AlarmID = try call.id()
        let now = Instant.now
        let view = try await call.once { db in
            _ = try find(id, scope, in: db)
            return AlarmView(try work(id, now, db))
        }
        return try .json(view)
    }

    private func find(_ id: AlarmID, _ scope: Scope, in db: any Reading) throws -> Alarm {
        guard let alarm = try AlarmStore.find(id, in: db),
            scope.sees(alarm, site: try alarm.site.flatMap { try SiteStore.find($0, in: db) })
        else { throw Problem.notFound }
        return alarm
    }
}

/// The link to a list's next page: the same query behind the last item.
enum NextPage {
    static func link(_ call: Call, _ after: String?) -> String? {
        guard let after else { return nil }
        return call.incoming.path + "?"
            + call.kept(
                [
                    "siteId", "gatewayId", "state", "verdict", "kind", "outcome", "from", "to", "q", "bbox",
                    "needsWork", "offline",
                    "owed", "limit",
                ],
                and: ("after", after))
    }
}
