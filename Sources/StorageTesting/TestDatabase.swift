import Foundation
import Storage

/// An empty database of either engine for one test; it is gone with this object.
public final class TestDatabase: Sendable {
    /// The database.
    public let database: any Database
    /// An empty folder for the test's files.
    public let folder: URL
    private let engine: Engine
    private let place: String
    private let server: (cluster: TestCluster, name: String)?

    /// Makes one, on the server that all tests of the process share or on `cluster`.
    public init(_ engine: Engine, cluster: TestCluster? = nil) async throws {
        self.engine = engine
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        switch engine {
        case .sqlite:
            server = nil
            place = folder.appendingPathComponent("test.db").path
        case .postgresql:
            let cluster = if let cluster { cluster } else { try await TestCluster.shared() }
            let made = try await cluster.create()
            server = (cluster, made.name)
            place = made.url
        }
        database = try Self.open(engine, place)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
        if let server { server.cluster.drop(server.name) }
    }

    /// The same database once more, as another node sees it; SQLite has but one process and gives the same.
    public func another() throws -> any Database {
        engine == .sqlite ? database : try Self.open(engine, place)
    }

    /// The address of a PostgreSQL database, the path of an SQLite one.
    public var address: String { place }

    private static func open(_ engine: Engine, _ place: String) throws -> any Database {
        switch engine {
        case .sqlite: try SQLiteDatabase(path: place)
        case .postgresql: try PostgresDatabase(url: place, connections: 4)
        }
    }
}
