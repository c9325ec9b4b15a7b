import Kernel
import Office
import Storage
import Web

/// What the water watch came to: a month by days and by places, a year by months; adults and children apart.
struct WaterFiguresPages {
    let desk: any WatchDesk

    func add(to routes: inout Routes) {
        routes.get("/water/figures", .needs(.waterRead), "A month of the water watch, by days and by places") { call in
            try await page(call)
        }
        routes.get("/water/figures.xlsx", .needs(.waterRead), "A month of the water watch as a workbook") { call in
            try await workbook(call)
        }
        routes.get(
            "/api/v1/water-figures", .needs(.waterRead),
            "A month of the water watch: by days, by places, and the year's months",
            shapes: Shapes(query: [("month", "YYYY-MM; this month by itself")])
        ) { call in try .json(try await WaterFigures.load(call)) }
    }

    private static let columns = ["sightings", "adults", "children", "due", "unwatched"]

    private static func cells(_ line: WaterFigures.Line) -> [Int64] {
        [line.sightings, line.adults, line.children, line.dueHours, line.unwatchedHours]
    }

    private func page(_ call: Call) async throws -> Answer {
        let figures = try await WaterFigures.load(call)
        func rows(_ lines: [WaterFigures.Line]) -> [[String: Any]] {
            lines.map { line in
                [
                    "label": line.label, "sightings": String(line.sightings), "adults": String(line.adults),
                    "children": String(line.children), "due": String(line.dueHours),
                    "unwatched": String(line.unwatchedHours), "isUnwatched": line.unwatchedHours > 0,
                    "isEmpty": line.sightings == 0,
                    "day": line.date.map { ["date": $0] as [String: String] } ?? [:],
                    "hasDay": line.date != nil,
                ]
            }
        }
        let sum = WaterFigures.sum(figures.places)
        return try call.page(
            "water-figures", title: call.word("watch.water.figures"),
            [
                "month": figures.month, "days": rows(figures.days), "places": rows(figures.places),
                "months": rows(figures.months), "sightings": String(sum.sightings), "adults": String(sum.adults),
                "children": String(sum.children), "unwatched": String(sum.unwatchedHours), "due": String(sum.dueHours),
                "export": "/water/figures.xlsx?month=\(figures.month)",
            ])
    }

    private func workbook(_ call: Call) async throws -> Answer {
        let figures = try await WaterFigures.load(call)
        let heads = ["label"] + Self.columns
        let book = try Workbook(
            sheet: figures.month,
            columns: heads.map { (call.word("watch.water.figure.\($0)"), $0 == "label" ? 30 : 16) })
        for line in figures.places + figures.days + figures.months {
            book.add([.text(line.label)] + Self.cells(line).map { .number(Double($0)) })
        }
        return .bytes(
            try book.bytes(), type: Workbook.type,
            name: call.word("watch.water.figures") + " \(figures.month).xlsx")
    }
}
