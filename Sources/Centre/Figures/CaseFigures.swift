import Cases
import Foundation
import Kernel
import Print
import Storage
import Summary
import Web

/// Alarms and cases of a time, and how fast the town answered.
struct CaseFigures {
    let cases: CaseDesk
    /// Cases that are counted at most; a month of a township has some thousands.
    static let limit = 50_000
    /// Those that are listed as the slowest.
    static let listed = 8
    /// Places with more than one case that are listed.
    static let recurringListed = 20

    func opened(_ question: SummaryQuestion, in db: any Reading) throws -> [CaseRecord] {
        var filter = CaseFilter()
        filter.from = question.period.span.lowerBound
        filter.to = question.period.span.upperBound
        return try cases.list(filter, limit: Self.limit, in: db)
    }

    func alarms(_ question: SummaryQuestion, in db: any Reading) throws -> SummaryPart? {
        guard question.caller.may(.caseRead) else { return nil }
        let records = try opened(question, in: db)
        let list = "/cases?from=\(question.period.from)&to=\(question.period.to)"
        let alarms = records.filter(\.kind.isEmergency)
        let word = { (key: String) in question.word("centre.figures.\(key)") }
        var figures = [
            SummaryPart.Figure(word("opened"), count: records.count, href: list),
            SummaryPart.Figure(
                word("open"), count: records.filter(\.isOpen).count, href: list + "&open=1"),
            SummaryPart.Figure(
                word("overdue"), count: records.filter { $0.isOpen && $0.isOverdue(at: question.now) }.count,
                href: list + "&overdue=1"),
            SummaryPart.Figure(
                word("supervised"), count: records.filter(\.isSupervised).count, href: list + "&supervised=1"),
        ]
        figures += CaseKind.allCases.filter(\.isEmergency).map { kind in
            SummaryPart.Figure(
                question.word("cases.kindName.\(kind.rawValue)"), count: alarms.filter { $0.kind == kind }.count,
                href: list + "&kind=\(kind.rawValue)")
        }
        figures += [Verdict.real, .false, .drill].map { verdict in
            SummaryPart.Figure(
                question.word("js.verdict.\(verdict.rawValue)"),
                count: records.filter { $0.verdict == verdict }.count, href: list + "&verdict=\(verdict.rawValue)")
        }
        let kinds = CaseKind.allCases.filter { kind in records.contains { $0.kind == kind } }
        return SummaryPart(
            "alarms", title: word("alarms"), figures: figures,
            charts: [
                Chart(
                    .bars, title: word("overTime"), unit: word("cases"), labels: question.period.labels,
                    series: [
                        Chart.Series(word("emergencies"), question.period.counts(alarms.map(\.openedAt))),
                        Chart.Series(
                            word("others"),
                            question.period.counts(records.filter { !$0.kind.isEmergency }.map(\.openedAt))),
                    ]),
                Chart(
                    .bars, title: word("byKind"), unit: word("cases"),
                    labels: kinds.map { question.word("cases.kindName.\($0.rawValue)") },
                    series: [
                        Chart.Series(
                            word("cases"), kinds.map { kind in Double(records.filter { $0.kind == kind }.count) })
                    ]),
            ])
    }

    /// What came again at one place: kinds and places with two cases and more.
    func recurring(_ question: SummaryQuestion, in db: any Reading) throws -> SummaryPart? {
        guard question.caller.may(.caseRead) else { return nil }
        let records = try opened(question, in: db).filter { $0.verdict != .drill && !$0.place.isEmpty }
        let groups = Dictionary(grouping: records) { "\($0.kind.rawValue) \($0.place)" }.values.filter { $0.count > 1 }
            .sorted { ($1.count, $0[0].place) < ($0.count, $1[0].place) }
        let word = { (key: String) in question.word("centre.figures.\(key)") }
        let list = "/cases?from=\(question.period.from)&to=\(question.period.to)"
        return SummaryPart(
            "recurring", title: word("recurring"),
            figures: [SummaryPart.Figure(word("recurringPlaces"), count: groups.count, href: list)],
            grids: [
                SummaryPart.Grid(
                    word("recurringTable"), heads: ["place", "kind", "count", "falseCount"].map(word),
                    rows: groups.prefix(Self.recurringListed).map { cases in
                        let place = cases[0].place.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                        let href = list + "&kind=\(cases[0].kind.rawValue)&q=\(place)"
                        return [
                            .init(cases[0].place), .init(question.word("cases.kindName.\(cases[0].kind.rawValue)")),
                            .init(String(cases.count), href: href),
                            .init(String(cases.filter { $0.verdict == .false }.count), href: href + "&verdict=false"),
                        ]
                    })
            ], note: word("recurringNote"))
    }

    func response(_ question: SummaryQuestion, in db: any Reading) throws -> SummaryPart? {
        guard question.caller.may(.caseRead) else { return nil }
        // A drill is timed on its own; here it would better the town's figures.
        let records = try opened(question, in: db).filter { $0.kind.isEmergency && $0.verdict != .drill }
        let word = { (key: String) in question.word("centre.figures.\(key)") }
        let list = "/cases?from=\(question.period.from)&to=\(question.period.to)"
        let steps: [(String, (CaseRecord) -> Instant?)] = [
            ("acknowledged", \.acknowledgedAt), ("dispatched", \.dispatchedAt), ("arrived", \.arrivedAt),
            ("handled", \.handledAt), ("closed", \.closedAt),
        ]
        var figures: [SummaryPart.Figure] = []
        var rows: [[SummaryPart.Grid.Cell]] = []
        for (step, moment) in steps {
            let name = question.word("cases.step.\(step)")
            let timed = records.compactMap { record in moment(record).map { (record, $0 - record.openedAt) } }
            guard let spread = Spread(timed.map(\.1)), let slowest = timed.max(by: { $0.1 < $1.1 })?.0 else {
                rows.append([.init(name), .init("0"), .init("—"), .init("—"), .init("—")])
                continue
            }
            if step != "handled" && step != "closed" {
                figures.append(
                    SummaryPart.Figure(
                        question.word("centre.figures.p90", ["step": name]), Self.seconds(spread.p90),
                        number: Double(spread.p90) / 1_000, href: list,
                        note: question.word("centre.figures.ofCases", ["n": String(spread.count)])))
            }
            rows.append([
                .init(name), .init(String(spread.count), href: list), .init(Self.seconds(spread.median)),
                .init(Self.seconds(spread.p90)),
                .init(Self.seconds(spread.longest), href: "/cases/\(slowest.id)"),
            ])
        }
        let slow = records.compactMap { record in record.acknowledgedAt.map { (record, $0 - record.openedAt) } }
            .sorted { $0.1 > $1.1 }.prefix(Self.listed)
        return SummaryPart(
            "response", title: word("response"), figures: figures,
            grids: [
                SummaryPart.Grid(
                    word("fromOpening"), heads: ["step", "count", "median", "ninety", "longest"].map(word), rows: rows),
                SummaryPart.Grid(
                    word("slowest"), heads: ["case", "taken"].map(word),
                    rows: slow.map { record, length in
                        [
                            .init("\(record.number) \(record.title)", href: "/cases/\(record.id)"),
                            .init(Self.seconds(length)),
                        ]
                    }),
            ], note: word("responseNote"))
    }

    /// `45 s`, `3:20`, `2:03:20`.
    static func seconds(_ ms: Int64) -> String {
        let seconds = ms / 1_000
        let two = { (number: Int64) in number < 10 ? "0\(number)" : "\(number)" }
        if seconds < 60 { return "\(seconds) s" }
        if seconds < 3_600 { return "\(seconds / 60):\(two(seconds % 60))" }
        return "\(seconds / 3_600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    }
}
