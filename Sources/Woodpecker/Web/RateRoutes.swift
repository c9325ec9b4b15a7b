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
            let (rows, asked) = try await rates(call)
            return try call.page(
                "report-rates", title: call.word("woodpecker.rates.title"),
                Citizen.tidy([
                    "rows": rows.map { rateContext($0, call) }, "from": asked.from.date, "to": (asked.to - 1).date,
                    "columns": RateRow.columns.map { ["label": call.word("woodpecker.rates.\($0)")] },
                    "first": call.word("woodpecker.column.\(asked.kind.rawValue)"),
                    "kinds": RateTable.Kind.allCases.map {
                        [
                            "value": $0.rawValue, "label": call.word("woodpecker.column.\($0.rawValue)"),
                            "selected": $0 == asked.kind,
                        ] as [String: Any]
                    },
                    "export": "/report-rates.xlsx?\(asked.query)",
                ]))
        }
        routes.get("/report-rates.xlsx", .needs(.reportStatistics), "The three rates as a workbook") { call in
            let (rows, asked) = try await rates(call)
            let book = try Workbook(
                sheet: "Zhili",
                columns: [(call.word("woodpecker.column.\(asked.kind.rawValue)"), 28)]
                    + RateRow.columns.map { (call.word("woodpecker.rates.\($0)"), 14) })
            for row in rows {
                book.add([.text(row.name)] + row.values.map { $0.map { .number($0) } ?? .empty })
            }
            return .bytes(
                try book.bytes(), type: Workbook.type, name: call.word("woodpecker.rates.title") + ".xlsx")
        }
        routes.get(
            "/api/v1/report-rates", .needs(.reportStatistics),
            "The three rates by department or area; the first row is all",
            shapes: Shapes(
                query: [
                    ("from", "due on or after this day"), ("to", "due before this day"), ("by", "department or area"),
                ],
                gives: .page(
                    of: .object(["name": .text, "due": .integer, "solvedRate": .number], required: ["name", "due"])))
        ) { call in try .list(try await rates(call).rows, next: nil) }
        routes.get("/fixed", .device, "What was put right, as far as its reporters agreed") { call in
            let call = Citizen.call(call)
            let before = call.query("before").flatMap { Int64($0) }.map(Instant.init(ms:))
            let (found, photos) = try await database.read { db in
                let found = try ReportCaseStore.published(before: before, limit: 21, in: db)
                return (found, try PublicPhotoStore.list(of: found.prefix(20).map(\.id), in: db))
            }
            var context: [String: Any] = [
                "items": found.prefix(20).map { row -> [String: Any] in
                    [
                        "category": category(row.category)?.name.text(call.language) ?? row.category,
                        "area": row.area.map(areas.name(of:)) ?? "", "words": row.publicWords,
                        "date": row.finishedAt?.date ?? "",
                        "photos": photos.filter { $0.caseID == row.id }.map { ["id": $0.id.description] },
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

    private struct Asked {
        var kind: RateTable.Kind
        var from: Instant
        var to: Instant
        var query: String { "by=\(kind.rawValue)&from=\(from.date)&to=\(to.date)" }
    }

    private func asked(_ call: Call) throws -> Asked {
        let now = Instant.now
        let time = CivilTime(now)
        let from =
            call.query("from").flatMap { $0.utf8.count == 10 ? Instant($0) : nil }
            ?? CivilTime.instant(time.year, time.month, 1)
        let to = call.query("to").flatMap { $0.utf8.count == 10 ? Instant($0) : nil } ?? now + 1
        guard from < to, to - from <= 400 * CivilTime.dayMs else { throw Problem.invalid(["from": "out-of-range"]) }
        return Asked(kind: call.query("by").flatMap(RateTable.Kind.init(rawValue:)) ?? .department, from: from, to: to)
    }

    private func rates(_ call: Call) async throws -> (rows: [RateRow], asked: Asked) {
        let asked = try asked(call)
        return (try await rateRows(asked.kind, from: asked.from, to: asked.to, call), asked)
    }

    func rateRows(_ kind: RateTable.Kind, from: Instant, to: Instant, _ call: Call) async throws -> [RateRow] {
        let words = (
            all: call.word("woodpecker.rates.all"), none: call.word("woodpecker.rates.none.\(kind.rawValue)"),
            few: call.word("woodpecker.rates.few")
        )
        return try await database.read { db in
            try RateTable.read(
                kind, from: from, to: to, at: .now, cases: cases, areas: areas, words: words, in: db
            ).rows
        }
    }

    private func rateContext(_ row: RateRow, _ call: Call) -> [String: Any] {
        [
            "name": row.name,
            "cells": zip(RateRow.columns, row.texts).map { column, text -> [String: Any] in
                ["label": call.word("woodpecker.rates.\(column)"), "text": text]
            },
        ]
    }
}
