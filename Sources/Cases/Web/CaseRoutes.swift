import Foundation
import Kernel
import Office
import Storage
import Web

extension CasesRoom {
    func caseRoutes(_ routes: inout Routes) {
        routes.get("/cases", .needs(.caseRead), "The list of cases") { call in try await listPage(call) }
        routes.get("/cases.xlsx", .needs(.caseRead), "The list of cases as a workbook") { call in
            try await export(call)
        }
        routes.get("/cases/{id}", .needs(.caseRead), "A case") { call in
            let detail = try await read(call)
            let units = try await database.read { db in try UnitStore.all(in: db) }
            return try casePage(detail, units: units, call)
        }
        routes.get(
            "/api/v1/cases", .needs(.caseRead), "The list of cases, newest first",
            shapes: Shapes(
                query: [
                    ("open", "1: open ones alone"), ("state", "one state"), ("kind", "one kind"),
                    ("severity", "1…4"), ("area", "one area"), ("subject", "such as sites/…"),
                    ("overdue", "1: overdue ones alone"), ("from", "opened on or after this day, YYYY-MM-DD"),
                    ("to", "opened before this day"), ("q", "part of title, place or number"),
                    ("before", "the last id seen"), ("limit", "1…500"),
                ], gives: .page(of: CaseRow.shape))
        ) { call in
            let (records, more) = try await page(call)
            let now = Instant.now
            return try .list(
                records.map { CaseRow($0, at: now, surroundings) },
                next: more ? records.last.map { nextPage("/api/v1/cases", call, after: $0.id) } : nil)
        }
        routes.get(
            "/api/v1/cases/{id}", .needs(.caseRead), "A case with alarms, tasks, clocks, timeline and what may be done",
            shapes: Shapes(gives: CaseRow.shape)
        ) { call in try .json(try await read(call)) }
    }

    func read(_ call: Call) async throws -> CaseDetail {
        let id: CaseID = try call.id()
        let caller = try call.signedIn()
        return try await database.read { db in try detail(id, for: caller, at: .now, call, in: db) }
    }

    func filter(_ call: Call) -> CaseFilter {
        var filter = CaseFilter()
        filter.areas = call.caller?.areas
        filter.onlyOpen = call.query("open") == "1"
        filter.onlySupervised = call.query("supervised") == "1"
        filter.phase = call.query("state").flatMap(CasePhase.init(rawValue:))
        filter.kind = call.query("kind").flatMap(CaseKind.init(rawValue:))
        filter.verdict = call.query("verdict").flatMap(Verdict.init(rawValue:))
        filter.severity = call.query("severity").flatMap { Int($0) }.flatMap(Severity.init(rawValue:))
        filter.area = call.query("area").flatMap(AreaID.init)
        filter.subject = call.query("subject")
        filter.overdueAt = call.query("overdue") == "1" ? .now : nil
        filter.from = call.query("from").flatMap { Instant($0) }
        filter.to = call.query("to").flatMap { Instant($0) }
        filter.text = call.query("q").map { String($0.prefix(60)) }
        filter.before = call.query("before").flatMap(CaseID.init)
        return filter
    }

    private func page(_ call: Call) async throws -> (records: [CaseRecord], more: Bool) {
        let filter = filter(call)
        let limit = call.limit
        let records = try await database.read { db in try CaseList.page(filter, limit: limit + 1, in: db) }
        return (Array(records.prefix(limit)), records.count > limit)
    }

    private func nextPage(_ path: String, _ call: Call, after id: CaseID) -> String {
        path + "?" + call.kept(Self.filterNames + ["limit"], and: ("before", id.description))
    }

    private static let filterNames = [
        "open", "supervised", "state", "kind", "verdict", "severity", "area", "overdue", "from", "to", "q",
    ]

    private func listPage(_ call: Call) async throws -> Answer {
        let (records, more) = try await page(call)
        let now = Instant.now
        let chosen = { (name: String, values: [String], prefix: String) -> [[String: Any]] in
            values.map { value in
                ["value": value, "label": call.word("\(prefix).\(value)"), "selected": call.query(name) == value]
            }
        }
        var context: [String: Any] = [
            "items": records.map { rowContext($0, at: now, call) },
            "states": chosen("state", CasePhase.allCases.map(\.rawValue), "cases.phase"),
            "kinds": chosen("kind", CaseKind.allCases.map(\.rawValue), "cases.kindName"),
            "severities": chosen("severity", Severity.allCases.map { String($0.rawValue) }, "cases.severity"),
            "values": ["q": call.query("q") ?? "", "from": call.query("from") ?? "", "to": call.query("to") ?? ""],
            "supervisedOnly": call.query("supervised") == "1",
            "openOnly": call.query("open") == "1", "overdueOnly": call.query("overdue") == "1",
            "export": "/cases.xlsx?" + call.kept(Self.filterNames),
        ]
        if more, let last = records.last { context["next"] = nextPage("/cases", call, after: last.id) }
        return try call.page("case-list", title: call.word("cases.listTitle"), context)
    }

    private func rowContext(_ record: CaseRecord, at now: Instant, _ call: Call) -> [String: Any] {
        [
            "id": record.id.description, "number": record.number, "title": record.title, "place": record.place,
            "area": record.area.map(surroundings.areaName) ?? "", "kind": call.word("cases.kindName.\(record.kind)"),
            "state": call.word("cases.phase.\(record.phase)"), "stateTint": tint(record.phase),
            "severity": call.word("cases.severity.\(record.severity.rawValue)"),
            "severityTint": tint(record.severity), "overdue": record.isOverdue(at: now),
            "openedAt": record.openedAt.rfc3339, "openedText": record.openedAt.text,
            "dueText": record.isOpen ? record.dueAt?.text ?? "" : "",
        ]
    }

    private func export(_ call: Call) async throws -> Answer {
        var filter = filter(call)
        let columns = ["number", "kind", "severity", "state", "title", "place", "area", "openedAt", "closedAt"]
        let book = try Workbook(
            sheet: "Zhili", columns: columns.map { (call.word("cases.column.\($0)"), $0 == "title" ? 40 : 18) })
        var count = 0
        while count < Workbook.rowLimit {
            let current = filter
            let records = try await database.read { db in try CaseList.page(current, limit: 500, in: db) }
            for record in records {
                book.add([
                    .text(record.number), .text(call.word("cases.kindName.\(record.kind)")),
                    .text(call.word("cases.severity.\(record.severity.rawValue)")),
                    .text(call.word("cases.phase.\(record.phase)")), .text(record.title), .text(record.place),
                    .text(record.area.map(surroundings.areaName) ?? ""), .moment(record.openedAt.ms),
                    record.closedAt.map { .moment($0.ms) } ?? .empty,
                ])
            }
            count += records.count
            guard records.count == 500, let last = records.last else { break }
            filter.before = last.id
        }
        return .bytes(try book.bytes(), type: Workbook.type, name: call.word("cases.listTitle") + ".xlsx")
    }
}

func tint(_ phase: CasePhase) -> String {
    switch phase {
    case .open: "warn"
    case .accepted, .assigned, .handling: "info"
    case .handled: "warn"
    case .closed: "ok"
    case .rejected, .merged, .suspended: ""
    }
}

func tint(_ severity: Severity) -> String {
    switch severity {
    case .grave, .serious: "bad"
    case .moderate: "warn"
    case .minor: ""
    }
}
