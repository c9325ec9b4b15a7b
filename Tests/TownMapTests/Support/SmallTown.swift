import Geo
import Kernel
import Logging
import Storage
import StorageTesting
import Synchronization
import Web

@testable import Places

/// A town of one village with four square grids, two by two, each a hundredth of a degree wide.
final class SmallTown: Sendable {
    let database: any Database
    let room: PlacesRoom
    let editor: AreaEditor
    /// What the follower was asked: the boxes.
    let asked = Asked()
    let grids: [AreaID]
    let village: AreaID
    private let storage: TestDatabase

    init(_ engine: Engine) async throws {
        storage = try await TestDatabase(engine)
        database = storage.database
        try await Migrator.migrate(database, PlacesRoom.schema())
        func square(_ x: Double, _ y: Double, _ size: Double) -> Geometry {
            Geometry(
                box: Box(
                    from: Position(lon: 113 + x, lat: 34 + y), to: Position(lon: 113 + x + size, lat: 34 + y + size)))
        }
        let town = Area(kind: .town, name: "试验镇", parent: nil, geometry: square(0, 0, 0.02), code: "999999101")
        let village = Area(
            kind: .village, name: "甲村", parent: town.id, geometry: square(0, 0, 0.02), code: "999999101201")
        let cooperative = Area(
            kind: .cooperative, name: "一社", parent: village.id, geometry: square(0, 0, 0.02), code: "99999910120101")
        let grids = [(0.0, 0.0), (0.01, 0), (0, 0.01), (0.01, 0.01)].enumerated().map { index, place in
            Area(
                kind: .grid, name: "\(index + 1)号", parent: cooperative.id, geometry: square(place.0, place.1, 0.01),
                code: "999999101201010\(index + 1)")
        }
        self.grids = grids.map(\.id)
        self.village = village.id
        try await database.write { db in try PlacesRoom.add([town, village, cooperative] + grids, [], in: db) }
        room = try await PlacesRoom(database: database, logger: Logger(label: "test"))
        let asked = asked
        editor = AreaEditor(followers: [
            AreaFollower(name: "things") { change, _ in
                asked.add(change)
                return 3
            }
        ])
    }

    /// Makes a change on the newest borders and reads them afresh.
    @discardableResult
    func edit(_ edits: [AreaEdit], at moment: Instant = .now) async throws -> AreaRevision {
        let editor = editor
        let revision = try await database.write { db in
            try editor.apply(
                edits, base: AreaEditor.revisions(before: nil, limit: 1, in: db).first?.id, by: nil, name: "测试",
                at: moment, in: db)
        }
        try await room.refresh()
        return revision
    }

    func undo() async throws -> AreaRevision {
        let editor = editor
        let revision = try await database.write { db in try editor.undo(by: nil, name: "测试", at: .now, in: db) }
        try await room.refresh()
        return revision
    }

    func area(_ lon: Double, _ lat: Double) -> AreaID? { GeoPoint(lat: lat, lon: lon).flatMap(room.index.area(at:)) }
}

extension Geometry {
    /// A rectangle.
    init(box: Box) {
        let outline = [
            Position(lon: box.west, lat: box.south), Position(lon: box.east, lat: box.south),
            Position(lon: box.east, lat: box.north), Position(lon: box.west, lat: box.north),
        ]
        self = Polygon(outline: outline).map(Geometry.polygon) ?? .line(outline)
    }
}

/// What a follower was asked.
final class Asked: Sendable {
    private let state = Mutex<[AreaChange]>([])
    var all: [AreaChange] { state.withLock { $0 } }
    func add(_ change: AreaChange) { state.withLock { $0.append(change) } }
}
