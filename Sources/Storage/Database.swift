import Kernel

/// The one seam between the rooms and SQLite or PostgreSQL.
///
/// **One writer at a time.** Write transactions are serialised, on PostgreSQL across all nodes by an advisory lock, so
/// that a rule which reads and then writes needs no further lock, sequence numbers of events follow the order of
/// commits, and both engines behave alike. Waiting writers share one commit: each runs in a savepoint of its own, and
/// one fsync serves them all.
public protocol Database: Sendable {
    /// Which engine it is.
    var engine: Engine { get }
    /// What was committed, in order, for screens and workers.
    var feed: EventFeed { get }
    /// Who waits for a topic that a transaction may wake.
    var wakeups: Wakeups { get }
    /// Whether the last write found no room on the disk.
    var isFull: Bool { get }

    /// Runs `body` on a consistent snapshot.
    func read<Value: Sendable>(_ body: @escaping @Sendable (any Reading) throws -> Value) async throws -> Value

    /// Runs `body` in a transaction and returns when it is durable (on disk, fsynced).
    ///
    /// When `body` throws, nothing of it stays; a statement that failed ends the transaction even if `body` catches its
    /// error. It may run twice (when a batch fails as a whole), so it must change nothing but the database.
    /// - Throws: what `body` throws, or ``StorageError``.
    func write<Value: Sendable>(_ body: @escaping @Sendable (any Writing) throws -> Value) async throws -> Value

    /// Takes what was deleted off the disk, as far as the engine can: SQLite overwrites deleted rows as they go and
    /// here empties the log that still holds them; PostgreSQL writes `tables` anew (`VACUUM FULL`, which holds up who
    /// asks for one of them). Backups, a server's archive of its log and a file system's snapshots keep what they have.
    /// - Parameter tables: names of the program's own; never anything that came from outside.
    /// - Returns: whether it is gone; `false` where a reader of an older state was in the way, and a later try helps.
    func scrub(_ tables: [String]) async throws -> Bool

    /// Finishes what runs, refuses what comes later.
    func close() async
}
