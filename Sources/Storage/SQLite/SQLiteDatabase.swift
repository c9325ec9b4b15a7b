import Foundation
import GRDB
import Kernel

/// The embedded engine: one file in WAL mode, `synchronous = FULL`, many readers and one writer.
public final class SQLiteDatabase: Database {
    /// SQLite.
    public let engine = Engine.sqlite
    /// What was committed.
    public let feed = EventFeed()
    /// Who waits for work.
    public let wakeups = Wakeups()
    private let pool: DatabasePool
    private let committer: GroupCommitter

    /// Opens or creates the file.
    /// - Throws: ``StorageError`` when it is no database or cannot be written.
    public init(path: String, readers: Int = 4) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = readers
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(10)
        // A batch is one transaction over many calls of the writer.
        configuration.allowsUnsafeTransactions = true
        configuration.prepareDatabase { db in
            // FULL: a commit has reached the disk before anybody is answered.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA cache_size = -16000")
            // What is deleted is overwritten, not only forgotten.
            try db.execute(sql: "PRAGMA secure_delete = ON")
            try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
            // 32 MiB of log before it goes into the file: a busy page is then written there once and not each time.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 8000")
        }
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
        } catch {
            throw StorageError(error)
        }
        committer = GroupCommitter(feed: feed, wakeups: wakeups)
        let pool = pool
        committer.start { SQLiteWriteConnection(pool: pool) }
    }

    deinit { committer.stop() }

    /// Whether the last write found no room.
    public var isFull: Bool { committer.isFull }

    /// Runs `body` on a snapshot.
    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (any Reading) throws -> Value
    ) async throws -> Value {
        do {
            return try await pool.read { db in try body(SQLiteReading(db: db)) }
        } catch let error as DatabaseError {
            throw StorageError(error)
        }
    }

    /// Runs `body` in a transaction that is on disk when this returns.
    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (any Writing) throws -> Value
    ) async throws -> Value {
        try await committer.write(body)
    }

    /// Empties the log into the file.
    public func scrub(_ tables: [String]) async throws -> Bool {
        do {
            try await pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
            return true
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED
        {
            return false
        } catch {
            throw StorageError(error)
        }
    }

    /// Ends the writer and closes the file.
    public func close() async {
        await committer.close()
        try? pool.close()
    }
}
