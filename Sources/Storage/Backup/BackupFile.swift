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
            // A row may refer to one of its own table that comes later: such references are put in afterwards.
            let later = Set(table.own.map(\.position))
            try await each(of: table, in: file) { rows in
                try await target.write { db in
                    for row in rows {
                        let values = row.enumerated().map { later.contains($0) ? SQLValue.null : $1 }
                        try db.execute(
                            "INSERT INTO \(raw: table.name) (\(raw: table.columns)) VALUES \(list: values)")
                    }
                }
            }
            guard let key = table.key, !table.own.isEmpty else { continue }
            try await each(of: table, in: file) { rows in
                try await target.write { db in
                    for row in rows {
                        for own in table.own where row[own.position] != .null {
                            try db.execute(
                                """
                                UPDATE \(raw: table.name) SET \(raw: own.column) = \(row[own.position])
                                WHERE \(raw: key.column) = \(row[key.position])
                                """)
                        }
                    }
                }
            }
        }
        try file.close()
    }

    private struct Column: Sendable {
        var column: String
        /// Its place among the table's columns.
        var position: Int
    }

    private struct Table: Sendable {
        var name: String
        var columns: String
        var insert: String
        /// The primary key, where it is one column.
        var key: Column?
        /// Columns that refer to rows of the same table.
        var own: [Column]
    }

    /// Hands a table's rows over, a batch at a time, in the order in which they lie in the file.
    private static func each(
        of table: Table, in file: DatabaseQueue, _ take: @Sendable ([[SQLValue]]) async throws -> Void
    ) async throws {
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
            guard let last = rows.last else { return }
            try await take(rows.map(\.values))
            after = last.rowid
        }
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
                let all = try copy.columns(in: name)
                let columns = all.map(\.name)
                func column(_ name: String) -> Column? {
                    columns.firstIndex(of: name).map { Column(column: name, position: $0) }
                }
                let keys = try copy.primaryKey(name).columns
                let own = try copy.foreignKeys(on: name).filter { $0.destinationTable == name }
                    .flatMap(\.originColumns).filter { origin in all.contains { $0.name == origin && !$0.isNotNull } }
                let marks = Array(repeating: "?", count: columns.count).joined(separator: ", ")
                let list = columns.joined(separator: ", ")
                return Table(
                    name: name, columns: list, insert: "INSERT INTO \(name) (\(list)) VALUES (\(marks))",
                    key: keys.count == 1 ? column(keys[0]) : nil, own: own.compactMap(column))
            }
        }
    }
}

extension SQLValue {
    fileprivate init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(number)
        case .double(let number): self = .double(number)
        case .string(let text): self = .text(text)
        case .blob(let data): self = .blob(Array(data))
        }
    }

    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .double(let number): number.databaseValue
        case .text(let text): text.databaseValue
        case .blob(let bytes): Data(bytes).databaseValue
        }
    }
}
