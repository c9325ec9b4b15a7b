import Kernel
import Storage
import Web

extension CasesRoom {
    func statisticsRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/statistics", .needs(.caseRead), "Counts and response times of emergencies",
            shapes: Shapes(query: [("days", "1…366, else 30"), ("kind", "one kind")])
        ) { call in try .json(try await statistics(call)) }
        routes.get("/statistics", .needs(.caseRead), "Counts and response times") { call in
            let statistics = try await statistics(call)
            return try call.page("statistics", title: call.word("cases.nav.statistics"), context(statistics, call))
        }
    }

    private func context(_ statistics: Statistics, _ call: Call) -> [String: Any] {
        let kind = call.query("kind") ?? ""
        let judged = statistics.byVerdict.values.reduce(0, +)
        let alarmed = statistics.byVerdict["false", default: 0]
        let most = max(1, statistics.periods.map(\.count).max() ?? 1)
        return [
            "days": [7, 30, 90, 366].map { days -> [String: Any] in
                [
                    "value": String(days), "selected": days == statistics.days,
                    "label": call.word("cases.statistics.days", ["n": String(days)]),
                ]
            },
            "kind": kind,
            "kinds": CaseKind.allCases.map { item -> [String: Any] in
                [
                    "value": item.rawValue, "label": call.word("cases.kindName.\(item.rawValue)"),
                    "selected": item.rawValue == kind,
                ]
            },
            "opened": String(statistics.opened), "closed": String(statistics.closed),
            "open": String(statistics.open), "overdue": String(statistics.overdue),
            "falseShare": judged == 0 ? "—" : "\(alarmed * 100 / judged) %",
            "judged": call.word("cases.statistics.judged", ["n": String(judged)]),
            "periods": statistics.periods.map { period -> [String: Any] in
                [
                    "from": String(period.from.dropFirst(5)), "count": String(period.count),
                    "height": String(period.count * 100 / most), "some": period.count > 0,
                ]
            },
            "byKind": shares(statistics.byKind, "cases.kindName", call),
            "byVerdict": shares(statistics.byVerdict, "js.verdict", call),
            "steps": statistics.steps.map { step -> [String: Any] in
                [
                    "label": call.word("cases.step.\(step.step)"), "count": String(step.count),
                    "median": spanText(step.medianMs, call), "p90": spanText(step.p90Ms, call),
                ]
            },
        ]
    }

    private func shares(_ counts: [String: Int], _ words: String, _ call: Call) -> [[String: Any]] {
        let most = max(1, counts.values.max() ?? 1)
        return counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.map { name, count -> [String: Any] in
            [
                "label": call.word("\(words).\(name)"), "count": String(count),
                "percent": String(count * 100 / most),
            ]
        }
    }

    private func statistics(_ call: Call) async throws -> Statistics {
        let days = min(366, max(1, call.query("days").flatMap { Int($0) } ?? 30))
        let now = Instant.now
        var filter = CaseFilter()
        filter.from = now - Int64(days) * CivilTime.dayMs
        filter.kind = call.query("kind").flatMap(CaseKind.init(rawValue:))
        filter.areas = call.caller?.areas
        let wanted = filter
        let records = try await database.read { db in try CaseList.page(wanted, limit: 50_000, in: db) }
        return Statistics(records, days: days, at: now)
    }
}
