import Geo
import Kernel
import Storage
import Testing

@testable import Places

@Suite("Borders that are edited")
struct AreaEditTests {
    private let middle = Position(lon: 113.01, lat: 34.01)

    @Test(
        "Moving a corner moves all four neighbours, keeps the whole, and is told to who follows",
        arguments: Engine.allCases)
    func move(_ engine: Engine) async throws {
        let town = try await SmallTown(engine)
        let before = town.room.index.map
        #expect(town.area(113.011, 34.0105) == town.grids[3])
        let last = try await town.database.read { db in try db.lastEvent() }
        let revision = try await town.edit([.move(from: middle, to: Position(lon: 113.013, lat: 34.012))])
        #expect(revision.moved == 3)
        #expect(town.area(113.011, 34.0105) == town.grids[0])
        let after = town.room.index.map
        #expect(after.byID[town.village]?.geometry == before.byID[town.village]?.geometry)
        for grid in town.grids { #expect(after.byID[grid]?.geometry != before.byID[grid]?.geometry) }
        let change = try #require(town.asked.all.first)
        #expect(change.areas.area(at: try #require(GeoPoint(lat: 34.0105, lon: 113.011))) == town.grids[0])
        let event = try await town.database.read { db in
            try db.first(Event.self, "SELECT \(raw: Event.columns) FROM event WHERE seq > \(last) ORDER BY seq LIMIT 1")
        }
        #expect(event?.content.type == "area.changed")
    }

    @Test("What would tear the land is refused with the place, and nothing changes", arguments: Engine.allCases)
    func refused(_ engine: Engine) async throws {
        let town = try await SmallTown(engine)
        do {
            try await town.edit([.move(from: middle, to: Position(lon: 113.025, lat: 34.0102))])
            Issue.record("not refused")
        } catch AreaEditError.fault(let fault) {
            #expect(fault.kind == .crossing)
            #expect(abs(fault.place.lon - 113.02) < 0.006)
        }
        let revisions = try await town.database.read { db in
            try AreaEditor.revisions(before: nil, limit: 10, in: db).count
        }
        #expect(revisions == 0)
        #expect(town.asked.all.isEmpty)
    }

    @Test(
        "A split makes two areas with codes of their own and a lineage, and undo brings the old one back",
        arguments: Engine.allCases)
    func splitAndUndo(_ engine: Engine) async throws {
        let town = try await SmallTown(engine)
        try await town.edit([
            .split(
                town.grids[0], along: [Position(lon: 113.005, lat: 34), Position(lon: 113.005, lat: 34.01)],
                names: ["西", "东"])
        ])
        let parts = town.room.index.map.inForce.filter { $0.kind == .grid }
        #expect(parts.count == 5)
        let new = parts.filter { !town.grids.contains($0.id) }
        #expect(Set(new.map(\.code)) == ["9999991012010105", "9999991012010106"])
        #expect(town.room.index.map.byID[town.grids[0]]?.isInForce == false)
        let lineage = try await town.database.read { db in try AreaEditor.lineage(of: town.grids[0], in: db) }
        #expect(Set(lineage.to) == Set(new.map(\.id)))
        // The grid above has the new corner, so that no gap can open there.
        #expect(town.room.index.map.byID[town.grids[2]]?.geometry.positions.count == 5)

        let undone = try await town.undo()
        #expect(undone.undoes != nil)
        #expect(town.area(113.002, 34.002) == town.grids[0])
        #expect(town.room.index.map.inForce.filter { $0.kind == .grid }.count == 4)
        await #expect(throws: AreaEditError.self) { _ = try await town.undo() }
    }

    @Test("Merged areas become one; areas of different parents do not", arguments: Engine.allCases)
    func merge(_ engine: Engine) async throws {
        let town = try await SmallTown(engine)
        try await town.edit([.merge([town.grids[0], town.grids[1]], name: "南")])
        let here = try #require(town.area(113.015, 34.005))
        #expect(here == town.area(113.005, 34.005))
        #expect(town.room.index.name(of: here) == "甲村一社南")
        await #expect(throws: AreaEditError.self) {
            try await town.edit([.merge([town.grids[2], town.village], name: "错")])
        }
    }

    @Test("The past keeps its own borders", arguments: Engine.allCases)
    func past(_ engine: Engine) async throws {
        let town = try await SmallTown(engine)
        let before = CivilTime.instant(2026, 1, 1)
        let moment = CivilTime.instant(2026, 6, 1)
        try await town.edit([.move(from: middle, to: Position(lon: 113.013, lat: 34.012))], at: moment)
        let then = AreaMap(try await town.database.read { db in try AreaStore.all(at: before, in: db) })
        let since = AreaMap(try await town.database.read { db in try AreaStore.all(at: moment + 1, in: db) })
        let place = try #require(GeoPoint(lat: 34.0105, lon: 113.011))
        #expect(then.area(at: place) == town.grids[3])
        #expect(since.area(at: place) == town.grids[0])
    }

    @Test("Who edits on borders that somebody has changed since is told so", arguments: Engine.allCases)
    func stale(_ engine: Engine) async throws {
        let town = try await SmallTown(engine)
        try await town.edit([.rename(town.grids[0], "河边")])
        let editor = town.editor
        await #expect(throws: AreaEditError.self) {
            _ = try await town.database.write { db in
                try editor.apply([.rename(town.grids[0], "路边")], base: nil, by: nil, name: "测试", at: .now, in: db)
            }
        }
        #expect(town.room.index.map.byID[town.grids[0]]?.name == "河边")
    }

    @Test("A place on a border lies in exactly one area")
    func onBorders() async throws {
        let town = try await SmallTown(.sqlite)
        #expect(town.area(113.01, 34.01) != nil)
        #expect(town.area(113.01, 34.005) != nil)
        #expect(town.area(113.005, 34.01) != nil)
    }

    @Test("Codes are checked and numbered by the town's own format")
    func codes() {
        let format = AreaCodeFormat.standard
        #expect(format.accepts("999999101201", .village, under: "999999101"))
        #expect(!format.accepts("99999910120", .village, under: "999999101"))
        #expect(!format.accepts("888888101201", .village, under: "999999101"))
        #expect(format.next(.village, under: "999999101", used: ["999999101201", "999999101007"]) == "999999101202")
        #expect(format.next(.grid, under: "99999910120101", used: ["9999991012010199"]) == nil)
        let other = AreaCodeFormat(digits: [.town: 9, .village: 3, .cooperative: 2, .grid: 4])
        #expect(other.next(.grid, under: "99999910120101", used: []) == "999999101201010001")
    }
}
