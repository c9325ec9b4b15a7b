import Foundation
import Geo
import Identity
import Kernel
import Logging
import Places
import Storage
import StorageTesting
import Web

@testable import Registry

/// An invented town of two villages with a cooperative each, and its registry, on a database of its own.
final class Town: Sendable {
    let database: any Database
    let desk: RegistryDesk
    let room: RegistryRoom
    let east: Area
    let west: Area
    let now = CivilTime.instant(2026, 11, 24, 9)
    /// The folder with the database's file and all that the room keeps beside it.
    var folder: URL { storage.folder }
    private let storage: TestDatabase

    init(_ engine: Engine = .sqlite) async throws {
        storage = try await TestDatabase(engine)
        let database = storage.database
        self.database = database
        try await Migrator.migrate(database, IdentityRoom.schema() + PlacesRoom.schema() + RegistryRoom.schema())
        func square(_ west: Double) throws -> Geometry {
            guard
                let polygon = Polygon(outline: [
                    Position(lon: west, lat: 30), Position(lon: west + 1, lat: 30), Position(lon: west + 1, lat: 31),
                    Position(lon: west, lat: 31),
                ])
            else { throw GeometryError.tooFewPositions }
            return .polygon(polygon)
        }
        let town = Area(kind: .town, name: "示例镇", parent: nil, geometry: try square(110))
        let west = Area(kind: .village, name: "西村", parent: town.id, geometry: try square(110))
        let east = Area(kind: .village, name: "东村", parent: town.id, geometry: try square(111))
        let group = Area(kind: .cooperative, name: "一社", parent: east.id, geometry: try square(111))
        (self.west, self.east) = (west, east)
        try await database.write { db in try PlacesRoom.add([town, west, east, group], [], in: db) }
        var logger = Logger(label: "town")
        logger.logLevel = .critical
        let places = try await PlacesRoom(database: database, logger: logger)
        room = try await RegistryRoom(
            database: database, folder: storage.folder, audit: try Audit(folder: storage.folder), areas: places.index,
            logger: logger, raise: { _, _, _, _ in })
        desk = room.desk
    }

    /// The room as a new start of the program opens it.
    func reopened() async throws -> RegistryRoom {
        try await RegistryRoom(
            database: database, folder: folder, audit: try Audit(folder: folder), areas: desk.index,
            logger: desk.logger, raise: { _, _, _, _ in })
    }

    func category(_ key: String) throws -> Registry.Category {
        guard let category = room.book[key] else { throw Problem.notFound }
        return category
    }

    func hand(_ source: Source = .department, name: String = "办事员", days: Int64 = 0) -> Hand {
        Hand(staff: StaffID(rawValue: 7), name: name, source: source, at: now + days * CivilTime.dayMs)
    }

    @discardableResult
    func add(_ key: String, _ values: [String: String]) async throws -> RecordID {
        let (category, hand, desk) = (try category(key), hand(), desk)
        return try await database.write { db in
            let id = RecordID.next()
            let facts = Facts(Fact(source: hand.source, seenAt: hand.at, seenBy: hand.name))
            try desk.writer.insert(FieldValues(values), facts: facts, category, by: hand, id: id, in: db)
            return id
        }
    }

    func find(
        _ text: String, as roles: Set<Role> = [.clerk], areas: Set<AreaID>? = nil, in keys: [String]? = nil,
        limit: Int = 50, after: RecordQuery.Cursor? = nil
    ) async throws -> RecordQuery.Page {
        let viewer = Viewer(roles: roles, areas: areas)
        let categories = room.book.all.filter {
            Policy.sees($0, viewer) && (keys?.contains($0.key) ?? true)
        }
        let query = RecordQuery(categories: categories, text: SearchQuery(text), after: after)
        let finder = RecordFinder(search: desk.search, viewer: viewer, now: now)
        return try await database.read { db in try finder.page(query, limit: limit, in: db) }
    }

    func record(_ id: RecordID) async throws -> Record? {
        try await database.read { db in try RecordStore.find(id, in: db) }
    }

    static let zhang: [String: String] = [
        "name": "张建国", "sex": "1", "birthDate": "1990-10-05", "idNumber": "412723199010050012",
        "phone": "19900001234", "household": "H1", "relation": "head", "living": "here", "address": "东村一社12号",
        "place": "30.5,111.5",
    ]
}
