import Kernel
import Storage
import Web

/// A day of the water watch: each place's hours, who watched, what it came to on the day and in the month.
struct WatchBoard: Encodable, Sendable {
    struct Row: Encodable, Sendable {
        var placeId: WaterPlaceID
        var name: String
        var hours: [String]
        var watchedMinutes: Int
        var unwatchedHours: Int
        var daySightings: Int64
        var dayAdults: Int64
        var dayChildren: Int64
        var monthSightings: Int64
        var monthAdults: Int64
        var monthChildren: Int64
    }

    struct Entry: Encodable, Sendable {
        var name: String
        var place: String
        var from: String
        var to: String
        var minutes: Int
    }

    var date: String
    var rows: [Row]
    var log: [Entry]

    /// The board of the day that a query asks for.
    static func load(_ call: Call) async throws -> WatchBoard {
        let now = Instant.now
        var check = FieldCheck()
        let asked = call.query("date").map { Instant($0) } ?? now
        check.expect(asked != nil, "date", "invalid")
        try check.finish()
        let day = (asked ?? now).dayNumber
        let start = Instant(ms: Int64(day) * CivilTime.dayMs - CivilTime.offsetMs)
        let end = start + CivilTime.dayMs
        let date = CivilTime.date(ofDay: day)
        let month = CivilTime.instant(date.year, date.month, 1)
        return try await call.database.read { db in
            let places = try WaterStore.places(in: db)
            let stretches = try WaterStore.stretches(from: start, to: end, in: db)
            let ofDay = try WaterStore.figures(from: start, to: end, in: db)
            let ofMonth = try WaterStore.figures(from: month, to: end, in: db)
            let byPlace = Dictionary(grouping: stretches, by: \.place)
            let names = Dictionary(places.map { ($0.id, $0.name) }) { first, _ in first }
            let rows = places.map { place in
                let intervals = (byPlace[place.id] ?? []).map { (from: $0.from, to: $0.to) }
                let marks = WatchHours.marks(day: day, season: place.season, intervals: intervals, now: now)
                let today = ofDay[place.id] ?? WaterStore.Figures()
                let whole = ofMonth[place.id] ?? WaterStore.Figures()
                return Row(
                    placeId: place.id, name: place.name, hours: marks.map(\.rawValue),
                    watchedMinutes: (0..<24).reduce(0) {
                        $0 + WatchHours.minutes(of: start + Int64($1) * 3_600_000, in: intervals)
                    }, unwatchedHours: marks.count { $0 == .unwatched }, daySightings: today.sightings,
                    dayAdults: today.adults, dayChildren: today.children, monthSightings: whole.sightings,
                    monthAdults: whole.adults, monthChildren: whole.children)
            }
            return WatchBoard(
                date: start.date, rows: rows,
                log: stretches.suffix(200).reversed().map {
                    Entry(
                        name: $0.name, place: names[$0.place] ?? "", from: $0.from.rfc3339, to: $0.to.rfc3339,
                        minutes: Int(($0.to - $0.from) / 60_000))
                })
        }
    }
}
