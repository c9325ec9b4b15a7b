import Kernel
import Storage
import StorageTesting
import Testing

@testable import Watch

@Suite("The water watch")
struct WaterTests {
    private let season = WaterSeason(from: 501, to: 1_007, minuteFrom: 8 * 60, minuteTo: 20 * 60)
    private let day = CivilTime.instant(2026, 7, 1)

    private func at(_ hour: Int, _ minute: Int = 0) -> Instant { CivilTime.instant(2026, 7, 1, hour, minute) }

    @Test("A place is watched in its season and hours, over the new year too")
    func seasons() {
        #expect(season.holds(at(8)))
        #expect(!season.holds(at(7, 59)))
        #expect(!season.holds(at(20)))
        #expect(!season.holds(CivilTime.instant(2026, 10, 8, 12)))
        #expect(season.holds(CivilTime.instant(2026, 10, 7, 19, 59)))
        let winter = WaterSeason(from: 1_201, to: 228, minuteFrom: 0, minuteTo: 1_440)
        #expect(winter.holds(CivilTime.instant(2026, 1, 15)))
        #expect(winter.holds(CivilTime.instant(2026, 12, 1)))
        #expect(!winter.holds(CivilTime.instant(2026, 3, 1)))
    }

    @Test("Minutes of several watchers are counted once")
    func overlap() {
        let intervals = [(at(9, 0), at(9, 20)), (at(9, 10), at(9, 30)), (at(9, 50), at(10, 10))]
            .map { (from: $0.0, to: $0.1) }
        #expect(WatchHours.minutes(of: at(9), in: intervals) == 40)
        #expect(WatchHours.minutes(of: at(10), in: intervals) == 10)
    }

    @Test("A screen that goes round watches all its places; looks that lie far apart do not")
    func rounds() {
        let round = (0..<20).map { (from: at(9) + Int64($0) * 180_000, to: at(9) + Int64($0) * 180_000 + 20_000) }
        let rare = [0, 25, 55].map { (from: at(10, $0), to: at(10, $0) + 20_000) }
        let marks = WatchHours.marks(
            day: day.dayNumber, season: season, intervals: round + rare + [(from: at(11, 2), to: at(11, 3))],
            now: at(13))
        #expect(marks[9] == .watched)
        #expect(marks[10] == .partly)
        #expect(marks[11] == .unwatched)
        #expect(WatchHours.longestPause(in: at(9)..<at(10), []) == 3_600_000)
    }

    @Test("An unwatched hour is visible; hours to come and out of season are not held against anybody")
    func marks() {
        let intervals = [(from: at(8), to: at(8, 50)), (from: at(9), to: at(9, 10))]
        let marks = WatchHours.marks(day: day.dayNumber, season: season, intervals: intervals, now: at(11, 30))
        #expect(marks[7] == .off)
        #expect(marks[8] == .watched)
        #expect(marks[9] == .partly)
        #expect(marks[10] == .unwatched)
        #expect(marks[12] == .ahead)
        #expect(marks[20] == .off)
        let winter = WatchHours.marks(
            day: CivilTime.instant(2026, 1, 1).dayNumber, season: season, intervals: [], now: at(12))
        #expect(winter.allSatisfy { $0 == .off })
    }

    @Test(
        "Watching goes on in one stretch while the screen speaks, and begins a new one after a pause",
        arguments: Engine.allCases)
    func stretches(_ engine: Engine) async throws {
        let (storage, place) = try await town(engine)
        let (start, from, to) = (at(9), day, day + CivilTime.dayMs)
        let stretches = try await storage.database.write { db in
            for seconds in [0, 30, 60, 90, 400, 430] as [Int64] {
                try WaterStore.watched(
                    place.id, by: StaffID(rawValue: 5), name: "值班员", at: start + seconds * 1_000, in: db)
            }
            return try WaterStore.stretches(from: from, to: to, in: db)
        }
        #expect(stretches.map { ($0.to - $0.from) / 1_000 } == [90, 30])
    }

    @Test(
        "One key opens one case and calls the patrol; the outcome counts people once, children apart",
        arguments: Engine.allCases)
    func sighting(_ engine: Engine) async throws {
        let (storage, place) = try await town(engine)
        let water = WaterDesk(desk: FakeDesk())
        let moment = at(15)
        func new(_ seconds: Int64) -> NewSighting {
            NewSighting(
                id: .next(), place: place.id, camera: nil, hasChildren: true, by: StaffID(rawValue: 5), name: "值班员",
                at: moment + seconds * 1_000)
        }
        let (first, second, third) = (new(0), new(30), new(600))
        let opened = try await storage.database.write { db in
            [try water.seen(first, in: db), try water.seen(second, in: db), try water.seen(third, in: db)]
        }
        #expect(opened[0].caseID == opened[1].caseID && opened[1].sighting == first.id)
        #expect(opened[0].called == ["巡查一队"] && opened[1].called.isEmpty)
        #expect(opened.map(\.isKnown) == [false, true, false])
        #expect(opened[2].caseID != opened[0].caseID)
        try await storage.database.write { db in
            try water.ended(
                first.id, .persuaded, adults: 2, children: 3, note: "", by: (StaffID(rawValue: 6), "巡查员"),
                at: moment + 900_000, in: db)
        }
        await #expect(throws: Problem.conflict("watch.water.ended")) {
            try await storage.database.write { db in
                try water.ended(
                    first.id, .persuaded, adults: 9, children: 9, note: "", by: (StaffID(rawValue: 6), "巡查员"),
                    at: moment + 900_000, in: db)
            }
        }
        let (from, to) = (day, day + CivilTime.dayMs)
        let figures = try await storage.database.read { db in try WaterStore.figures(from: from, to: to, in: db) }
        #expect(figures[place.id]?.sightings == 2)
        #expect(figures[place.id]?.adults == 2 && figures[place.id]?.children == 3)
    }

    private func town(_ engine: Engine) async throws -> (TestDatabase, WaterPlace) {
        let storage = try await TestDatabase(engine)
        try await Migrator.migrate(storage.database, WatchRoom.schema() + [FakeDesk.migration])
        let place = WaterPlace(
            id: .next(), name: "汐水河第1弯", note: "水流急", area: nil, point: nil, season: season)
        try await storage.database.write { db in try WaterStore.save(place, cameras: [], at: .now, in: db) }
        return (storage, place)
    }
}
