import Foundation
import GB28181
import Kernel
import Logging
import ServiceLifecycle
import Storage
import Web

/// 雪亮: cameras, live and recorded pictures, voice, water watch.
public struct WatchRoom: Room {
    /// What can be set from outside.
    public struct Configuration: Sendable {
        /// The platform for GB/T 28181; `nil` leaves it out.
        public var gb28181: GBConfiguration?
        /// The media process; `nil` leaves pictures out.
        public var media: (any MediaPlane)?

        /// Nothing yet.
        public init() {}
    }

    /// The room's name.
    public let name = "watch"
    /// Its tables.
    public let migrations: [Migration]
    /// The platform, where there is one.
    public let platform: GBPlatform?
    private let desk: any WatchDesk
    private let configuration: Configuration

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "watch", bundle: .module) }
    /// Its templates and words.
    public static var resources: Bundle { .module }
    /// Its templates and words.
    public var bundle: Bundle { .module }

    /// Opens the room; `listening` is told the port of GB/T 28181 once it is open.
    public init(
        database: any Database, desk: any WatchDesk, configuration: Configuration, logger: Logger,
        listening: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        migrations = try Self.schema()
        self.desk = desk
        self.configuration = configuration
        platform = try configuration.gb28181.map {
            try GBPlatform(
                $0, database: database, desk: desk, media: configuration.media, logger: logger, started: listening)
        }
    }

    /// Cameras, devices, water watch.
    public var navigation: [NavigationItem] {
        [
            NavigationItem("/cameras", key: "watch.nav.cameras", icon: "camera", needs: .cameraRead, order: 30),
            NavigationItem("/watch-devices", key: "watch.nav.devices", icon: "devices", needs: .deviceRead, order: 32),
        ]
    }

    /// Its ways in.
    public func routes(_ routes: inout Routes) {
        CameraRoutes(platform: platform, media: configuration.media, desk: desk).add(to: &routes)
        CameraPages(platform: platform, desk: desk).add(to: &routes)
        DeviceRoutes(platform: platform, desk: desk).add(to: &routes)
        DevicePages(platform: platform, desk: desk).add(to: &routes)
    }

    /// Its servers.
    public func services() -> [any Service] { platform.map { [$0] } ?? [] }
}
