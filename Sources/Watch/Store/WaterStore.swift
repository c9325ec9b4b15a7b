import Kernel
import Storage

/// The tables of the water watch.
enum WaterStore {
    /// A pause that is longer ends a stretch of watching, in milliseconds: the screen speaks twice a minute.
    static let pauseMs: Int64 = 90_000

    static func places(in db: any Reading) throws -> [WaterPlace] {
        try db.all(WaterPlace.self, "SELECT \(raw: WaterPlace.columns) FROM water_place ORDER BY id LIMIT 500")
    }

    static func place(_ id: WaterPlaceID, in db: any Reading) throws -> WaterPlace? {
        try db.first(WaterPlace.self, "SELECT \(raw: WaterPlace.columns) FROM water_place WHERE id = \(id)")
    }

    static func cameras(in db: any Reading) throws -> [WaterPlaceID: [CameraID]] {
        var result: [WaterPlaceID: [CameraID]] = [:]
        try db.query("SELECT place, camera FROM water_camera ORDER BY place, camera LIMIT 5000") { row in
            result[try row.next(), default: []].append(try row.next())
            return true
        }
        return result
    }

    static func save(_ place: WaterPlace, cameras: [CameraID], at now: Instant, in db: any Writing) throws {
        let season = place.season
        try db.execute(
            """
            INSERT INTO water_place (id, name, note, area, lat, lon, season_from, season_to, minute_from, minute_to,
              speaker, changed_at)
            VALUES (\(place.id), \(place.name), \(place.note), \(place.area), \(place.point?.lat), \(place.point?.lon),
              \(season.from), \(season.to), \(season.minuteFrom), \(season.minuteTo), \(place.speaker), \(now))
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, note = excluded.note, area = excluded.area,
              lat = excluded.lat, lon = excluded.lon, season_from = excluded.season_from,
              season_to = excluded.season_to, minute_from = excluded.minute_from, minute_to = excluded.minute_to,
              speaker = excluded.speaker, changed_at = excluded.changed_at
            """)
        try db.execute("DELETE FROM water_camera WHERE place = \(place.id)")
        for camera in Set(cameras) {
            try db.execute("INSERT INTO water_camera (place, camera) VALUES (\(place.id), \(camera))")
        }
    }

    /// Takes a place away; one where somebody was seen stays, for its figures speak of it.
    static func delete(_ id: WaterPlaceID, in db: any Writing) throws {
        guard try db.value(Int64.self, "SELECT 1 FROM water_sighting WHERE place = \(id) LIMIT 1") == nil else {
            throw Problem.conflict("watch.water.has-sightings")
        }
        try db.execute("DELETE FROM water_watch WHERE place = \(id)")
        try db.execute("DELETE FROM water_camera WHERE place = \(id)")
        try db.execute("DELETE FROM water_place WHERE id = \(id)")
    }

    // MARK: The watch's log

    /// Notes that somebody watches: goes on with the running stretch, or begins one.
    static func watched(
        _ place: WaterPlaceID, by staff: StaffID, name: String, at now: Instant, in db: any Writing
    ) throws {
        let running = try db.value(
            Int64.self,
            """
            SELECT id FROM water_watch WHERE staff = \(staff) AND place = \(place) AND to_at >= \(now - pauseMs)
            ORDER BY to_at DESC LIMIT 1
            """)
        if let running {
            try db.execute("UPDATE water_watch SET to_at = \(now) WHERE id = \(running)")
        } else {
            try db.execute(
                """
                INSERT INTO water_watch (id, place, staff, name, from_at, to_at)
                VALUES (\(ID<WaterPlace>.next()), \(place), \(staff), \(name), \(now), \(now))
                """)
        }
    }

    /// A stretch of watching.
    struct Stretch: Sendable, RowDecodable {
        var id: Int64
        var place: WaterPlaceID
        var name: String
        var from: Instant
        var to: Instant

        init(row: inout Row) throws {
            id = try row.next()
            place = try row.next()
            name = try row.next()
            from = try row.next()
            to = try row.next()
        }
    }

    static func stretches(from: Instant, to: Instant, in db: any Reading) throws -> [Stretch] {
        try db.all(
            Stretch.self,
            """
            SELECT id, place, name, from_at, to_at FROM water_watch WHERE to_at > \(from) AND from_at < \(to)
            ORDER BY from_at LIMIT 20000
            """)
    }

    // MARK: Sightings

    static func add(_ sighting: NewSighting, case caseID: CaseID, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO water_sighting (id, place, camera, case_id, seen_at, seen_by, seen_by_name, children,
              persuaded_adults, persuaded_children, note, ended_by)
            VALUES (\(sighting.id), \(sighting.place), \(sighting.camera), \(caseID), \(sighting.at), \(sighting.by),
              \(sighting.name), \(sighting.hasChildren), 0, 0, '', '')
            """)
    }

    static func sighting(_ id: SightingID, in db: any Reading) throws -> Sighting? {
        try db.first(Sighting.self, "SELECT \(raw: Sighting.columns) FROM water_sighting WHERE id = \(id)")
    }

    static func sightings(
        place: WaterPlaceID? = nil, openOnly: Bool = false, from: Instant? = nil, to: Instant? = nil,
        before: SightingID? = nil, limit: Int, in db: any Reading
    ) throws -> [Sighting] {
        var conditions: [SQL] = ["1 = 1"]
        if let place { conditions.append("place = \(place)") }
        if openOnly { conditions.append("ended_at IS NULL") }
        if let from { conditions.append("seen_at >= \(from)") }
        if let to { conditions.append("seen_at < \(to)") }
        if let before { conditions.append("id < \(before)") }
        return try db.all(
            Sighting.self,
            """
            SELECT \(raw: Sighting.columns) FROM water_sighting WHERE \(SQL.joined(conditions, by: " AND "))
            ORDER BY id DESC LIMIT \(limit)
            """)
    }

    static func markChildren(_ id: SightingID, in db: any Writing) throws {
        try db.execute("UPDATE water_sighting SET children = 1 WHERE id = \(id)")
    }

    static func end(
        _ id: SightingID, _ outcome: Sighting.Outcome, adults: Int, children: Int, note: String, by name: String,
        at now: Instant, in db: any Writing
    ) throws {
        try db.execute(
            """
            UPDATE water_sighting SET outcome = \(outcome), persuaded_adults = \(adults),
              persuaded_children = \(children), note = \(note), ended_at = \(now), ended_by = \(name)
            WHERE id = \(id)
            """)
    }

    /// What a span of time came to.
    struct Figures: Sendable {
        var sightings: Int64 = 0
        var adults: Int64 = 0
        var children: Int64 = 0
    }

    static func figures(from: Instant, to: Instant, in db: any Reading) throws -> [WaterPlaceID: Figures] {
        var result: [WaterPlaceID: Figures] = [:]
        try db.query(
            """
            SELECT place, COUNT(*), SUM(persuaded_adults), SUM(persuaded_children) FROM water_sighting
            WHERE seen_at >= \(from) AND seen_at < \(to) GROUP BY place
            """
        ) { row in
            result[try row.next()] = Figures(
                sightings: try row.next(), adults: try row.next(Int64?.self) ?? 0,
                children: try row.next(Int64?.self) ?? 0)
            return true
        }
        return result
    }
}

/// Somebody in the water, as whoever watches reports it.
struct NewSighting: Sendable {
    var id: SightingID
    var place: WaterPlaceID
    var camera: CameraID?
    var hasChildren: Bool
    var by: StaffID
    var name: String
    var at: Instant
}

/// From "swimmer seen" to the case and the patrol, in one transaction.
struct WaterDesk {
    let desk: any WatchDesk

    /// What a press came to.
    struct Seen: Sendable {
        var sighting: SightingID
        var caseID: CaseID
        /// Who was called for it.
        var called: [String]
        /// It was a press for people who were seen a moment ago: patrol and shout are on their way.
        var isKnown = false
    }

    /// Opens the case and calls the patrol.
    func seen(_ sighting: NewSighting, in db: any Writing) throws -> Seen {
        guard let place = try WaterStore.place(sighting.place, in: db) else { throw Problem.notFound }
        let person = WatchPerson.staff(sighting.by, name: sighting.name)
        // A second press within two minutes is the same people: the watcher is shaken, not the water fuller.
        if let running = try WaterStore.sightings(
            place: place.id, openOnly: true, from: sighting.at - 120_000, limit: 1, in: db
        ).first {
            if sighting.hasChildren, !running.hasChildren {
                try WaterStore.markChildren(running.id, in: db)
                try desk.note(
                    desk.word("watch.water.childrenToo", [:]), on: running.caseID, by: person, at: sighting.at, in: db)
            }
            return Seen(sighting: running.id, caseID: running.caseID, called: [], isKnown: true)
        }
        let key = sighting.hasChildren ? "watch.water.case.children" : "watch.water.case.title"
        let title = desk.word(key, ["place": place.name])
        let id = try desk.openCase(
            NewWatchCase(
                kind: .river, severity: sighting.hasChildren ? 4 : 3, title: title, place: place.name,
                point: place.point, area: place.area, subject: "water-places/\(place.id)",
                key: "water-\(sighting.id)", at: sighting.at), by: person, in: db)
        let called = try desk.callPatrol(
            to: id, text: desk.word("watch.water.call", ["place": place.name, "note": place.note]), by: person,
            at: sighting.at, in: db)
        if called.isEmpty {
            try desk.note(
                desk.word("watch.water.nobodyFree", [:]), on: id, by: .system("watch"), at: sighting.at, in: db)
        }
        try WaterStore.add(sighting, case: id, in: db)
        try desk.audit(
            "water.seen", subject: "water-places/\(place.id)", by: person, purpose: "", at: sighting.at, in: db)
        try db.publish(
            NewEvent(
                type: "water.seen", subject: "water-places/\(place.id)", permission: "water.read",
                area: place.area?.rawValue, data: "{\"caseId\":\"\(id)\"}"))
        return Seen(sighting: sighting.id, caseID: id, called: called)
    }

    /// Says how it ended; once.
    func ended(
        _ id: SightingID, _ outcome: Sighting.Outcome, adults: Int, children: Int, note: String,
        by person: (StaffID, String),
        at now: Instant, in db: any Writing
    ) throws {
        guard let sighting = try WaterStore.sighting(id, in: db) else { throw Problem.notFound }
        guard sighting.endedAt == nil else { throw Problem.conflict("watch.water.ended") }
        try WaterStore.end(
            id, outcome, adults: adults, children: children, note: note, by: person.1, at: now, in: db)
        let line = desk.word(
            "watch.water.line.\(outcome.rawValue)",
            ["adults": String(adults), "children": String(children), "note": note])
        try desk.note(line, on: sighting.caseID, by: .staff(person.0, name: person.1), at: now, in: db)
        try db.publish(
            NewEvent(
                type: "water.ended", subject: "water-places/\(sighting.place)", permission: "water.read",
                data: "{\"caseId\":\"\(sighting.caseID)\"}"))
    }
}
