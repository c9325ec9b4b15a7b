import Foundation
import GRDB
import Kernel

/// Reads on one connection of the pool, for the time of one closure.
final class SQLiteReading: Reading {
    let engine = Engine.sqlite
    private let db: GRDB.Database

    init(db: GRDB.Database) { self.db = db }

    func query(_ sql: SQL, each: (inout Row) throws -> Bool) throws { try db.run(sql, each: each) }
}

/// The writer's connection. Only the committer's thread uses it, inside GRDB's own writer for the time of a batch.
final class SQLiteWriteConnection: WriteConnection {
    let engine = Engine.sqlite
    var outbound = Outbound()
    var failure: (any Error)?
    private let pool: DatabasePool

    init(pool: DatabasePool) { self.pool = pool }

    func query(_ sql: SQL, each: (inout Row) throws -> Bool) throws {
        try noting { try pool.unsafeReentrantWrite { db in try db.run(sql, each: each) } }
    }

    func execute(_ sql: SQL) throws -> Int {
        try noting {
            try pool.unsafeReentrantWrite { db in
                let statement = try db.prepared(sql)
                do {
                    try statement.execute()
                } catch {
                    throw StorageError(error)
                }
                return db.changesCount
            }
        }
    }

    func begin() throws { try control("BEGIN IMMEDIATE") }
    func commit() throws { try control("COMMIT") }
    func rollback() { try? control("ROLLBACK") }
    func savepoint() throws { try control("SAVEPOINT job") }
    func releaseSavepoint() throws { try control("RELEASE job") }
    func rollbackToSavepoint() throws {
        try control("ROLLBACK TO job")
        try control("RELEASE job")
    }

    func announce(_ outbound: Outbound) throws { try storeCounter() }

    private func noting<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch {
            failure = failure ?? error
            throw error
        }
    }

    private func control(_ statement: String) throws { _ = try execute(SQL(raw: statement)) }
}

extension GRDB.Database {
    fileprivate func prepared(_ sql: SQL) throws -> Statement {
        do {
            for value in sql.arguments { try value.checkText() }
            let statement = try cachedStatement(sql: sql.text)
            statement.setUncheckedArguments(StatementArguments(sql.arguments.map(\.databaseValue)))
            return statement
        } catch {
            throw StorageError(error)
        }
    }

    fileprivate func run(_ sql: SQL, each: (inout Row) throws -> Bool) throws {
        let statement = try prepared(sql)
        let cursor: RowCursor
        do { cursor = try GRDB.Row.fetchCursor(statement) } catch { throw StorageError(error) }
        while true {
            let found: GRDB.Row?
            do { found = try cursor.next() } catch { throw StorageError(error) }
            guard let found else { return }
            var values: [SQLValue] = []
            values.reserveCapacity(found.count)
            for value in found.databaseValues { values.append(SQLValue(value)) }
            var row = Row(values: values)
            guard try each(&row) else { return }
        }
    }
}

extension SQLValue {
    init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(number)
        case .double(let number): self = .double(number)
        case .string(let text): self = .text(text)
        case .blob(let data): self = .blob(Array(data))
        }
    }

    var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .double(let number): number.databaseValue
        case .text(let text): text.databaseValue
        case .blob(let bytes): Data(bytes).databaseValue
        }
    }
}

extension StorageError {
    /// What GRDB's error means to a caller.
    init(_ error: any Error) {
        if let known = error as? StorageError {
            self = known
            return
        }
        guard let error = error as? DatabaseError else {
            self = .failed("\(error)")
            return
        }
        switch error.resultCode {
        case .SQLITE_FULL: self = .full
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_WRITE: self = .full
        case .SQLITE_CONSTRAINT:
            switch error.extendedResultCode {
            case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_ROWID:
                self = .duplicate(error.message ?? "")
            default: self = .constraint(error.message ?? "")
            }
        case .SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_CANTOPEN, .SQLITE_READONLY:
            self = .unavailable(error.message ?? "")
        default: self = .failed(error.message ?? "\(error.resultCode)")
        }
    }
}
