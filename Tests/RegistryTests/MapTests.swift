import Geo
import Kernel
import Places
import Storage
import StorageTesting
import Testing
import Web

@testable import Registry

@Suite("The registry on the map")
struct MapTests {
    private func caller(_ role: Role, areas: [AreaID]? = nil) -> Caller {
        Caller(
            id: StaffID(rawValue: 9), username: "x", name: "x", roles: [role], areas: areas, mustChangePassword: false,
            csrf: "", viaToken: false)
    }

    private let whole = Box(from: Position(lon: 100, lat: 20), to: Position(lon: 120, lat: 40))

    @Test("Things are drawn, people are counted alone, and nothing is there for who may see nothing")
    func layers() async throws {
        let town = try await Town()
        let layers = town.room.mapLayers()
        #expect(layers.count == 22)
        #expect(layers.first { $0.name == "record-hydrant" }?.hasMarks == true)
        let elderly = try #require(layers.first { $0.name == "record-elderly" })
        #expect(!elderly.hasMarks)
        #expect(elderly.group == .counted)
        let (officer, owner, window) = (caller(.officer), caller(.owner), MapWindow(box: whole))
        let marks = try await town.database.read { db in try elderly.marks(in: window, for: officer, in: db) }
        #expect(marks.isEmpty)
        #expect(!layers.contains { $0.isVisible(to: owner) })
    }

    @Test("A layer's places are those of its marks, and end at the caller's areas", arguments: Engine.allCases)
    func scope(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.add("hydrant", ["number": "XF-001", "kind": "hydrant", "place": "30.5,110.5"])
        try await town.add("hydrant", ["number": "XF-002", "kind": "hydrant", "place": "30.5,111.5"])
        let layer = try #require(town.room.mapLayers().first { $0.name == "record-hydrant" })
        let window = MapWindow(box: whole)
        for (areas, expected) in [(nil, 2), ([town.east.id], 1)] as [([AreaID]?, Int)] {
            let caller = caller(.officer, areas: areas)
            let (marks, places) = try await town.database.read { db in
                (
                    try layer.marks(in: window, for: caller, in: db),
                    try layer.places(in: window, for: caller, in: db) ?? []
                )
            }
            #expect(marks.count == expected)
            #expect(Set(places) == Set(marks.map(\.point)))
        }
    }

    @Test(
        "A moved border gives records their new area, and its version makes drawn tiles old", arguments: Engine.allCases
    )
    func follows(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let id = try await town.add("hydrant", ["number": "XF-001", "kind": "hydrant", "place": "30.5,111.05"])
        let before = try await town.database.read { db in
            (try RecordStore.find(id, in: db)?.village, try town.room.dataVersion(in: db))
        }
        #expect(before.0 == town.east.id)
        // The western village now reaches over the record's place.
        let line = Position(lon: 111.1, lat: 30)
        let west = Area(
            id: town.west.id, kind: .village, name: "西村", parent: town.west.parent,
            geometry: .polygon(
                try #require(
                    Polygon(outline: [
                        Position(lon: 110, lat: 30), line, Position(lon: 111.1, lat: 31), Position(lon: 110, lat: 31),
                    ]))))
        let change = AreaChange(box: whole, ended: [], heirs: [:], areas: AreaMap([west]))
        let moved = try await town.database.write { db in try town.room.areaFollower.follow(change, db) }
        #expect(moved == 1)
        let after = try await town.database.read { db in
            (try RecordStore.find(id, in: db)?.village, try town.room.dataVersion(in: db))
        }
        #expect(after.0 == town.west.id)
        #expect(after.1 > before.1)
        #expect(try await town.find("XF-001", areas: [town.west.id], in: ["hydrant"]).records.count == 1)
        #expect(try await town.find("XF-001", areas: [town.east.id], in: ["hydrant"]).records.isEmpty)
    }

    @Test("A record without a place goes to the heir of an area that ended")
    func heirs() async throws {
        let town = try await Town()
        let id = try await town.add("hydrant", ["number": "XF-001", "kind": "hydrant", "address": "东村一社1号"])
        let old = try #require(try await town.database.read { db in try RecordStore.find(id, in: db)?.area })
        let change = AreaChange(
            box: Box(Position(lon: 1, lat: 1)), ended: [old], heirs: [old: town.west.id], areas: AreaMap([town.west]))
        let moved = try await town.database.write { db in try town.room.areaFollower.follow(change, db) }
        #expect(moved == 1)
        #expect(try await town.database.read { db in try RecordStore.find(id, in: db)?.area } == town.west.id)
    }

    @Test("A small count of people is held back, and with it one more where subtraction would tell it")
    func small() {
        let (a, b, c, d) = (AreaID(rawValue: 1), AreaID(rawValue: 2), AreaID(rawValue: 3), AreaID(rawValue: 4))
        #expect(SmallCounts.held([a: 9, b: 7, c: 12]) == [a: .exactly(9), b: .exactly(7), c: .exactly(12)])
        #expect(SmallCounts.held([a: 9, b: 7, c: 3]) == [a: .exactly(9), b: .few, c: .few])
        #expect(SmallCounts.held([a: 2, b: 7, c: 3, d: 0]) == [a: .few, b: .exactly(7), c: .few, d: .exactly(0)])
    }
}
