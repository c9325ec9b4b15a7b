import Kernel
import Office
import Storage
import Web

/// `/water`: the watch screen; `/water/log`: who watched what, and what it came to.
struct WaterPages {
    let desk: any WatchDesk

    func add(to routes: inout Routes) {
        routes.get("/water", .needs(.waterRead), "The watch screen for the water") { call in try await screen(call) }
        routes.get("/water/log", .needs(.waterRead), "A day of the water watch") { call in try await log(call) }
        routes.get("/water/log.xlsx", .needs(.waterRead), "A day of the water watch as a workbook") { call in
            try await workbook(call)
        }
        routes.post("/water/sightings/{id}", .needs(.waterOutcome), "Says how a sighting ended, from the page") {
            call in
            let form = call.form
            try await WaterRoutes(desk: desk).end(
                try call.id(),
                WaterRoutes.Ending(
                    outcome: form["outcome"] ?? "", adults: form["adults"].flatMap { Int($0) },
                    children: form["children"].flatMap { Int($0) }, note: form["note"]), call)
            return .redirect(to: "/water?done=saved")
        }
    }

    private func screen(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let now = Instant.now
        let (places, cameras, known, open, phrases) = try await call.database.read { db in
            let cameras = try WaterStore.cameras(in: db)
            return (
                try WaterStore.places(in: db), cameras,
                try CameraStore.find(cameras.values.flatMap(\.self), in: db),
                try WaterStore.sightings(openOnly: true, limit: 50, in: db), try PhraseStore.list(in: db)
            )
        }
        let names = Dictionary(places.map { ($0.id, $0.name) }) { first, _ in first }
        let items: [[String: Any]] = places.enumerated().map { index, place in
            let own = (cameras[place.id] ?? []).compactMap { known[$0] }
            let isDue = place.season.holds(now)
            return [
                "id": place.id.description, "number": String(index + 1), "name": place.name, "note": place.note,
                "camera": own.first?.id.description ?? "", "speaker": place.speaker?.description ?? "",
                "hasCamera": !own.isEmpty,
                "area": place.area.map { desk.name(of: $0) } ?? "",
                "season":
                    "\(place.season.from / 100).\(place.season.from % 100)–\(place.season.to / 100).\(place.season.to % 100)",
                "hours": "\(place.season.minuteFrom / 60)–\(place.season.minuteTo / 60)",
                "state": call.word(isDue ? "watch.water.due" : "watch.water.notDue"), "tint": isDue ? "info" : "",
                "isDue": isDue,
            ]
        }
        let shouts = Phrase.Water.allCases.filter { $0 != .no }.compactMap { water in
            phrases.first { $0.water == water }.map { phrase in
                [
                    "who": water.rawValue, "id": phrase.id.description,
                    "kind": (phrase.isRecording ? VoiceRecord.Kind.recording : .text).rawValue,
                ]
            }
        }
        let mayEnd = caller.may(.waterOutcome)
        return try call.page(
            "water", title: call.word("watch.water.title"),
            [
                "shouts": shouts, "places": items, "any": !items.isEmpty, "canWatch": caller.may(.waterWatch),
                "mayEnd": mayEnd,
                "open": open.map { sighting -> [String: Any] in
                    [
                        "id": sighting.id.description, "caseId": sighting.caseID.description,
                        "place": names[sighting.place] ?? "", "at": WatchWords.short(sighting.seenAt),
                        "by": sighting.seenByName, "children": sighting.hasChildren, "mayEnd": mayEnd,
                        "outcomes": WatchWords.choices(
                            call, Sighting.Outcome.allCases.map(\.rawValue), words: "watch.water.outcome",
                            chosen: "persuaded"),
                    ]
                },
            ])
    }

    private func log(_ call: Call) async throws -> Answer {
        let board = try await WatchBoard.load(call)
        func total(_ path: KeyPath<WatchBoard.Row, Int64>) -> String {
            String(board.rows.reduce(0) { $0 + $1[keyPath: path] })
        }
        return try call.page(
            "water-log", title: call.word("watch.water.log"),
            [
                "date": board.date, "heads": (0..<24).map { ["hour": String($0)] },
                "rows": board.rows.map { row -> [String: Any] in
                    [
                        "name": row.name, "unwatched": row.unwatchedHours == 0 ? "" : String(row.unwatchedHours),
                        "minutes": String(row.watchedMinutes), "daySightings": String(row.daySightings),
                        "dayAdults": String(row.dayAdults), "dayChildren": String(row.dayChildren),
                        "monthSightings": String(row.monthSightings), "monthAdults": String(row.monthAdults),
                        "monthChildren": String(row.monthChildren),
                        "hours": row.hours.enumerated().map {
                            ["mark": $1, "label": "\($0):00 \(call.word("watch.water.mark.\($1)"))"]
                        },
                    ]
                },
                "dayPeople": total(\.dayAdults), "dayChildren": total(\.dayChildren),
                "daySightings": total(\.daySightings), "monthPeople": total(\.monthAdults),
                "monthChildren": total(\.monthChildren), "monthSightings": total(\.monthSightings),
                "unwatched": String(board.rows.reduce(0) { $0 + $1.unwatchedHours }),
                "marks": ["watched", "partly", "unwatched", "ahead", "off"].map {
                    ["mark": $0, "label": call.word("watch.water.mark.\($0)")]
                },
                "log": board.log.map {
                    [
                        "name": $0.name, "place": $0.place, "from": String($0.from.dropFirst(11).prefix(5)),
                        "to": String($0.to.dropFirst(11).prefix(5)), "minutes": String($0.minutes),
                    ]
                },
                "export": "/water/log.xlsx?date=\(board.date)",
            ])
    }

    private func workbook(_ call: Call) async throws -> Answer {
        let board = try await WatchBoard.load(call)
        let columns = [
            "place", "minutes", "unwatched", "daySightings", "dayAdults", "dayChildren", "monthSightings",
            "monthAdults",
            "monthChildren",
        ]
        let book = try Workbook(
            sheet: board.date, columns: columns.map { (call.word("watch.water.column.\($0)"), $0 == "place" ? 30 : 16) }
        )
        for row in board.rows {
            book.add([
                .text(row.name), .number(Double(row.watchedMinutes)), .number(Double(row.unwatchedHours)),
                .number(Double(row.daySightings)), .number(Double(row.dayAdults)), .number(Double(row.dayChildren)),
                .number(Double(row.monthSightings)), .number(Double(row.monthAdults)),
                .number(Double(row.monthChildren)),
            ])
        }
        return .bytes(
            try book.bytes(), type: Workbook.type, name: call.word("watch.water.log") + " " + board.date + ".xlsx")
    }
}
