import Kernel
import Storage
import Web

/// The figures of a month.
struct WaterFigures: Encodable, Sendable {
    struct Line: Encodable, Sendable {
        /// A day, a place's name or a month.
        var label: String
        /// The day, where it is one.
        var date: String?
        var placeId: WaterPlaceID?
        var sightings: Int64 = 0
        var adults: Int64 = 0
        var children: Int64 = 0
        /// Hours in which a place was to be watched.
        var dueHours: Int64 = 0
        /// Those of them in which nobody did.
        var unwatchedHours: Int64 = 0
    }

    var month: String
    var days: [Line]
    var places: [Line]
    /// The year's months up to this one; hours are counted for the month alone.
    var months: [Line]

    static func sum(_ lines: [Line]) -> Line {
        lines.reduce(into: Line(label: "")) { sum, line in
            sum.sightings += line.sightings
            sum.adults += line.adults
            sum.children += line.children
            sum.dueHours += line.dueHours
            sum.unwatchedHours += line.unwatchedHours
        }
    }

    /// The figures of the month that a query asks for, up to now.
    static func load(_ call: Call) async throws -> WaterFigures {
        let now = Instant.now
        var check = FieldCheck()
        let asked = call.query("month").map { Instant("\($0)-01") } ?? now
        check.expect(asked != nil, "month", "invalid")
        try check.finish()
        let date = CivilTime.date(ofDay: (asked ?? now).dayNumber)
        return try await call.database.read { db in
            try make(year: date.year, month: date.month, now: now, in: db)
        }
    }

    static func make(year: Int, month: Int, now: Instant, in db: any Reading) throws -> WaterFigures {
        let first = CivilTime.instant(year, month, 1)
        let next = month == 12 ? CivilTime.instant(year + 1, 1, 1) : CivilTime.instant(year, month + 1, 1)
        let places = try WaterStore.places(in: db)
        var byPlace = Dictionary(
            places.map { ($0.id, Line(label: $0.name, placeId: $0.id)) }
        ) { first, _ in first }
        var days: [Line] = []
        var start = first
        while start < min(next, now) {
            let end = start + CivilTime.dayMs
            var line = Line(label: String(start.date.suffix(5)), date: start.date)
            for (id, figures) in try WaterStore.figures(from: start, to: end, in: db) {
                line.add(figures)
                byPlace[id]?.add(figures)
            }
            let stretches = Dictionary(
                grouping: try WaterStore.stretches(from: start, to: end, in: db), by: \.place)
            for place in places {
                let intervals = (stretches[place.id] ?? []).map { (from: $0.from, to: $0.to) }
                let marks = WatchHours.marks(
                    day: start.dayNumber, season: place.season, intervals: intervals, now: now)
                let due = Int64(marks.count { $0 == .watched || $0 == .partly || $0 == .unwatched })
                let unwatched = Int64(marks.count { $0 == .unwatched })
                line.dueHours += due
                line.unwatchedHours += unwatched
                byPlace[place.id]?.dueHours += due
                byPlace[place.id]?.unwatchedHours += unwatched
            }
            days.append(line)
            start = end
        }
        var months: [Line] = []
        for number in 1...month {
            let from = CivilTime.instant(year, number, 1)
            guard from < now else { break }
            let to = number == 12 ? CivilTime.instant(year + 1, 1, 1) : CivilTime.instant(year, number + 1, 1)
            var line = Line(label: String(from.date.prefix(7)))
            for figures in try WaterStore.figures(from: from, to: to, in: db).values { line.add(figures) }
            months.append(line)
        }
        return WaterFigures(
            month: String(first.date.prefix(7)), days: days.reversed(), places: places.compactMap { byPlace[$0.id] },
            months: months)
    }
}

extension WaterFigures.Line {
    mutating func add(_ figures: WaterStore.Figures) {
        sightings += figures.sightings
        adults += figures.adults
        children += figures.children
    }
}
