import Foundation
import Kernel
import Office
import Print
import Storage
import Web

extension SummaryRoom {
    func summaryRoutes(_ routes: inout Routes) {
        routes.get("/summary", .needs(.summaryRead), "What a day, a week or a month came to") { call in
            let (period, parts) = try await parts(call)
            return try call.page("summary", title: call.word("summary.title"), context(period, parts, call))
        }
        routes.get("/summary.pdf", .needs(.summaryRead), "What a time came to as PDF") { call in
            let (period, parts) = try await parts(call)
            let bytes = try await Printer.shared.pdf(paper(period, parts, call))
            return .bytes(bytes, type: Printer.type, name: fileName(period, call) + ".pdf")
        }
        routes.get("/summary.xlsx", .needs(.summaryRead), "What a time came to as a workbook") { call in
            let (period, parts) = try await parts(call)
            return .bytes(
                try workbook(period, parts, call), type: Workbook.type, name: fileName(period, call) + ".xlsx")
        }
        routes.get(
            "/api/v1/summary", .needs(.summaryRead), "What a time came to, part by part, as far as the caller may know",
            shapes: Shapes(
                query: [("length", "day, week or month"), ("date", "a day in it, else today")],
                gives: .page(
                    of: .object([
                        "id": .text, "title": .text, "note": .text,
                        "figures": .list(
                            .object(["name": .text, "text": .text, "number": .number, "href": .text, "note": .text])),
                    ])))
        ) { call in try .list(try await parts(call).parts.map(PartItem.init), next: nil) }
    }

    private struct PartItem: Encodable {
        struct Figure: Encodable {
            var name: String
            var text: String
            var number: Double?
            var href: String
            var note: String
        }
        var id: String
        var title: String
        var note: String
        var figures: [Figure]

        init(_ part: SummaryPart) {
            id = part.key
            title = part.title
            note = part.note
            figures = part.figures.map {
                Figure(name: $0.name, text: $0.text, number: $0.number, href: $0.href, note: $0.note)
            }
        }
    }

    private func parts(_ call: Call) async throws -> (period: Period, parts: [SummaryPart]) {
        let caller = try call.signedIn()
        let now = Instant.now
        guard let length = Period.Length(rawValue: call.query("length") ?? "day") else {
            throw Problem.invalid(["length": "unknown"])
        }
        var day = now.dayNumber
        if let text = call.query("date") {
            guard let date = Instant(text) else { throw Problem.invalid(["date": "invalid"]) }
            day = date.dayNumber
        }
        let period = Period(length, of: day)
        let question = SummaryQuestion(period: period, caller: caller, now: now) { call.word($0, $1) }
        let parts = try await database.read { [sources] db in try sources.compactMap { try $0(question, db) } }
        return (period, parts)
    }

    private func fileName(_ period: Period, _ call: Call) -> String {
        "\(call.word("summary.name.\(period.length.rawValue)"))-\(period.from)"
    }

    // MARK: on screen

    private func context(_ period: Period, _ parts: [SummaryPart], _ call: Call) -> [String: Any] {
        let today = Instant.now.dayNumber
        let link = { (period: Period) in "?length=\(period.length.rawValue)&date=\(period.from)" }
        var context: [String: Any] = [
            "words": period.words, "date": period.from, "length": period.length.rawValue,
            "lengths": Period.Length.allCases.map { length -> [String: Any] in
                // Today's one where the period holds today, else the one around its first day.
                let day = (period.firstDay..<period.endDay).contains(today) ? today : period.firstDay
                return [
                    "href": "/summary" + link(Period(length, of: day)),
                    "label": call.word("summary.length.\(length.rawValue)"), "isChosen": length == period.length,
                ]
            },
            "previous": "/summary" + link(period.previous), "pdf": "/summary.pdf" + link(period),
            "xlsx": "/summary.xlsx" + link(period), "isRunning": (period.firstDay..<period.endDay).contains(today),
            "parts": parts.map { partContext($0) },
        ]
        if period.endDay <= today { context["following"] = "/summary" + link(period.next) }
        return context
    }

    private func partContext(_ part: SummaryPart) -> [String: Any] {
        [
            "key": part.key, "title": part.title, "note": part.note, "hasNote": !part.note.isEmpty,
            "figures": part.figures.map { figure -> [String: Any] in
                [
                    "name": figure.name, "text": figure.text, "href": figure.href, "note": figure.note,
                    "hasNote": !figure.note.isEmpty,
                ]
            },
            "charts": part.charts.map { ["svg": $0.svg(width: 440, height: 200)] },
            "grids": part.grids.map { grid -> [String: Any] in
                [
                    "title": grid.title,
                    "heads": grid.heads.enumerated().map { ["text": $1, "isNumeric": $0 > 0] as [String: Any] },
                    "rows": grid.rows.map { row in
                        [
                            "cells": row.enumerated().map { index, cell -> [String: Any] in
                                [
                                    "text": cell.text, "href": cell.href, "hasHref": !cell.href.isEmpty,
                                    "isNumeric": index > 0,
                                ]
                            }
                        ]
                    }, "isEmpty": grid.rows.isEmpty,
                ]
            },
        ]
    }

    // MARK: on paper

    private func paper(_ period: Period, _ parts: [SummaryPart], _ call: Call) throws -> Document {
        let address = address()
        let full = { (href: String) in href.isEmpty ? "" : address.map { $0 + href } ?? "" }
        var blocks: [Document.Block] = []
        for part in parts {
            blocks.append(.heading(part.title, level: 1))
            blocks.append(
                .table(
                    Document.Table(
                        columns: [
                            .init(call.word("summary.figure"), share: 3),
                            .init(call.word("summary.value"), share: 1.4, isNumeric: true),
                            .init(call.word("summary.remark"), share: 3),
                        ],
                        rows: part.figures.map { figure in
                            [.init(figure.name), .init(figure.text, link: full(figure.href)), .init(figure.note)]
                        })))
            blocks += part.charts.map { .chart($0) }
            for grid in part.grids {
                blocks.append(.heading(grid.title, level: 2))
                blocks.append(
                    .table(
                        Document.Table(
                            columns: grid.heads.enumerated().map { index, head in
                                .init(head, share: index == 0 ? 2.4 : 1, isNumeric: index > 0)
                            }, rows: grid.rows.map { row in row.map { .init($0.text, link: full($0.href)) } },
                            empty: call.word("common.empty"))))
            }
            if !part.note.isEmpty { blocks.append(.note(part.note)) }
        }
        return Document(
            title: call.word("summary.name.\(period.length.rawValue)"), subtitle: period.words,
            footer: call.word("common.printed", ["time": Instant.now.text, "name": try call.signedIn().name]),
            blocks: blocks, pageWords: call.pageWords)
    }

    // MARK: as a workbook

    private func workbook(_ period: Period, _ parts: [SummaryPart], _ call: Call) throws -> [UInt8] {
        let heads: [(String, Double)] = [("part", 18), ("table", 24), ("row", 28), ("figure", 26), ("value", 14)]
        let book = try Workbook(
            sheet: "Zhili",
            columns: heads.map { (call.word("summary.\($0.0)"), $0.1) } + [
                (call.word("summary.remark"), 40), (call.word("summary.from"), 14), (call.word("summary.to"), 14),
            ])
        let span: [Workbook.Cell] = [.text(period.from), .text(Period(.day, of: period.endDay - 1).from)]
        for part in parts {
            for figure in part.figures {
                book.add(
                    [
                        .text(part.title), .empty, .empty, .text(figure.name),
                        figure.number.map { .number($0) } ?? .text(figure.text), .text(figure.note),
                    ] + span)
            }
            for chart in part.charts {
                for series in chart.series {
                    for (label, value) in zip(chart.labels, series.values) {
                        book.add(
                            [
                                .text(part.title), .text(chart.title), .text(label), .text(series.name),
                                value.map { .number($0) } ?? .empty, .text(chart.unit),
                            ] + span)
                    }
                }
            }
            for grid in part.grids {
                for row in grid.rows {
                    for (head, cell) in zip(grid.heads, row).dropFirst() {
                        book.add(
                            [
                                .text(part.title), .text(grid.title), .text(row.first?.text ?? ""), .text(head),
                                Double(cell.text).map { .number($0) } ?? .text(cell.text), .empty,
                            ] + span)
                    }
                }
            }
        }
        return try book.bytes()
    }
}
