import Kernel
import Storage
import Web

/// `/calendar` and `/api/v1/calendar`: which days count as working days, and which years nobody has told of yet.
extension CasesRoom {
    private struct YearView: Encodable {
        var year: Int
        /// Whether holidays and make-up workdays are known; else every weekday counts, and no weekend.
        var known: Bool
        var source: String
        var holidays: [String]
        var workdays: [String]
    }

    func calendarRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/calendar", .needs(.calendarRead), "Holidays and make-up workdays by year, the next one included",
            shapes: Shapes(
                gives: .page(
                    of: .object(
                        [
                            "year": .integer, "known": .flag, "source": .text, "holidays": .list(.text),
                            "workdays": .list(.text),
                        ], required: ["year", "known", "source", "holidays", "workdays"])))
        ) { _ in try .list(years(at: .now), next: nil) }
        routes.get("/calendar", .needs(.calendarRead), "Which days count as working days") { call in
            try call.page(
                "calendar", title: call.word("cases.nav.calendar"),
                [
                    "items": years(at: .now).map { year -> [String: Any] in
                        [
                            "year": String(year.year), "known": year.known, "source": year.source,
                            "holidays": year.holidays.map { ["text": spoken($0)] },
                            "workdays": year.workdays.map { ["text": spoken($0)] },
                            "notice": call.word(
                                "cases.calendar.unknown",
                                ["year": String(year.year), "file": "calendar/\(year.year).json"]),
                        ]
                    }
                ])
        }
    }

    /// Every known year, this one and the next, the newest first.
    private func years(at now: Instant) -> [YearView] {
        let calendar = desk.calendar
        let current = Int(now.text.prefix(4)) ?? 0
        return Set(calendar.years.keys).union([current, current + 1]).sorted(by: >).map { year in
            let known = calendar.years[year]
            return YearView(
                year: year, known: known != nil, source: known?.source ?? "", holidays: known?.holidays ?? [],
                workdays: known?.workdays ?? [])
        }
    }

    /// `2026-10-01/2026-10-07` as `10-01 – 10-07`.
    private func spoken(_ span: String) -> String {
        span.split(separator: "/").map { String($0.dropFirst(5)) }.joined(separator: " – ")
    }
}
