import Kernel
import Storage
import Web

/// How long each step took over a period.
struct StepTimes: Encodable, Sendable {
    var step: String
    var count: Int
    var medianMs: Int64
    var p90Ms: Int64
}

struct Statistics: Encodable, Sendable {
    var days: Int
    var opened: Int
    var closed: Int
    var byKind: [String: Int]
    var byVerdict: [String: Int]
    var steps: [StepTimes]

    /// Counts cases; a percentile of nothing is left out rather than shown as 0.
    init(_ records: [CaseRecord], days: Int) {
        self.days = days
        opened = records.count
        closed = records.filter { $0.phase == .closed }.count
        byKind = Dictionary(grouping: records, by: \.kind.rawValue).mapValues(\.count)
        byVerdict = Dictionary(grouping: records.compactMap(\.verdict), by: \.rawValue).mapValues(\.count)
        let times: [(String, (CaseRecord) -> Instant?)] = [
            ("acknowledged", \.acknowledgedAt), ("dispatched", \.dispatchedAt), ("arrived", \.arrivedAt),
            ("handled", \.handledAt), ("closed", \.closedAt),
        ]
        steps = times.compactMap { name, moment in
            let spans = records.compactMap { record in moment(record).map { $0 - record.openedAt } }.sorted()
            guard !spans.isEmpty else { return nil }
            return StepTimes(
                step: name, count: spans.count, medianMs: spans[(spans.count - 1) / 2],
                p90Ms: spans[(spans.count - 1) * 9 / 10])
        }
    }
}

extension CasesRoom {
    func statisticsRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/statistics", .needs(.caseRead), "Counts and response times of emergencies",
            shapes: Shapes(query: [("days", "1…366, else 30"), ("kind", "one kind")])
        ) { call in try .json(try await statistics(call)) }
        routes.get("/statistics", .needs(.caseRead), "Counts and response times") { call in
            let statistics = try await statistics(call)
            let most = max(1, statistics.byKind.values.max() ?? 1)
            return try call.page(
                "statistics", title: call.word("cases.nav.statistics"),
                [
                    "days": [7, 30, 90, 366].map { days -> [String: Any] in
                        [
                            "value": String(days), "selected": days == statistics.days,
                            "label": call.word("cases.statistics.days", ["n": String(days)]),
                        ]
                    },
                    "opened": String(statistics.opened), "closed": String(statistics.closed),
                    "kinds": statistics.byKind.sorted { $0.value > $1.value }.map { kind, count -> [String: Any] in
                        [
                            "label": call.word("cases.kindName.\(kind)"), "count": String(count),
                            "percent": String(count * 100 / most),
                        ]
                    },
                    "verdicts": statistics.byVerdict.sorted { $0.value > $1.value }.map { verdict, count in
                        ["label": call.word("cases.verdict.\(verdict)"), "count": String(count)]
                    },
                    "steps": statistics.steps.map { step -> [String: Any] in
                        [
                            "label": call.word("cases.step.\(step.step)"), "count": String(step.count),
                            "median": spanText(step.medianMs, call), "p90": spanText(step.p90Ms, call),
                        ]
                    },
                ])
        }
    }

    private func statistics(_ call: Call) async throws -> Statistics {
        let days = min(366, max(1, call.query("days").flatMap { Int($0) } ?? 30))
        var filter = CaseFilter()
        filter.from = Instant.now - Int64(days) * CivilTime.dayMs
        filter.kind = call.query("kind").flatMap(CaseKind.init(rawValue:))
        let wanted = filter
        let records = try await database.read { db in try CaseList.page(wanted, limit: 50_000, in: db) }
        return Statistics(records, days: days)
    }
}

extension CasesRoom {
    /// What the desk shows of cases and units.
    public struct DeskPart: Encodable, Sendable {
        var cases: [CaseRow]
        var units: [UnitView]
        /// Open cases.
        public var open: Int64
        /// Open cases that a clock has run out on.
        public var overdue: Int64

        private enum Keys: String, CodingKey { case cases, units }

        /// Writes the lists; the numbers stand among the desk's counts.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(cases, forKey: .cases)
            try container.encode(units, forKey: .units)
        }
    }

    /// The newest 200 open cases and every unit.
    public func deskPart(at now: Instant, in db: any Reading) throws -> DeskPart {
        var filter = CaseFilter()
        filter.onlyOpen = true
        let units = try UnitStore.all(in: db)
        var names: [CaseID: [String]] = [:]
        for status in units {
            for task in status.tasks { names[task.caseID, default: []].append(status.unit.name) }
        }
        let rows = try CaseList.page(filter, limit: 200, in: db).map { record in
            var row = CaseRow(record, at: now, surroundings)
            row.unitNames = names[record.id] ?? []
            return row
        }
        let counts = try CaseList.counts(at: now, in: db)
        return DeskPart(cases: rows, units: units.map(UnitView.init), open: counts.open, overdue: counts.overdue)
    }
}
