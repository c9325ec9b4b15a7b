import Cases
import Foundation
import Identity
import Kernel
import Storage
import Web

/// 应急广播: what the town says to its people and to other centres, and what it hears from them, in the Common Alerting
/// Protocol.
public struct BroadcastRoom: Room {
    /// The room's name.
    public let name = "broadcast"
    /// Its tables.
    public let migrations: [Migration]
    private let desk: BroadcastDesk
    private let token: String?

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "broadcast", bundle: .module) }
    /// Its templates and words.
    public static var resources: Bundle { .module }
    /// Its templates and words.
    public var bundle: Bundle { .module }

    /// Opens the room.
    /// - Parameters:
    ///   - areas: the areas that a broadcast can be for, as they are now.
    ///   - areaAt: the smallest area around a place.
    ///   - token: what other centres show to be heard; `nil` hears nobody.
    public init(
        centre: @escaping @Sendable () -> CentreName, areas: @escaping @Sendable () -> [BroadcastArea],
        areaAt: @escaping @Sendable (GeoPoint) -> AreaID?, cases: CaseDesk, audit: Audit, token: String?
    ) throws {
        migrations = try Self.schema()
        desk = BroadcastDesk(centre: centre, areas: areas, areaAt: areaAt, cases: cases, audit: audit)
        self.token = token
    }

    /// Broadcasts.
    public var navigation: [NavigationItem] {
        [NavigationItem("/broadcasts", key: "broadcast.nav", icon: "sound", needs: .broadcastRead, order: 30)]
    }

    /// Pages, API, and the protocol's own faces.
    public func routes(_ routes: inout Routes) {
        let api = BroadcastRoutes(desk: desk)
        api.add(to: &routes)
        BroadcastPages(desk: desk, writer: api).add(to: &routes)
        CAPRoutes(desk: desk, token: token).add(to: &routes)
    }
}
