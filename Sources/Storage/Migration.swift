import Foundation
import Kernel

/// One numbered, immutable step of a room's tables.
///
/// The SQL is written once for both engines: types `BIGINT`, `DOUBLE PRECISION`, `TEXT`, `BYTEA`; identifiers come from
/// the program; statements end with `;` at the end of a line. A step for one engine alone stands between lines
/// `-- only sqlite` or `-- only postgresql` and `-- end`.
public struct Migration: Sendable {
    /// `room/0001-name`; steps of a room are applied in the order of their names.
    public var id: String
    /// The statements.
    public var sql: String

    /// A step from a text.
    public init(id: String, sql: String) {
        self.id = id
        self.sql = sql
    }

    /// The steps in `Resources/Schema/*.sql` of a room's bundle, in order.
    /// - Throws: ``StorageError/schema(_:)`` when they cannot be read.
    public static func load(room: String, bundle: Bundle) throws(StorageError) -> [Migration] {
        let folder = bundle.bundleURL.appendingPathComponent("Resources/Schema")
        do {
            return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == "sql" }
                .sorted { $0.lastPathComponent < $1.lastPathComponent }
                .map { file in
                    Migration(
                        id: room + "/" + file.deletingPathExtension().lastPathComponent,
                        sql: try String(contentsOf: file, encoding: .utf8))
                }
        } catch {
            throw .schema("cannot read the schema of \(room): \(error)")
        }
    }

    /// The statements for one engine.
    public func statements(for engine: Engine) -> [String] {
        var result: [String] = []
        var current: [Substring] = []
        var applies = true
        for line in sql.split(separator: "\n", omittingEmptySubsequences: true) {
            let text = line.trimmingCharacters(in: .whitespaces)
            if text.hasPrefix("-- only ") {
                applies = text == "-- only \(engine.rawValue)"
            } else if text == "-- end" {
                applies = true
            } else if applies, !text.hasPrefix("--") {
                current.append(line)
                if text.hasSuffix(";") {
                    result.append(current.joined(separator: "\n"))
                    current = []
                }
            }
        }
        if !current.isEmpty { result.append(current.joined(separator: "\n")) }
        return result
    }

    /// A fingerprint that changes when an applied step is edited (FNV-1a, 64 bits).
    var fingerprint: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in sql.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}

/// Brings a database to the schema that the program knows.
public enum Migrator {
    /// The ground's own tables: the event log and its counter, jobs, leases.
    public static let ground: [Migration] = [
        Migration(
            id: "storage/0001-ground",
            sql: """
                CREATE TABLE counter (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
                INSERT INTO counter (name, value) VALUES ('event', 0);
                CREATE TABLE event (
                  seq BIGINT PRIMARY KEY, at BIGINT NOT NULL, type TEXT NOT NULL, subject TEXT NOT NULL,
                  permission TEXT NOT NULL, area BIGINT, data TEXT NOT NULL
                );
                CREATE INDEX event_at ON event (at);
                CREATE TABLE job (
                  id BIGINT PRIMARY KEY, kind TEXT NOT NULL, unique_key TEXT, payload TEXT NOT NULL,
                  run_at BIGINT NOT NULL, lease_until BIGINT, lease_owner TEXT,
                  attempts BIGINT NOT NULL, last_error TEXT
                );
                CREATE UNIQUE INDEX job_key ON job (kind, unique_key);
                CREATE INDEX job_due ON job (run_at);
                """),
        Migration(
            id: "storage/0002-lease",
            sql: """
                CREATE TABLE lease (name TEXT PRIMARY KEY, owner TEXT NOT NULL, held_until BIGINT NOT NULL);
                """),
    ]

    /// Applies what is missing, each step in a transaction of its own.
    /// - Throws: ``StorageError/schema(_:)`` when an applied step was edited since, or the database is newer than this
    ///   program.
    public static func migrate(_ database: any Database, _ steps: [Migration]) async throws {
        _ = try await database.write { db in
            try db.execute(
                "CREATE TABLE IF NOT EXISTS migration (id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, at BIGINT NOT NULL)"
            )
        }
        let all = ground + steps
        let known = Set(all.map(\.id))
        let applied = try await database.read { db in
            var applied: [String: String] = [:]
            try db.query("SELECT id, fingerprint FROM migration") { row in
                applied[try row.next()] = try row.next(String.self)
                return true
            }
            return applied
        }
        if let unknown = applied.keys.sorted().first(where: { !known.contains($0) }) {
            throw StorageError.schema(
                "the database has step \(unknown), which this program does not know: use a newer one")
        }
        for step in all {
            if let fingerprint = applied[step.id] {
                guard fingerprint == step.fingerprint else {
                    throw StorageError.schema("step \(step.id) was changed after it had been applied")
                }
                continue
            }
            try await database.write { db in
                // Another node may have been quicker.
                guard try db.value(Int64.self, "SELECT 1 FROM migration WHERE id = \(step.id)") == nil else { return }
                for statement in step.statements(for: db.engine) { try db.execute(SQL(raw: statement)) }
                try db.execute(
                    "INSERT INTO migration (id, fingerprint, at) VALUES (\(step.id), \(step.fingerprint), \(Instant.now))"
                )
            }
        }
        let last = try await database.read { db in
            try db.value(Int64.self, "SELECT value FROM counter WHERE name = 'event'") ?? 0
        }
        database.feed.start(after: last)
    }
}
