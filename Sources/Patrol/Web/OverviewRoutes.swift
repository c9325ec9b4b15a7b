import Kernel
import Office
import Storage
import Web

extension PatrolRoom {
    func overviewRoutes(_ routes: inout Routes) {
        routes.get("/patrol", .needs(.patrolRead), "The walks of a day, what was missed, and the rounds") { call in
            try await overview(call)
        }
        routes.get("/patrol.xlsx", .needs(.patrolRead), "The points of a day's walks as a workbook") { call in
            try await workbook(call)
        }
    }

    private func overview(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let span = Self.day(call)
        let now = Instant.now
        let items = try await walks(in: span, for: caller)
        let (rounds, counts, manned) = try await database.read { [desk, surroundings] db in
            let rounds = try RoundStore.all(in: db).filter { desk.sees($0.area, caller) }
            var counts: [RoundID: Int] = [:]
            for round in rounds { counts[round.id] = try RoundStore.points(of: round.id, in: db).count }
            var manned: [WalkID: Bool] = [:]
            for item in items {
                guard let start = Instant(item.startsAt), ["planned", "running"].contains(item.state) else { continue }
                let area = rounds.first { $0.id == item.roundId }?.area
                manned[item.id] = try surroundings.isManned(area, max(start, now), db)
            }
            return (rounds, counts, manned)
        }
        let visited = items.flatMap(\.points).filter { $0.at != nil }.count
        let missing = items.filter { ["late", "missed"].contains($0.state) }
        let mayManage = caller.may(.patrolManage)
        return try call.page(
            "patrol", title: call.word("patrol.title"),
            [
                "day": span.lowerBound.date, "previous": (span.lowerBound - 1).date, "following": span.upperBound.date,
                "isToday": span.contains(now), "canManage": mayManage, "canLook": caller.may(.patrolLook),
                "export": "/patrol.xlsx?day=\(span.lowerBound.date)",
                "figures": [
                    ("walks", String(items.count)), ("done", String(items.filter { $0.state == "done" }.count)),
                    ("visited", "\(visited) / \(items.flatMap(\.points).count)"),
                    ("missing", String(missing.flatMap(\.points).filter { $0.at == nil }.count)),
                ].map { ["label": call.word("patrol.figure.\($0.0)"), "value": $0.1] },
                "missing": missing.map { item in
                    [
                        "href": item.caseId.map { "/cases/\($0)" } ?? "/patrol/walks/\(item.id)",
                        "text": call.word(
                            item.caseId == nil ? "patrol.late" : "patrol.missed",
                            [
                                "round": item.round, "span": Self.span(item),
                                "points": item.points.filter { $0.at == nil }.map(\.name).joined(separator: "、"),
                            ]),
                    ]
                },
                "walks": items.map { item -> [String: Any] in
                    let done = item.points.filter { $0.at != nil }
                    let people = Set(done.map(\.by)).sorted().joined(separator: "、")
                    return [
                        "href": "/patrol/walks/\(item.id)", "round": item.round, "span": Self.span(item),
                        "state": call.word("patrol.state.\(item.state)"), "tint": Self.tint(item.state),
                        "done": "\(done.count) / \(item.points.count)", "people": people.isEmpty ? "—" : people,
                        "isUnmanned": manned[item.id] == false,
                        "case": item.caseId.map { "/cases/\($0)" } ?? "", "hasCase": item.caseId != nil,
                    ]
                },
                "rounds": rounds.map { round -> [String: Any] in
                    [
                        "href": "/patrol/rounds/\(round.id)", "codes": "/patrol/rounds/\(round.id)/codes",
                        "name": round.name, "canManage": mayManage, "isActive": round.isActive,
                        "starts": WalkTimes.text(round.content.starts),
                        "days": call.word("patrol.days.\(round.content.days.rawValue)"),
                        "limits": call.word(
                            "patrol.limits",
                            ["minutes": String(round.content.minutes), "grace": String(round.content.grace)]),
                        "count": String(counts[round.id] ?? 0),
                        "isOrdered": round.content.isOrdered,
                    ]
                },
            ])
    }

    private func workbook(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let span = Self.day(call)
        let items = try await walks(in: span, for: caller)
        let columns = ["round", "time", "state", "point", "visited", "by", "way", "distance", "note"]
        let book = try Workbook(sheet: "Zhili", columns: columns.map { (call.word("patrol.column.\($0)"), 18) })
        for item in items {
            for point in item.points {
                book.add([
                    .text(item.round), .text(Self.span(item)), .text(call.word("patrol.state.\(item.state)")),
                    .text(point.name), point.at.flatMap { Instant($0) }.map { .moment($0.ms) } ?? .empty,
                    .text(point.by), .text(point.way.map { call.word("patrol.way.\($0)") } ?? ""),
                    .text(point.metres.map { String($0) } ?? ""), .text(point.note),
                ])
            }
        }
        let name = "\(call.word("patrol.title"))-\(span.lowerBound.date).xlsx"
        return .bytes(try book.bytes(), type: Workbook.type, name: name)
    }
}
