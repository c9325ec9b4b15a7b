import Kernel
import Print
import Storage
import Web

extension WoodpeckerRoom {
    /// The report of a month (月报), on paper.
    func monthlyRoutes(_ routes: inout Routes) {
        routes.get("/report-rates.pdf", .needs(.reportStatistics), "The monthly report with charts, as PDF") { call in
            let month = try Month(call.query("month"), now: .now)
            let document = try await monthly(month, call)
            return .bytes(
                try await Printer.shared.pdf(document), type: Printer.type,
                name: "\(call.word("woodpecker.monthly.title"))-\(month.name).pdf")
        }
    }

    /// A month of the calendar.
    struct Month: Sendable, Equatable {
        var year: Int
        var month: Int

        /// `2026-11`; without it the month before this one, which is complete.
        init(_ text: String?, now: Instant) throws {
            let time = CivilTime(now)
            (year, month) = (time.year, time.month)
            guard let text, !text.isEmpty else {
                self = before
                return
            }
            let parts = text.split(separator: "-").map(String.init)
            guard parts.count == 2, let year = Int(parts[0]), let month = Int(parts[1]), (2_000...2_200).contains(year),
                (1...12).contains(month)
            else { throw Problem.invalid(["month": "invalid"]) }
            (self.year, self.month) = (year, month)
        }

        private init(year: Int, month: Int) { (self.year, self.month) = (year, month) }

        var before: Month { month == 1 ? Month(year: year - 1, month: 12) : Month(year: year, month: month - 1) }
        var after: Month { month == 12 ? Month(year: year + 1, month: 1) : Month(year: year, month: month + 1) }
        var start: Instant { CivilTime.instant(year, month, 1) }
        var name: String { "\(year)-\(month < 10 ? "0" : "")\(month)" }
    }

    private func monthly(_ month: Month, _ call: Call) async throws -> Document {
        let departments = try await rateRows(.department, from: month.start, to: month.after.start, call)
        let areas = try await rateRows(.area, from: month.start, to: month.after.start, call)
        var months = [month]
        while months.count < 6 { months.insert(months[0].before, at: 0) }
        var history: [RateRow] = []
        for one in months {
            history += try await rateRows(.department, from: one.start, to: one.after.start, call).prefix(1)
        }
        let word = { (key: String) in call.word("woodpecker.\(key)") }
        let rates = ["answeredRate", "solvedRate", "satisfiedRate"]
        let columns = RateRow.columns
        func series(_ rows: some Sequence<RateRow>) -> [Chart.Series] {
            rates.map { name in
                Chart.Series(
                    word("rates.\(name)"), rows.map { row in columns.firstIndex(of: name).flatMap { row.values[$0] } })
            }
        }
        var blocks: [Document.Block] = []
        if let all = departments.first {
            blocks.append(.facts(zip(columns, all.texts).map { .init(word("rates.\($0)"), $1) }))
        }
        // Twelve groups of bars are as many as can be read on a page; the table below has all of them.
        let shown = departments.dropFirst().prefix(12)
        if !shown.isEmpty {
            blocks.append(
                .chart(
                    Chart(
                        .bars, title: word("monthly.byDepartment"), unit: "%", labels: shown.map(\.name),
                        series: series(shown))))
        }
        blocks.append(
            .chart(
                Chart(
                    .lines, title: word("monthly.sixMonths"), unit: "%", labels: months.map(\.name),
                    series: series(history))
            ))
        blocks.append(
            .chart(
                Chart(
                    .bars, title: word("monthly.dueAndLate"), unit: word("monthly.cases"), labels: months.map(\.name),
                    series: [
                        Chart.Series(word("rates.due"), history.map { Double($0.rates.due) }),
                        Chart.Series(word("rates.late"), history.map { Double($0.rates.late) }),
                    ])))
        blocks.append(.heading(word("monthly.departments"), level: 2))
        blocks.append(table(departments, word("column.department"), call))
        blocks.append(.heading(word("monthly.areas"), level: 2))
        blocks.append(table(areas, word("column.area"), call))
        let help = word("rates.help")
        blocks.append(.note(help))
        return Document(
            title: word("monthly.title"), subtitle: month.name,
            footer: call.word(
                "common.printed", ["name": call.caller?.name ?? "", "time": String(Instant.now.text.prefix(16))]),
            blocks: blocks,
            pageWords: { page, all in
                call.word("common.pageOf", ["page": String(page), "all": String(all)])
            })
    }

    private func table(_ rows: [RateRow], _ first: String, _ call: Call) -> Document.Block {
        .table(
            Document.Table(
                columns: [.init(first, share: 3)]
                    + RateRow.columns.map { .init(call.word("woodpecker.rates.\($0)"), share: 1, isNumeric: true) },
                rows: rows.enumerated().map { index, row in
                    ([row.name] + row.texts).map { .init($0, isStrong: index == 0) }
                }, empty: call.word("woodpecker.monthly.none")))
    }
}
