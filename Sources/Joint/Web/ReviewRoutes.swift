import Cases
import Foundation
import Kernel
import Storage
import Web

extension JointRoom {
    /// Cases that a review reads at most; five weeks of a township have some thousands.
    static let reviewed = 50_000

    private struct Item: Encodable {
        struct Case: Encodable {
            var id: CaseID
            var number: String
            var openedAt: String
        }
        var id: String
        var kind: String
        var place: String
        var count: Int
        var before: Int
        var cases: [Case]
        var conclusion: String
        var concludedBy: String
    }

    func reviewRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/joint/review", .needs(.jointRead), "What recurs in a week by place and kind, with its cases",
            shapes: Shapes(
                query: [("week", "a day of the week, YYYY-MM-DD; this week without it")],
                gives: .page(
                    of: .object([
                        "id": .text, "kind": .oneOf(CaseKind.allCases.map(\.rawValue)), "place": .text,
                        "count": .integer, "before": .integer,
                        "cases": .list(.object(["id": .id, "number": .text, "openedAt": .time])), "conclusion": .text,
                        "concludedBy": .text,
                    ])))
        ) { call in try .list(try await review(call).items, next: nil) }
        routes.put(
            "/api/v1/joint/review", .needs(.jointReview), "Writes what was concluded of what recurs",
            shapes: Shapes(
                takes: .object(
                    [
                        "week": .text, "kind": .oneOf(CaseKind.allCases.map(\.rawValue)), "place": .text, "text": .text,
                    ], required: ["week", "kind", "place", "text"]))
        ) { call in
            struct Body: Decodable { var week: String, kind: String, place: String, text: String }
            let body: Body = try call.json()
            try await conclude(call, body.week, body.kind, body.place, body.text)
            return .nothing
        }
        routes.get("/joint/review", .needs(.jointRead), "What recurs in a week by place and kind") { call in
            try await reviewPage(call)
        }
        routes.post("/joint/review", .needs(.jointReview), "Write what was concluded, from the page") { call in
            let form = call.form
            let week = form["week"] ?? ""
            try await conclude(call, week, form["kind"] ?? "", form["place"] ?? "", form["text"] ?? "")
            return .redirect(to: "/joint/review?week=\(Self.monday(week).date)&done=saved")
        }
    }

    /// The Monday of the week that a day lies in; of this week where it is no day.
    static func monday(_ day: String?) -> Instant {
        let number = (day.flatMap { Instant($0) } ?? .now).dayNumber
        let monday = number - ((number + 3) % 7 + 7) % 7
        return Instant(ms: Int64(monday) * CivilTime.dayMs - CivilTime.offsetMs)
    }

    private func review(_ call: Call) async throws -> (monday: Instant, items: [Item]) {
        let caller = try call.signedIn()
        let monday = Self.monday(call.query("week"))
        let week = monday..<(monday + 7 * CivilTime.dayMs)
        let (found, said) = try await database.read { [desk] db in
            var filter = CaseFilter()
            filter.areas = caller.areas
            filter.from = monday - Int64(Recurrence.weeksBefore) * 7 * CivilTime.dayMs
            filter.to = week.upperBound
            return (
                Recurrence.find(try desk.cases.list(filter, limit: Self.reviewed, in: db), in: week),
                try ReviewStore.of(monday.dayNumber, in: db)
            )
        }
        let items = found.prefix(100).enumerated().map { index, group in
            let conclusion = said.first { $0.kind == group.kind.rawValue && $0.place == group.place }
            return Item(
                id: String(index + 1), kind: group.kind.rawValue, place: group.place, count: group.week.count,
                before: group.before,
                cases: group.week.prefix(20).map {
                    Item.Case(id: $0.id, number: $0.number, openedAt: $0.openedAt.rfc3339)
                }, conclusion: conclusion?.text ?? "", concludedBy: conclusion?.byName ?? "")
        }
        return (monday, Array(items))
    }

    private func conclude(
        _ call: Call, _ week: String, _ kind: String, _ place: String, _ text: String
    ) async throws {
        let caller = try call.signedIn()
        var check = FieldCheck()
        let text = check.text(text, "text", 2...500)
        let place = check.text(place, "place", 1...200)
        let known = CaseKind(rawValue: kind)
        check.expect(known != nil, "kind", "unknown")
        check.expect(Instant(week) != nil, "week", "invalid")
        try check.finish()
        guard let known else { return }
        let day = Self.monday(week).dayNumber
        try await database.write { [desk] db in
            try desk.conclude(text, of: known, at: place, week: day, by: caller, now: .now, in: db)
        }
    }

    private func reviewPage(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let (monday, items) = try await review(call)
        let end = monday + 7 * CivilTime.dayMs
        return try call.page(
            "joint-review", title: call.word("joint.review.title"),
            [
                "from": monday.date, "until": (end - 1).date, "previous": (monday - 1).date, "following": end.date,
                "isThis": (monday..<end).contains(.now), "mayConclude": caller.may(.jointReview),
                "groups": items.map { item -> [String: Any] in
                    let place = item.place.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                    return [
                        "number": item.id, "place": item.place, "kindValue": item.kind,
                        "kind": call.word("cases.kindName.\(item.kind)"), "count": String(item.count),
                        "before": String(item.before),
                        "list":
                            "/cases?from=\((monday - 28 * CivilTime.dayMs).date)&to=\(end.date)&kind=\(item.kind)&q=\(place)",
                        "cases": item.cases.map { record in
                            [
                                "href": "/cases/\(record.id)", "number": record.number,
                                "time": String(record.openedAt.prefix(16).dropFirst(5).replacing("T", with: " ")),
                            ]
                        },
                        "conclusion": item.conclusion, "hasConclusion": !item.conclusion.isEmpty,
                        "by": item.concludedBy,
                    ]
                },
            ])
    }
}
