import Foundation
import GRDB
import Kernel

/// Reads on one connection of the pool, for the time of one closure.
final class SQLiteReading: Reading {
    let engine = Engine.sqlite
    private let db: GRDB.Database

    init(db: GRDB.Database) { self.db = db }

    func query(_ sql: SQL, each: (inout Row) throws -> Bool) throws { try SQLiteStatement(sql, in: db).rows(each) }
}

/// The writer's connection. Only the committer's thread uses it, inside GRDB's own writer for the time of a batch.
final class SQLiteWriteConnection: WriteConnection {
    let engine = Engine.sqlite
    var outbound = Outbound()
    var failure: (any Error)?
    private let pool: DatabasePool
    /// The connection itself, while a batch runs on it.
    private var db: GRDB.Database?

    init(pool: DatabasePool) { self.pool = pool }

    func hold(_ batch: () throws -> Void) throws {
        try pool.unsafeReentrantWrite { db in
            self.db = db
            defer { self.db = nil }
            try batch()
        }
    }

    func query(_ sql: SQL, each: (inout Row) throws -> Bool) throws {
        try noting { try SQLiteStatement(sql, in: held()).rows(each) }
    }

    func execute(_ sql: SQL) throws -> Int {
        try noting {
            let db = try held()
            guard sql.arguments.isEmpty else { return try SQLiteStatement(sql, in: db).execute() }
            // Transactions and changes of the schema, which GRDB follows.
            do {
                try db.cachedStatement(sql: sql.text).execute()
            } catch {
                throw StorageError(error)
            }
            return db.changesCount
        }
    }

    private func held() throws(StorageError) -> GRDB.Database {
        guard let db else { throw .failed("a statement outside a batch") }
        return db
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
