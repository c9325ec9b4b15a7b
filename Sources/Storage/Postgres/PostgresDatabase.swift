import Foundation
import Kernel

/// PostgreSQL 12 or newer, for several nodes on one database.
///
/// One connection writes, the others of the pool read, one more listens. The database must be in UTF-8; its collation
/// does not matter. A server that goes away is an error to those who ask meanwhile, and is found again.
public final class PostgresDatabase: Database {
    /// PostgreSQL.
    public let engine = Engine.postgresql
    /// What was committed, by any node.
    public let feed = EventFeed()
    /// Who waits for work.
    public let wakeups = Wakeups()
    private let readers: PostgresReaders
    private let committer: GroupCommitter
    private let listener: PostgresListener
    private let address: PostgresAddress

    /// Connects.
    /// - Parameters:
    ///   - url: `postgres://user:password@host:port/database`.
    ///   - connections: readers and the writer together, at least 2.
    /// - Throws: ``StorageError/unavailable(_:)`` when the server cannot be reached; the text is without the password.
    public init(url: String, connections: Int = 8) throws {
        let address = try PostgresAddress(url)
        self.address = address
        let node = UUID().uuidString
        listener = PostgresListener(address, node: node, feed: feed, wakeups: wakeups)
        try listener.start()
        readers = PostgresReaders(address, count: max(1, connections - 1))
        committer = GroupCommitter(feed: feed, wakeups: wakeups)
        committer.start { PostgresWriteConnection(connection: try PostgresConnection(address), node: node) }
    }

    deinit {
        committer.stop()
        readers.stop()
        listener.stop()
    }

    /// Whether the last write found no room.
    public var isFull: Bool { committer.isFull }

    /// Runs `body` on a snapshot (REPEATABLE READ).
    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (any Reading) throws -> Value
    ) async throws -> Value {
        try await readers.read(body)
    }

    /// Runs `body` in a transaction that is on the server's disk when this returns.
    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (any Writing) throws -> Value
    ) async throws -> Value {
        try await committer.write(body)
    }

    /// Writes the tables anew, on a connection of its own: it cannot be done in a transaction.
    public func scrub(_ tables: [String]) async throws -> Bool {
        let address = address
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        let connection = try PostgresConnection(address)
                        defer { connection.close() }
                        for table in tables { try connection.control("VACUUM FULL \(table)") }
                        return true
                    })
            }
        }
    }

    /// Finishes what runs and hangs up.
    public func close() async {
        await committer.close()
        await readers.close()
        await listener.close()
    }
}
