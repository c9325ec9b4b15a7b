import Foundation
import Kernel
import Storage
import Web

/// 啄木鸟: reports without a name, receipts, lessons.
public struct WoodpeckerRoom: Room {
    /// The room's name.
    public let name = "woodpecker"
    /// Its tables.
    public let migrations: [Migration]

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "woodpecker", bundle: .module) }
    /// Its templates and words.
    public static var resources: Bundle { .module }
    /// Its templates and words.
    public var bundle: Bundle { .module }

    /// Opens the room.
    public init() throws {
        migrations = try Self.schema()
    }

    /// Its ways in.
    public func routes(_ routes: inout Routes) {}
}
