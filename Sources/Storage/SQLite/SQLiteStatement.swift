import Foundation
import GRDB
import GRDBSQLite
import Kernel

/// Binds, steps and reads a prepared statement through SQLite's own interface: GRDB keeps the connections, the
/// snapshots and the prepared statements, and its boxes around each value are left out of the hot path.
struct SQLiteStatement {
    private let db: GRDB.Database
    private let statement: Statement
    private let handle: OpaquePointer

    /// Prepares `sql`, or takes it as it was prepared before, and binds its arguments.
    init(_ sql: SQL, in db: GRDB.Database) throws {
        self.db = db
        do {
            let cached = try db.cachedStatement(sql: sql.text)
            // A statement that still steps, further out in the same call, is left alone.
            statement = sqlite3_stmt_busy(cached.sqliteStatement) == 0 ? cached : try db.makeStatement(sql: sql.text)
        } catch {
            throw StorageError(error)
        }
        handle = statement.sqliteStatement
        for (index, value) in sql.arguments.enumerated() { try bind(value, at: Int32(index + 1)) }
    }

    /// Runs it to its end; how many rows it changed.
    func execute() throws -> Int {
        defer { sqlite3_reset(handle) }
        while try step() {}
        return db.changesCount
    }

    /// Hands over each row until `each` returns `false`.
    func rows(_ each: (inout Row) throws -> Bool) throws {
        defer { sqlite3_reset(handle) }
        let count = sqlite3_column_count(handle)
        while try step() {
            var values: [SQLValue] = []
            values.reserveCapacity(Int(count))
            for column in 0..<count { values.append(value(column)) }
            var row = Row(values: values)
            guard try each(&row) else { return }
        }
    }

    /// Whether there is a further row.
    private func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case SQLITE_INTERRUPT: throw CancellationError()
        default: throw failure()
        }
    }

    private func bind(_ value: SQLValue, at index: Int32) throws {
        let code: Int32
        switch value {
        case .null: code = sqlite3_bind_null(handle, index)
        case .integer(let number): code = sqlite3_bind_int64(handle, index, number)
        case .double(let number): code = sqlite3_bind_double(handle, index, number)
        case .text(var text):
            code = try text.withUTF8 { bytes in
                // No address would mean NULL.
                guard let start = bytes.baseAddress, !bytes.isEmpty else {
                    return sqlite3_bind_text(handle, index, "", 0, Self.copied)
                }
                guard memchr(start, 0, bytes.count) == nil else {
                    throw StorageError.constraint("text with a NUL character")
                }
                return start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    sqlite3_bind_text64(
                        handle, index, $0, UInt64(bytes.count), Self.copied, UInt8(SQLITE_UTF8))
                }
            }
        case .blob(let bytes):
            code = bytes.withUnsafeBytes {
                $0.isEmpty
                    ? sqlite3_bind_zeroblob(handle, index, 0)
                    : sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), Self.copied)
            }
        }
        guard code == SQLITE_OK else { throw failure() }
    }

    private func value(_ column: Int32) -> SQLValue {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: .integer(sqlite3_column_int64(handle, column))
        case SQLITE_FLOAT: .double(sqlite3_column_double(handle, column))
        case SQLITE_TEXT:
            .text(
                sqlite3_column_text(handle, column).map {
                    String(
                        decoding: UnsafeBufferPointer(start: $0, count: Int(sqlite3_column_bytes(handle, column))),
                        as: UTF8.self)
                } ?? "")
        case SQLITE_BLOB:
            .blob(
                sqlite3_column_blob(handle, column).map {
                    Array(UnsafeRawBufferPointer(start: $0, count: Int(sqlite3_column_bytes(handle, column))))
                } ?? [])
        default: .null
        }
    }

    private func failure() -> StorageError {
        StorageError(
            DatabaseError(
                resultCode: ResultCode(rawValue: sqlite3_extended_errcode(db.sqliteConnection)),
                message: db.lastErrorMessage))
    }

    /// Has SQLite take a copy of what is bound.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
