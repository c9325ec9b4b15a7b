import Cases
import Duty
import Kernel
import Places
import Print
import Registry
import Storage
import Summary
import Watch
import Web
import Woodpecker

/// What the other rooms tell of a time.
struct OtherFigures {
    let cases: CaseDesk
    let areas: AreaIndex
    let duty: DutyDesk
    let registry: RegistryRoom

    func water(_ question: SummaryQuestion, in db: any Reading) throws -> SummaryPart? {
        guard question.caller.may(.waterRead) else { return nil }
        let word = { (key: String) in question.word("centre.figures.\(key)") }
        let span = question.period.span
        let accounts = try WatchRoom.waterAccounts(in: span, now: question.now, in: db)
        let sightings = accounts.flatMap(\.sightings)
        let (due, unwatched) = accounts.reduce((0, 0)) { sum, account in
            (sum.0 + account.dueMs, sum.1 + account.gaps.reduce(0) { $0 + $1.length })
        }
        let cases = "/cases?kind=river&from=\(question.period.from)&to=\(question.period.to)"
        let day = { (moment: Instant) in "/water/log?date=\(moment.date)" }
        return SummaryPart(
            "water", title: word("water"),
            figures: [
                SummaryPart.Figure(word("sightings"), count: sightings.count, href: cases),
                SummaryPart.Figure(
                    word("persuaded"), count: sightings.reduce(0) { $0 + $1.adults + $1.children }, href: cases),
                SummaryPart.Figure(
                    word("persuadedChildren"), count: sightings.reduce(0) { $0 + $1.children }, href: cases),
                SummaryPart.Figure(
                    word("rescued"), count: sightings.filter { $0.outcome == .rescued }.count, href: cases),
                SummaryPart.Figure(
                    word("unwatched"), Self.hours(unwatched), number: Double(unwatched) / 3_600_000,
                    href: day(span.lowerBound),
                    note: question.word("centre.figures.unwatchedOf", ["hours": Self.hours(due)])),
            ],
            charts: sightings.isEmpty
                ? []
                : [
                    Chart(
                        .bars, title: word("sightings"), labels: question.period.labels,
                        series: [Chart.Series(word("sightings"), question.period.counts(sightings.map(\.seenAt)))])
                ],
            grids: [
                SummaryPart.Grid(
                    word("byPlace"), heads: ["place", "sightings", "persuaded", "toWatch", "unwatched"].map(word),
                    rows: accounts.map { account in
                        [
                            .init(account.place.name),
                            .init(
                                String(account.sightings.count),
                                href: account.sightings.last.map { "/cases/\($0.caseID)" } ?? ""),
                            .init(String(account.sightings.reduce(0) { $0 + $1.adults + $1.children })),
                            .init(Self.hours(account.dueMs)),
                            .init(
                                Self.hours(account.gaps.reduce(0) { $0 + $1.length }),
                                href: account.gaps.first.map { day($0.from) } ?? ""),
                        ]
                    })
            ], note: word("waterNote"))
    }

    func rates(_ question: SummaryQuestion, in db: any Reading) throws -> SummaryPart? {
        guard question.caller.may(.reportStatistics) else { return nil }
        let rates = try WoodpeckerRoom.threeRates(
            in: question.period.span, at: question.now, cases: cases, areas: areas, in: db)
        let href = "/report-rates?from=\(question.period.from)&to=\(question.period.to)"
        let figure = { (key: String, value: Double?) in
            SummaryPart.Figure(
                question.word("woodpecker.rates.\(key)"), value.map { "\($0)%" } ?? "—", number: value, href: href)
        }
        return SummaryPart(
            "rates", title: question.word("woodpecker.rates.title"),
            figures: [
                SummaryPart.Figure(question.word("woodpecker.rates.due"), count: rates.due, href: href),
                figure("answeredRate", rates.answered), figure("solvedRate", rates.solved),
                figure("satisfiedRate", rates.satisfied),
                SummaryPart.Figure(question.word("woodpecker.rates.late"), count: rates.late, href: href),
            ], note: question.word("woodpecker.rates.help"))
    }

    func quality(_ question: SummaryQuestion, in db: any Reading) throws -> SummaryPart? {
        guard let lines = try registry.quality(for: question.caller, in: db) else { return nil }
        let word = { (key: String) in question.word("centre.figures.\(key)") }
        let href = "/registry/quality"
        return SummaryPart(
            "quality", title: word("quality"), figures: [],
            grids: [
                SummaryPart.Grid(
                    question.word("centre.figures.asOf", ["time": question.now.text]),
                    heads: ["village", "records", "complete", "fresh", "contradictory"].map(word),
                    rows: lines.map { line in
                        [
                            .init(line.village, href: href), .init(line.records), .init(line.complete),
                            .init(line.fresh), .init(line.contradictory),
                        ]
                    })
            ], note: word("qualityNote"))
    }

    func duty(_ question: SummaryQuestion, in db: any Reading) throws -> SummaryPart? {
        guard question.caller.may(.dutyRead) else { return nil }
        let word = { (key: String) in question.word("centre.figures.\(key)") }
        let (attendance, names) = try duty.attendance(in: question.period.span, now: question.now, in: db)
        let href = "/duty?week=\(question.period.from)"
        let unmanned = attendance.lines.reduce(0) { $0 + $1.unmannedMs }
        return SummaryPart(
            "duty", title: word("duty"),
            figures: [
                SummaryPart.Figure(word("watches"), count: attendance.lines.count, href: href),
                SummaryPart.Figure(word("inTime"), count: attendance.inTime, href: href),
                SummaryPart.Figure(word("late"), count: attendance.late.count, href: href),
                SummaryPart.Figure(word("missed"), count: attendance.missed.count, href: href),
                SummaryPart.Figure(
                    word("unmanned"), Self.hours(unmanned), number: Double(unmanned) / 3_600_000, href: href),
            ],
            grids: [
                SummaryPart.Grid(
                    word("notInTime"), heads: ["watch", "begins", "unmanned"].map(word),
                    rows: (attendance.late + attendance.missed).prefix(100).map { line in
                        [
                            .init(
                                [
                                    question.word("role.\(line.shift.role.rawValue)"), line.shift.watch,
                                    names[line.shift.staff] ?? "",
                                ].joined(separator: " "), href: "/duty/shifts/\(line.shift.id)"),
                            .init(String(line.shift.startsAt.text.dropFirst(5).prefix(11))),
                            .init(Self.hours(line.unmannedMs)),
                        ]
                    })
            ])
    }

    /// Hours with one digit.
    static func hours(_ ms: Int64) -> String {
        let tenths = (ms + 180_000) / 360_000
        return "\(tenths / 10).\(tenths % 10) h"
    }
}
