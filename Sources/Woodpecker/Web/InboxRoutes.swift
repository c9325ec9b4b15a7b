import Cases
import Foundation
import Kernel
import Office
import Places
import Storage
import Web

extension WoodpeckerRoom {
    /// The list of what came in, for those who handle it.
    func inboxRoutes(_ routes: inout Routes) {
        routes.get("/reports", .needs(.reportRead), "Reports to be handled") { call in try await inboxPage(call) }
        routes.get("/reports.xlsx", .needs(.reportRead), "Reports as a workbook, without what they say") { call in
            try await export(call)
        }
        routes.get(
            "/api/v1/reports", .needs(.reportRead), "Reports to be handled, newest first; without what they say",
            shapes: Shapes(
                query: [
                    ("stage", "new, assigned, waiting or done"), ("category", "one category"),
                    ("department", "one department"), ("area", "one area"), ("overdue", "1: overdue ones alone"),
                    ("from", "opened on or after this day"), ("to", "opened before this day"),
                    ("before", "the last id seen"), ("limit", "1…500"),
                ], gives: .page(of: ReportRow.shape))
        ) { call in
            let (rows, more) = try await inbox(call)
            return try .list(
                rows, next: more ? rows.last.map { nextPage("/api/v1/reports", call, after: $0.id) } : nil)
        }
        routes.get(
            "/api/v1/categories/reports", .device, "Categories of reports with their questions",
            shapes: Shapes(gives: .page(of: .object(["id": .text, "name": .text], required: ["id", "name"])))
        ) { call in
            struct View: Encodable {
                var id: String
                var name: String
                var hint: String
            }
            return try .list(
                categories.map {
                    View(id: $0.code, name: $0.name.text(call.language), hint: $0.hint.text(call.language))
                }, next: nil)
        }
    }

    private func filter(_ call: Call, in db: any Reading) throws -> ReportFilter {
        let caller = try call.signedIn()
        var filter = ReportFilter()
        filter.stage = call.query("stage")
        filter.category = call.query("category")
        filter.department = call.query("department").flatMap(DepartmentID.init)
        filter.area = call.query("area").flatMap(AreaID.init)
        filter.overdueAt = call.query("overdue") == "1" ? .now : nil
        filter.from = call.query("from").flatMap { $0.utf8.count == 10 ? Instant($0) : nil }
        filter.to = call.query("to").flatMap { $0.utf8.count == 10 ? Instant($0) : nil }
        filter.before = call.query("before").flatMap(CaseID.init)
        let holders = try KeyRing.holders(of: caller, in: db)
        filter.seesLeaderOnly = holders.contains(.leader)
        filter.notAbout = try DepartmentStore.departments(of: caller.id, in: db).map { Holder.department($0).name }
        if !holders.contains(.desk) { filter.departments = holders.compactMap(\.department) }
        return filter
    }

    private func inbox(_ call: Call, limit: Int? = nil, before: CaseID? = nil) async throws -> (
        rows: [ReportRow], more: Bool
    ) {
        let limit = limit ?? call.limit
        return try await database.read { db in
            var filter = try filter(call, in: db)
            if let before { filter.before = before }
            let found = try ReportCaseStore.page(filter, limit: limit + 1, in: db)
            let now = Instant.now
            let rows = try found.prefix(limit).compactMap { row -> ReportRow? in
                guard let record = try cases.record(row.id, in: db) else { return nil }
                return ReportRow(
                    row, record, reports: try ReportStore.count(of: row.id, in: db),
                    department: try row.department.flatMap { try DepartmentStore.find($0, in: db) },
                    areaName: row.area.map(areas.name(of:)) ?? "", at: now)
            }
            return (rows, found.count > limit)
        }
    }

    private func nextPage(_ path: String, _ call: Call, after id: CaseID) -> String {
        let kept = ["stage", "category", "department", "area", "overdue", "from", "to", "limit"].compactMap { name in
            call.query(name).map { "\(name)=\($0.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })" }
        }
        return path + "?" + (kept + ["before=\(id)"]).joined(separator: "&")
    }

    private func inboxPage(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let (rows, more) = try await inbox(call)
        let departments = try await database.read { db in try DepartmentStore.all(in: db) }
        let stages = ["", "new", "assigned", "waiting", "done"]
        var context: [String: Any] = [
            "items": rows.map { rowContext($0, call) },
            "stages": stages.map { stage -> [String: Any] in
                [
                    "href": stage.isEmpty ? "/reports" : "/reports?stage=\(stage)",
                    "label": call.word("woodpecker.stage.\(stage.isEmpty ? "all" : stage)"),
                    "current": (call.query("stage") ?? "") == stage,
                ]
            },
            "stage": call.query("stage") ?? "",
            "categories": categories.map {
                [
                    "value": $0.code, "label": $0.name.text(call.language),
                    "selected": call.query("category") == $0.code,
                ] as [String: Any]
            },
            "departments": departments.map {
                [
                    "value": $0.id.description, "label": $0.name,
                    "selected": call.query("department") == $0.id.description,
                ] as [String: Any]
            },
            "overdueOnly": call.query("overdue") == "1", "locked": !keys.isOpen(caller.id),
            "export": "/reports.xlsx" + nextPage("", call, after: CaseID(rawValue: .max)),
            "isRouter": caller.may(.reportRoute), "mayManage": caller.may(.departmentManage),
        ]
        if more, let last = rows.last { context["next"] = nextPage("/reports", call, after: last.id) }
        return try call.page("report-list", title: call.word("woodpecker.nav.reports"), Citizen.tidy(context))
    }

    private func rowContext(_ row: ReportRow, _ call: Call) -> [String: Any] {
        [
            "id": row.id.description, "number": row.number, "title": row.title,
            "category": category(row.category)?.name.text(call.language) ?? row.category, "area": row.areaName,
            "state": call.word("cases.phase.\(row.state)"), "department": row.department ?? "",
            "outcome": row.outcome.map { call.word("woodpecker.outcome.\($0)") } ?? "", "waits": row.waits,
            "overdue": row.overdue, "count": String(row.reports), "several": row.reports > 1,
            "opened": String(row.openedAt.prefix(10)), "due": String(row.dueAt.prefix(16)).replacing("T", with: " "),
            "reopened": row.reopened > 0,
        ]
    }

    private func export(_ call: Call) async throws -> Answer {
        let columns = [
            "number", "category", "area", "state", "department", "outcome", "openedAt", "dueAt", "reports", "returns",
            "extensions", "reopened",
        ]
        let book = try Workbook(sheet: "Zhili", columns: columns.map { (call.word("woodpecker.column.\($0)"), 18) })
        var before: CaseID?
        var count = 0
        while count < Workbook.rowLimit {
            let (rows, more) = try await inbox(call, limit: 500, before: before)
            for row in rows {
                book.add([
                    .text(row.number), .text(category(row.category)?.name.text(call.language) ?? row.category),
                    .text(row.areaName), .text(call.word("cases.phase.\(row.state)")), .text(row.department ?? ""),
                    .text(row.outcome.map { call.word("woodpecker.outcome.\($0)") } ?? ""),
                    .moment(Instant(row.openedAt)?.ms ?? 0), .moment(Instant(row.dueAt)?.ms ?? 0),
                    .number(Double(row.reports)), .number(Double(row.returns)), .number(Double(row.extensions)),
                    .number(Double(row.reopened)),
                ])
            }
            count += rows.count
            guard more, let last = rows.last else { break }
            before = last.id
        }
        return .bytes(try book.bytes(), type: Workbook.type, name: call.word("woodpecker.nav.reports") + ".xlsx")
    }
}

/// A case of reports as a list shows it; nothing of what the reports say.
struct ReportRow: Encodable, Sendable {
    var id: CaseID
    var number: String
    var title: String
    var category: String
    var areaName: String
    var state: String
    var department: String?
    var outcome: String?
    var openedAt: String
    var dueAt: String
    var overdue: Bool
    var waits: Bool
    var reports: Int64
    var returns: Int
    var extensions: Int
    var reopened: Int

    init(
        _ row: ReportCase, _ record: CaseRecord, reports: Int64, department: Department?, areaName: String,
        at now: Instant
    ) {
        id = row.id
        number = record.number
        title = record.title
        category = row.category
        self.areaName = areaName
        state = record.phase.rawValue
        self.department = department?.name
        outcome = row.outcome?.rawValue
        openedAt = row.openedAt.rfc3339
        dueAt = row.dueAt.rfc3339
        overdue = record.isOpen && row.outcome == nil && row.dueAt < now
        waits = row.waits
        self.reports = reports
        returns = row.returns
        extensions = row.extensions
        reopened = row.reopened
    }

    static let shape = Shape.object(
        [
            "id": .id, "number": .text, "title": .text, "category": .text, "areaName": .text,
            "state": .oneOf(CasePhase.allCases.map(\.rawValue)), "department": .text,
            "outcome": .oneOf(Outcome.allCases.map(\.rawValue)), "openedAt": .time, "dueAt": .time, "overdue": .flag,
            "waits": .flag, "reports": .integer, "returns": .integer, "extensions": .integer, "reopened": .integer,
        ], required: ["id", "number", "title", "category", "state", "openedAt", "dueAt"])
}
