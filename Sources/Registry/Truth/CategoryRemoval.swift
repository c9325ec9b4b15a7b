import Kernel
import Logging
import ServiceLifecycle
import Storage
import Web

/// Takes a category away: at once where it has no records, else after a second person has agreed, and with its records.
/// Its versions stay, so that it can come back as it was; records do not come back.
struct CategoryRemoval: Service {
    let desk: RegistryDesk

    private static let topic = "registry.remove"
    /// Records of one transaction, so that an alarm never waits for it.
    private static let batch = 100
    private static let prefix = "remove:"

    /// What became of a wish to remove.
    enum Outcome: Sendable, Equatable {
        /// It is gone.
        case removed
        /// So many records go with it: somebody else decides.
        case proposed(records: Int64)
    }

    /// Removes an empty category, or proposes to.
    /// - Throws: a 409 where a table is being brought into it, or somebody has proposed it already.
    static func remove(
        _ category: Category, reason: String, by hand: Hand, in db: any Writing
    ) throws -> Outcome {
        let key = category.key
        let importing = try db.value(
            Int64.self,
            "SELECT COUNT(*) FROM registry_import WHERE category = \(key) AND state IN ('queued', 'running')")
        guard importing ?? 0 == 0 else { throw Problem.conflict("registry.category-importing") }
        let records =
            try db.value(Int64.self, "SELECT COUNT(*) FROM registry_record WHERE category = \(key)") ?? 0
        guard records > 0 else {
            try carryOut(key, in: db)
            return .removed
        }
        guard try ProposalStore.removals(of: key, in: db).isEmpty else {
            throw Problem.conflict("registry.removal-proposed")
        }
        try ProposalStore.insertRemoval(of: key, records: records, reason: reason, by: hand, in: db)
        return .proposed(records: records)
    }

    /// Makes the category one that does not exist, in this transaction, and has its records deleted behind.
    static func carryOut(_ key: String, in db: any Writing) throws {
        try db.execute("UPDATE registry_category SET is_current = 0 WHERE category = \(key)")
        try db.execute("DELETE FROM registry_mapping WHERE category = \(key)")
        try db.execute(
            """
            INSERT INTO registry_state (name, value) VALUES (\(prefix + key), 0) ON CONFLICT (name) DO UPDATE SET value = 0
            """)
        try RecordWriter.touch(db)
        db.wake(CategoryBook.topic)
        db.wake(topic)
    }

    /// Brings a removed category back as its newest version said.
    /// - Returns: the number of the version that holds from now on.
    /// - Throws: a 404 where there is none, a 409 while its records are still being deleted.
    static func restore(
        _ key: String, by name: String, reason: String, at now: Instant, in db: any Writing
    ) throws -> Int64 {
        guard let row = try CategoryStore.removed(in: db).first(where: { $0.category.key == key }) else {
            throw Problem.notFound
        }
        guard try !isRunning(key, in: db) else { throw Problem.conflict("registry.category-going") }
        return try CategoryStore.save(row.category, by: name, reason: reason, at: now, in: db)
    }

    /// Whether a removed category's records are still being deleted.
    static func isRunning(_ key: String, in db: any Reading) throws -> Bool {
        try db.value(Int64.self, "SELECT value FROM registry_state WHERE name = \(prefix + key)") != nil
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await desk.database.work(
                on: Self.topic, failing: "records could not be deleted", logger: desk.logger, retryMs: 30_000
            ) {
                while try await step(at: .now) { try Task.checkCancellation() }
                return 600_000
            }
        }
    }

    /// Deletes one piece; returns whether there may be more.
    func step(at now: Instant) async throws -> Bool {
        let writer = desk.writer
        return try await desk.database.write { db in
            guard
                let name = try db.value(
                    String.self, "SELECT name FROM registry_state WHERE name LIKE 'remove:%' ORDER BY name LIMIT 1")
            else { return false }
            let key = String(name.dropFirst(Self.prefix.count))
            let records = try db.all(
                Record.self,
                "SELECT \(raw: Record.columns) FROM registry_record r WHERE r.category = \(key) LIMIT \(Self.batch)")
            for record in records { try writer.delete(record, reason: "category", at: now, in: db) }
            if records.isEmpty { try db.execute("DELETE FROM registry_state WHERE name = \(name)") }
            return true
        }
    }
}
