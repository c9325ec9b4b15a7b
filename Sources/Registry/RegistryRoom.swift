import Crypt
import Foundation
import Identity
import Kernel
import Logging
import Places
import ServiceLifecycle
import Storage
import Web

/// 大数据库: what the town knows, by categories that are data, kept true and guarded by one policy.
public struct RegistryRoom: Room {
    /// The room's name.
    public let name = "registry"
    /// Its tables.
    public let migrations: [Migration]
    /// The categories as they are now.
    public let book = CategoryBook()
    let desk: RegistryDesk
    let folder: URL

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "registry", bundle: .module) }
    /// Its templates and words.
    public static var resources: Bundle { .module }
    /// Its templates and words.
    public var bundle: Bundle { .module }

    /// Opens the room: reads the key of its hashes in `folder`, or makes one, and adds the shipped categories that the
    /// town does not have yet.
    /// - Parameter raise: opens a case when somebody opens record after record; its key is the same for an hour.
    public init(
        database: any Database, folder: URL, audit: Audit, areas: AreaIndex, logger: Logger,
        raise: @escaping @Sendable (_ title: String, _ key: String, _ at: Instant, _ db: any Writing) throws -> Void
    ) async throws {
        migrations = try Self.schema()
        self.folder = folder
        desk = RegistryDesk(
            database: database, book: book, search: SearchText(key: try Self.key(in: folder)), index: areas,
            audit: audit, logger: logger, raise: raise)
        let shipped = try CategoryStore.shipped()
        let current = try await database.read { db in try CategoryStore.current(in: db) }
        if Set(shipped.map(\.key)).isSubset(of: current.map(\.category.key)) {
            book.replace(current)
        } else {
            book.replace(
                try await database.write { db in
                    try CategoryStore.addMissing(shipped, at: .now, in: db)
                    return try CategoryStore.current(in: db)
                })
        }
    }

    private static func key(in folder: URL) throws -> [UInt8] {
        let file = folder.appendingPathComponent("registry.key")
        if let known = FileManager.default.contents(atPath: file.path), known.count == 32 { return Array(known) }
        let key = try Secret.bytes(32)
        guard
            FileManager.default.createFile(
                atPath: file.path, contents: Data(key), attributes: [.posixPermissions: 0o600])
        else { throw StorageError.unavailable("cannot write \(file.path)") }
        return key
    }

    /// Makes the invented town's records, the same for the same seed, and returns how many.
    /// - Parameters:
    ///   - records: about how many; 100,000 is a town of full size.
    ///   - spot: a place within an area, for a number.
    public static func makeSample(
        database: any Database, folder: URL, areas: [Area], records: Int, seed: UInt64 = 2026, at now: Instant,
        locate: @escaping @Sendable (GeoPoint) -> AreaID?, spot: @escaping @Sendable (AreaID, UInt64) -> GeoPoint?
    ) async throws -> Int64 {
        let shipped = try CategoryStore.shipped()
        let book = CategoryBook()
        book.replace(
            try await database.write { db in
                try CategoryStore.addMissing(shipped, at: now, in: db)
                return try CategoryStore.current(in: db)
            })
        let town = TownAreas(areas, locate: locate)
        var sample = SampleTown(
            areas: town, writer: RecordWriter(search: SearchText(key: try key(in: folder)), areas: town), book: book,
            total: records, seed: seed, now: now, spot: spot)
        try await sample.store(in: database)
        return try await database.read { db in
            try db.value(Int64.self, "SELECT COUNT(*) FROM registry_record") ?? 0
        }
    }

    /// The registry.
    public var navigation: [NavigationItem] {
        [NavigationItem("/registry", key: "registry.nav", icon: "list", needs: .registryRead, order: 30)]
    }

    /// Its ways in.
    public func routes(_ routes: inout Routes) {
        CategoryPages(desk: desk).add(to: &routes)
        RecordListPages(desk: desk).add(to: &routes)
        RecordPages(desk: desk).add(to: &routes)
        RecordForms(desk: desk).add(to: &routes)
        RecordRoutes(desk: desk).add(to: &routes)
        ProposalPages(desk: desk).add(to: &routes)
    }

    /// Its workers.
    public func services() -> [any Service] { [BookKeeper(desk: desk)] }
}

/// Keeps the categories in memory true.
private struct BookKeeper: Service {
    let desk: RegistryDesk

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await desk.database.wakeups.wait(CategoryBook.topic, atMostMs: 300_000)
                do {
                    desk.book.replace(try await desk.database.read { db in try CategoryStore.current(in: db) })
                } catch is CancellationError {
                    break
                } catch {
                    desk.logger.error("categories could not be read", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
