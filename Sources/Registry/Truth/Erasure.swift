import Foundation
import Kernel
import Logging
import Storage

/// Makes deletion true on the disk, once a night after something was deleted: the words of the search index, the log of
/// the database, and the files in which the same people came in.
struct Erasure: Sendable {
    let desk: RegistryDesk
    /// Where the files of imports lie.
    let imports: URL

    private static let state = "erased"
    /// Pages of the search index that one transaction merges, so that an alarm never waits for it.
    private static let pages = 200
    /// The tables that hold what a record held.
    private static let tables = [
        "registry_record", "registry_token", "registry_change", "registry_doubt", "registry_grant", "registry_pair",
        "registry_proposal",
    ]

    /// - Returns: whether everything that was deleted before `now` is gone; `false` where there was nothing to do or a
    ///   reader was in the way.
    @discardableResult
    func run(at now: Instant) async throws -> Bool {
        let categories = try await desk.database.read { db in
            let last = try db.value(Int64.self, "SELECT value FROM registry_state WHERE name = \(Self.state)") ?? 0
            return try db.values(
                String.self, "SELECT DISTINCT category FROM registry_tombstone WHERE at > \(Instant(ms: last))")
        }
        guard !categories.isEmpty else { return false }
        try await mergeIndex()
        try await removeFiles(of: categories, at: now)
        guard try await desk.database.scrub(Self.tables) else {
            desk.logger.notice("deleted records could not be taken off the disk yet; the next night tries again")
            return false
        }
        _ = try await desk.database.write { db in
            try db.execute(
                """
                INSERT INTO registry_state (name, value) VALUES (\(Self.state), \(now))
                ON CONFLICT (name) DO UPDATE SET value = excluded.value
                """)
        }
        return true
    }

    /// Merges the index's parts into one, a piece a transaction: only then are words of deleted records gone from it.
    private func mergeIndex() async throws {
        guard desk.database.engine == .sqlite else { return }
        var pages = -Self.pages
        // Larger than any index; a merge that never ends would be a fault of the engine.
        for _ in 0..<100_000 {
            let wanted = pages
            let changed = try await desk.database.write { db -> Int64 in
                let before = try db.value(Int64.self, "SELECT total_changes()") ?? 0
                try db.execute("INSERT INTO registry_search (registry_search, rank) VALUES ('merge', \(wanted))")
                return (try db.value(Int64.self, "SELECT total_changes()") ?? 0) - before
            }
            // One change is the command itself: there was nothing left to merge.
            if changed < 2 { return }
            pages = Self.pages
        }
    }

    /// Removes the files of finished imports of these categories: the people deleted may stand in them.
    private func removeFiles(of categories: [String], at now: Instant) async throws {
        let ids = try await desk.database.read { db in
            try db.values(
                RecordID.self,
                """
                SELECT id FROM registry_import WHERE category IN \(list: categories)
                AND state IN ('done', 'checked', 'failed') AND at < \(now) ORDER BY id DESC LIMIT 10000
                """)
        }
        for id in ids { try? FileManager.default.removeItem(at: imports.appendingPathComponent("\(id).table")) }
    }
}
