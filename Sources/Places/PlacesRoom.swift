import Foundation
import Geo
import Kernel
import Logging
import ServiceLifecycle
import Storage
import Web

extension Permission {
    /// See the town's areas.
    public static let areaRead = Permission("area.read", Set(Role.allCases))
    /// Move, split and merge areas, and bring borders in.
    public static let areaWrite = Permission("area.write", [.admin, .leader])
}

/// The town's areas and what else the map is drawn of.
public struct PlacesRoom: Room {
    /// The room's name.
    public let name = "places"
    /// Its tables.
    public let migrations: [Migration]
    /// The areas in memory.
    public let index = AreaIndex()
    let database: any Database
    let logger: Logger

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "places", bundle: .module) }
    /// Its words.
    public static var resources: Bundle { .module }
    /// Its words.
    public var bundle: Bundle { .module }

    /// Opens the room and reads the areas.
    public init(database: any Database, logger: Logger) async throws {
        migrations = try Self.schema()
        self.database = database
        self.logger = logger
        try await index.read(database)
    }

    /// Adds areas and landmarks; parents before their parts. For set-up and imports.
    public static func add(_ areas: [Area], _ landmarks: [Landmark], in db: any Writing) throws {
        for area in areas { try AreaStore.insert(area, in: db) }
        for landmark in landmarks { try AreaStore.insert(landmark, in: db) }
    }

    /// What helps people to find their way on the map.
    public static func landmarks(in db: any Reading) throws -> [Landmark] { try AreaStore.landmarks(in: db) }
    /// The areas and landmarks of now, read from the store.
    public func refresh() async throws { try await index.read(database) }

    /// The areas as a list or as a map.
    public func routes(_ routes: inout Routes) {
        areaRoutes(&routes)
    }

    /// Keeps the areas in memory true.
    public func services() -> [any Service] { [IndexKeeper(database: database, index: index, logger: logger)] }
}

private struct IndexKeeper: Service {
    let database: any Database
    let index: AreaIndex
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await database.wakeups.wait(AreaIndex.topic, atMostMs: 300_000)
                do {
                    try await index.read(database)
                } catch is CancellationError {
                    break
                } catch {
                    logger.error("areas could not be read", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}

extension AreaIndex {
    fileprivate func read(_ database: any Database) async throws {
        let found = try await database.read { db in (try AreaStore.all(in: db), try AreaStore.landmarks(in: db)) }
        replace(found.0, found.1)
    }
}
