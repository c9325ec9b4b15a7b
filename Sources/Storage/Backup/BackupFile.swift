import Foundation
import GRDB
import Kernel

/// A copy of a whole database as one SQLite file, whichever engine it came from, so that a town can also move from one
/// engine to the other.
public enum BackupFile {
    /// Rows that are put into the target at once.
    private static let batch = 500

    /// Copies every table as of one snapshot, while others go on writing.
    /// - Parameters:
    ///   - path: where the file is made; there must be none.
    ///   - steps: the rooms' migrations, which make the file's tables.
    /// - Returns: rows of each table.
    public static func write(
        from source: any Database, to path: String, steps: [Migration]
    ) async throws -> [String: Int64] {
        let made = try SQLiteDatabase(path: path)
        try await Migrator.migrate(made, steps)
        await made.close()
        let file = try open(path)
        let tables = try tables(of: file)
        let counts = try await source.read { db in
            var counts: [String: Int64] = [:]
            try file.write { copy in
                for table in tables {
                    try copy.execute(sql: "DELETE FROM \(table.name)")
                    let insert = try copy.makeStatement(sql: table.insert)
                    var count: Int64 = 0
                    try db.scan(SQL(raw: "SELECT \(table.columns) FROM \(table.name)")) { row in
                        try insert.execute(arguments: StatementArguments(row.values.map(\.databaseValue)))
                        count += 1
                        return true
                    }
                    counts[table.name] = count
                }
            }
            return counts
        }
        try await file.writeWithoutTransaction { copy in
            _ = try copy.checkpoint(.truncate)
            // One file, without a journal beside it.
            try copy.execute(sql: "PRAGMA journal_mode = DELETE")
        }
        try file.close()
        return counts
    }

    /// Rows of each table, after the file was found to be whole.
    public static func check(_ path: String) throws -> [String: Int64] {
        let file = try open(path)
        defer { try? file.close() }
        return try file.read { copy in
            guard try String.fetchOne(copy, sql: "PRAGMA integrity_check") == "ok" else {
                throw StorageError.unavailable("the backup's database is damaged")
            }
            var counts: [String: Int64] = [:]
            for name in try names(copy) {
                counts[name] = try Int64.fetchOne(copy, sql: "SELECT COUNT(*) FROM \(name)") ?? 0
            }
            return counts
        }
    }

    /// Puts the file's rows into an empty database that has the same tables.
    public static func read(_ path: String, into target: any Database) async throws {
        let file = try open(path)
        let tables = try tables(of: file)
        try await target.write { db in
            for table in tables.reversed() { try db.execute(SQL(raw: "DELETE FROM \(table.name)")) }
        }
        for table in tables {
            var after: Int64 = 0
            while true {
                let start = after
                let rows = try await file.read { copy in
                    try GRDB.Row.fetchAll(
                        copy,
                        sql: """
                            SELECT rowid, \(table.columns) FROM \(table.name) WHERE rowid > ?
                            ORDER BY rowid LIMIT \(batch)
                            """, arguments: [start]
                    ).map { row in
                        (rowid: row[0] as Int64, values: row.databaseValues.dropFirst().map { SQLValue($0) })
                    }
                }
                guard let last = rows.last else { break }
                let values = rows.map(\.values)
                try await target.write { db in
                    for row in values {
                        try db.execute(
                            "INSERT INTO \(raw: table.name) (\(raw: table.columns)) VALUES \(list: row)")
                    }
                }
                after = last.rowid
            }
        }
        try file.close()
    }

    private struct Table: Sendable {
        var name: String
        var columns: String
        var insert: String
    }

    private static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// In the order in which they were made, so that what is referred to comes first. Virtual tables and what lies
    /// behind them are an engine's own indexes: triggers fill them when the rows come in.
    private static func names(_ copy: GRDB.Database) throws -> [String] {
        try String.fetchAll(
            copy,
            sql: """
                SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                AND name IN (SELECT name FROM pragma_table_list WHERE type = 'table') ORDER BY rowid
                """)
    }

    private static func tables(of file: DatabaseQueue) throws -> [Table] {
        try file.read { copy in
            try names(copy).map { name in
                let columns = try copy.columns(in: name).map(\.name)
                let marks = Array(repeating: "?", count: columns.count).joined(separator: ", ")
                let list = columns.joined(separator: ", ")
                return Table(
                    name: name, columns: list, insert: "INSERT INTO \(name) (\(list)) VALUES (\(marks))")
            }
        }
    }
}
