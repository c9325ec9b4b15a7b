import Foundation
import Identity
import Kernel
import Places
import Storage
import Web

/// 民情地图: layers, drawing, tiles, statistics.
public struct TownMapRoom: Room {
    /// The room's name.
    public let name = "map"
    /// Its tables.
    public let migrations: [Migration]
    let database: any Database
    let areas: AreaIndex
    let editor: AreaEditor
    let audit: Audit
    let layers: LayerBook
    let tiles: TileMaker
    let backdrop: BackdropTiles?

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "map", bundle: .module) }
    /// Its templates and words.
    public static var resources: Bundle { .module }
    /// Its templates and words.
    public var bundle: Bundle { .module }

    /// Opens the room.
    /// - Parameters:
    ///   - layers: what the rooms show on the map, the lowest first.
    ///   - categories: layers that come and go while the centre runs, drawn below those.
    ///   - followers: what gets its area anew when borders move.
    ///   - backdrop: somebody else's map under the town's own, where one is configured.
    public init(
        database: any Database, areas: AreaIndex, layers: [any MapLayer],
        categories: @escaping @Sendable () -> [any MapLayer] = { [] }, followers: [AreaFollower], audit: Audit,
        backdrop: BackdropTiles? = nil
    ) throws {
        self.backdrop = backdrop
        migrations = try Self.schema()
        self.database = database
        self.areas = areas
        let layers = LayerBook(fixed: layers, categories: categories)
        self.layers = layers
        self.audit = audit
        editor = AreaEditor(followers: followers)
        tiles = TileMaker(database: database, areas: areas, layers: layers)
    }

    /// The map.
    public var navigation: [NavigationItem] {
        [NavigationItem("/map", key: "townmap.nav.map", icon: "map", needs: .mapUse, order: 5)]
    }

    /// Its ways in.
    public func routes(_ routes: inout Routes) {
        tileRoutes(&routes)
        backdropRoutes(&routes)
        mapRoutes(&routes)
        findRoutes(&routes)
        areaFileRoutes(&routes)
        editRoutes(&routes)
    }
}

extension Permission {
    /// Look at the town's map; each layer asks for more.
    static let mapUse = Permission(
        "map.use", [.officer, .leader, .brigade, .patrol, .grid, .clerk, .admin, .auditor, .owner])
}
