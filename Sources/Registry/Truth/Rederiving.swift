import Kernel
import Logging
import ServiceLifecycle
import Storage

/// Makes anew what is derived of a category's records after its declaration has changed: search words, what tells them
/// apart, their place, when they fall due, what they lack and contradict. In small transactions, so that an alarm never
/// waits; after a stop it goes on where it was.
struct Rederiving: Service {
    let desk: RegistryDesk

    static let topic = "registry.derive"
    /// Records of one transaction.
    private static let batch = 200
    private static let prefix = "derive:"

    /// Has all records of a category made anew, from the first on.
    static func order(_ category: String, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO registry_state (name, value) VALUES (\(prefix + category), 0)
            ON CONFLICT (name) DO UPDATE SET value = 0
            """)
        db.wake(topic)
    }

    /// Whether a category's records are still being made anew.
    static func isWaiting(_ category: String, in db: any Reading) throws -> Bool {
        try db.value(Int64.self, "SELECT value FROM registry_state WHERE name = \(prefix + category)") != nil
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await desk.database.work(
                on: Self.topic, failing: "records could not be made anew", logger: desk.logger, retryMs: 30_000
            ) {
                while try await step(at: .now) { try Task.checkCancellation() }
                return 600_000
            }
        }
    }

    /// Does one piece; returns whether there may be more.
    func step(at now: Instant) async throws -> Bool {
        let writer = desk.writer
        return try await desk.database.write { db in
            var waiting: (name: String, after: Int64)?
            try db.query(
                "SELECT name, value FROM registry_state WHERE name LIKE 'derive:%' ORDER BY name LIMIT 1"
            ) { row in
                waiting = (try row.next(), try row.next())
                return false
            }
            guard let waiting else { return false }
            // Another node may have changed it a moment ago: the stored one rules, not the one in memory.
            let key = String(waiting.name.dropFirst(Self.prefix.count))
            let category = try CategoryStore.current(of: key, in: db)
            let records = try category.map { category in
                try db.all(
                    Record.self,
                    """
                    SELECT \(raw: Record.columns) FROM registry_record r WHERE r.category = \(category.key)
                    AND r.id > \(waiting.after) ORDER BY r.id LIMIT \(Self.batch)
                    """)
            }
            guard let category, let records, let last = records.last else {
                try db.execute("DELETE FROM registry_state WHERE name = \(waiting.name)")
                try RecordWriter.touch(db)
                return true
            }
            let keys = records.map { writer.search.rowKey($0.values, category) }
            let owners = try RecordStore.find(keys: keys, in: db)
            for (record, key) in zip(records, keys) {
                // Of two that have become alike, the other keeps its key; the nightly search shows them as a pair.
                let isFree = owners[key].map { $0.id == record.id } ?? true
                try writer.derive(record, category, key: isFree ? key : nil, at: now, in: db)
            }
            try db.execute("UPDATE registry_state SET value = \(last.id) WHERE name = \(waiting.name)")
            return true
        }
    }
}
