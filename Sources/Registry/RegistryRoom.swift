import Foundation
import Kernel
import Storage
import Web

/// 大数据库: categories, records, verification, import.
public struct RegistryRoom: Room {
    /// The room's name.
    public let name = "registry"
    /// Its tables.
    public let migrations: [Migration]

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "registry", bundle: .module) }
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
