import Foundation
import Kernel
import Storage
import Web

/// 雪亮: cameras, live and recorded pictures, voice, water watch.
public struct WatchRoom: Room {
    /// The room's name.
    public let name = "watch"
    /// Its tables.
    public let migrations: [Migration]

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "watch", bundle: .module) }
    /// Its templates and words.
    public static var resources: Bundle { .module }
    /// Its templates and words.
    public var bundle: Bundle { .module }

    /// Pictures and sound.
    let media: any MediaPlane

    /// Opens the room.
    public init(media: any MediaPlane) throws {
        self.media = media
        migrations = try Self.schema()
    }

    /// Its ways in.
    public func routes(_ routes: inout Routes) {}
}
