import Kernel
import Office
import Storage
import Web

/// `/alarms`: every alarm with the rules that led to its judgement.
struct AlarmListPage {
    func add(to routes: inout Routes) {
        routes.get("/alarms", .needs(.alarmRead), "The list of alarms") { call in try await page(call) }
        routes.get("/alarms.xlsx", .needs(.alarmRead), "The list of alarms as a workbook") { call in
            try await export(call)
        }
    }

    private func filter(_ call: Call) throws -> AlarmFilter {
        let scope = Scope(try call.signedIn())
        var filter = AlarmFilter(areas: scope.areas, owner: scope.owner)
        filter.state = call.query("state").flatMap(Alarm.State.init(rawValue:))
        filter.verdict = call.query("verdict").flatMap(Alarm.Verdict.init(rawValue:))
        filter.kind = call.query("kind").flatMap(DetectorKind.init(rawValue:))
        filter.text = call.query("q").map { String($0.prefix(50)) }
        filter.from = call.query("from").flatMap { Instant($0) }
        filter.to = call.query("to").flatMap { Instant($0) }
        filter.before = call.query("after").flatMap(AlarmID.init)
        return filter
    }

    private func page(_ call: Call) async throws -> Answer {
        let (filter, limit, caller) = (try filter(call), call.limit, try call.signedIn())
        let (found, sites) = try await call.database.read { db in
            let found = try AlarmStore.list(filter, limit: limit + 1, in: db)
            return (found, try SiteStore.find(Set(found.compactMap(\.site)), in: db))
        }
        let query = call.kept(["q", "state", "verdict", "kind", "from", "to", "limit"])
        var context: [String: Any] = [
            "items": found.prefix(limit).map { alarm -> [String: Any] in
                [
                    "at": alarm.raisedAt.rfc3339, "atText": alarm.raisedAt.text,
                    "site": alarm.site.flatMap { sites[$0]?.name } ?? call.word("fire.place.unknown"),
                    "place": alarm.place, "kind": call.word("fire.kind.\(alarm.kind.rawValue)"),
                    "state": call.word("fire.state.\(alarm.state.rawValue)"), "tint": PageWords.tint(alarm.state),
                    "verdict": alarm.verdict.map { call.word("fire.verdict.\($0.rawValue)") } ?? "",
                    "count": String(alarm.repeats + 1), "reasons": PageWords.reasons(alarm, call),
                    "caseId": alarm.caseID?.description ?? "",
                    "hasCase": alarm.caseID != nil && caller.roles != [.owner],
                ]
            },
            "states": PageWords.choices(
                call, "state", ["raised", "acknowledged", "verified", "cleared"], words: "fire.state"),
            "verdicts": PageWords.choices(
                call, "verdict", ["real", "false", "test", "drill"], words: "fire.verdict"),
            "kinds": PageWords.choices(call, "kind", DetectorKind.allCases.map(\.rawValue), words: "fire.kind"),
            "values": Dictionary(
                uniqueKeysWithValues: ["q", "from", "to"].map { ($0, call.query($0) ?? "") }),
            "export": "/alarms.xlsx?" + query,
        ]
        if found.count > limit { context["next"] = "/alarms?\(query)&after=\(found[limit - 1].id)" }
        return try call.page("alarm-list", title: call.word("fire.alarms.title"), context)
    }

    private func export(_ call: Call) async throws -> Answer {
        var filter = try filter(call)
        let columns = ["raisedAt", "name", "place", "kind", "state", "verdict", "count", "why"]
        let book = try Workbook(
            sheet: "Zhili",
            columns: columns.map { (call.word("fire.column.\($0)"), $0 == "name" || $0 == "why" ? 40 : 18) })
        var count = 0
        while count < Workbook.rowLimit {
            let current = filter
            let (found, sites) = try await call.database.read { db in
                let found = try AlarmStore.list(current, limit: 500, in: db)
                return (found, try SiteStore.find(Set(found.compactMap(\.site)), in: db))
            }
            for alarm in found {
                book.add([
                    .moment(alarm.raisedAt.ms),
                    .text(alarm.site.flatMap { sites[$0]?.name } ?? call.word("fire.place.unknown")),
                    .text(alarm.place), .text(call.word("fire.kind.\(alarm.kind.rawValue)")),
                    .text(call.word("fire.state.\(alarm.state.rawValue)")),
                    .text(alarm.verdict.map { call.word("fire.verdict.\($0.rawValue)") } ?? ""),
                    .number(Double(alarm.repeats + 1)),
                    .text(PageWords.reasons(alarm, call).compactMap { $0["text"] }.joined(separator: "\n")),
                ])
            }
            count += found.count
            guard found.count == 500, let last = found.last else { break }
            filter.before = last.id
        }
        return .bytes(try book.bytes(), type: Workbook.type, name: call.word("fire.alarms.title") + ".xlsx")
    }
}
