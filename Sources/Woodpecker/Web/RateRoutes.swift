import Cases
import Kernel
import Office
import Places
import Storage
import Web

extension Permission {
    /// See how well reports are handled.
    public static let reportStatistics = Permission("report.statistics", [.officer, .leader, .auditor])
}

extension WoodpeckerRoom {
    /// The three rates, and the public page of what was put right.
    func rateRoutes(_ routes: inout Routes) {
        routes.get("/report-rates", .needs(.reportStatistics), "The three rates with what stands beside them") { call in
            let (rows, span) = try await rates(call)
            return try call.page(
                "report-rates", title: call.word("woodpecker.rates.title"),
                Citizen.tidy([
                    "rows": rows.map { rateContext($0, call) }, "from": span.from.date, "to": (span.to - 1).date,
                    "export": "/report-rates.xlsx?from=\(span.from.date)&to=\(span.to.date)",
                ]))
        }
        routes.get("/report-rates.xlsx", .needs(.reportStatistics), "The three rates as a workbook") { call in
            let (rows, _) = try await rates(call)
            let book = try Workbook(
                sheet: "Zhili",
                columns: [(call.word("woodpecker.column.department"), 28)]
                    + RateRow.columns.map { (call.word("woodpecker.rates.\($0)"), 14) })
            for row in rows {
                book.add([.text(row.name)] + row.values.map { $0.map { .number($0) } ?? .empty })
            }
            return .bytes(
                try book.bytes(), type: Workbook.type, name: call.word("woodpecker.rates.title") + ".xlsx")
        }
        routes.get(
            "/api/v1/report-rates", .needs(.reportStatistics), "The three rates by department; the first row is all",
            shapes: Shapes(
                query: [("from", "due on or after this day"), ("to", "due before this day")],
                gives: .page(
                    of: .object(["name": .text, "due": .integer, "solvedRate": .number], required: ["name", "due"])))
        ) { call in try .list(try await rates(call).rows, next: nil) }
        routes.get("/fixed", .device, "What was put right, as far as its reporters agreed") { call in
            let call = Citizen.call(call)
            let before = call.query("before").flatMap { Int64($0) }.map(Instant.init(ms:))
            let found = try await database.read { db in
                try ReportCaseStore.published(before: before, limit: 21, in: db)
            }
            var context: [String: Any] = [
                "items": found.prefix(20).map { row -> [String: Any] in
                    [
                        "category": category(row.category)?.name.text(call.language) ?? row.category,
                        "area": row.area.map(areas.name(of:)) ?? "", "words": row.publicWords,
                        "date": row.finishedAt?.date ?? "",
                        "outcome": row.outcome.map { call.word("woodpecker.outcome.\($0.rawValue)") } ?? "",
                    ]
                }
            ]
            if found.count > 20, let last = found.prefix(20).last?.publishedAt {
                context["next"] = "/fixed?lang=\(call.language.rawValue)&before=\(last.ms)"
            }
            return try Citizen.page(
                "fixed", title: call.word("woodpecker.fixed.title"), context, call, path: "/fixed")
        }
    }

    private func rates(_ call: Call) async throws -> (rows: [RateRow], span: (from: Instant, to: Instant)) {
        let now = Instant.now
        let time = CivilTime(now)
        let from =
            call.query("from").flatMap { $0.utf8.count == 10 ? Instant($0) : nil }
            ?? CivilTime.instant(time.year, time.month, 1)
        let to = call.query("to").flatMap { $0.utf8.count == 10 ? Instant($0) : nil } ?? now + 1
        guard from < to, to - from <= 400 * CivilTime.dayMs else { throw Problem.invalid(["from": "out-of-range"]) }
        let (all, departments) = try await database.read { db in
            let rows = try ReportCaseStore.due(from: from, to: to, in: db)
            let items = try rows.map { row -> (DepartmentID?, Rates.Item) in
                let record = try cases.record(row.id, in: db)
                let ratings = try ReportStore.list(of: row.id, in: db).compactMap(\.rating)
                return (
                    row.department,
                    Rates.Item(
                        dueAt: row.dueAt, answerDueAt: row.answerDueAt, answeredAt: row.answeredAt,
                        finishedAt: row.finishedAt, outcome: row.outcome, isVerified: record?.phase == .closed,
                        ratings: ratings, returns: row.returns, extensions: row.extensions, reopened: row.reopened)
                )
            }
            return (items, try DepartmentStore.all(in: db))
        }
        var rows = [
            RateRow(call.word("woodpecker.rates.all"), Rates(all.map(\.1), from: from, to: to, at: now))
        ]
        for department in departments {
            let own = all.filter { $0.0 == department.id }.map(\.1)
            if !own.isEmpty { rows.append(RateRow(department.name, Rates(own, from: from, to: to, at: now))) }
        }
        return (rows, (from, to))
    }

    private func rateContext(_ row: RateRow, _ call: Call) -> [String: Any] {
        [
            "name": row.name,
            "cells": zip(RateRow.columns, row.values).map { column, value -> [String: Any] in
                let text = value.map { $0 == $0.rounded() ? String(Int($0)) : String($0) } ?? "—"
                return [
                    "label": call.word("woodpecker.rates.\(column)"),
                    "text": column.hasSuffix("Rate") && value != nil ? text + "%" : text,
                ]
            },
        ]
    }
}

/// The rates of one department, or of all.
struct RateRow: Encodable {
    var name: String
    var rates: Rates

    init(_ name: String, _ rates: Rates) {
        self.name = name
        self.rates = rates
    }

    static let columns = [
        "due", "answeredRate", "solvedRate", "satisfiedRate", "rated", "late", "returns", "extensions", "merged",
        "notOurs", "reopened",
    ]

    var values: [Double?] {
        [
            Double(rates.due), Rates.share(rates.answered, of: rates.answerDue),
            Rates.share(rates.solved, of: rates.due),
            Rates.share(rates.satisfied, of: rates.due), Double(rates.rated), Double(rates.late), Double(rates.returns),
            Double(rates.extensions), Double(rates.merged), Double(rates.notOurs), Double(rates.reopened),
        ]
    }

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: Key(stringValue: "name"))
        for (column, value) in zip(Self.columns, values) {
            if let value { try container.encode(value, forKey: Key(stringValue: column)) }
        }
    }
}
