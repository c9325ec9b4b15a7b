import Kernel

/// One row of an answer, read in the order of its columns.
public struct Row: Sendable {
    /// The values in the order of the columns asked for.
    public let values: [SQLValue]
    private var index = 0

    /// A row of the given values.
    public init(values: [SQLValue]) { self.values = values }

    /// The next column's value.
    /// - Throws: ``StorageError/unexpectedValue(_:)`` when it is of another type or there is none.
    public mutating func next<Value: SQLConvertible>(_ type: Value.Type = Value.self) throws(StorageError) -> Value {
        guard index < values.count else { throw .unexpectedValue("the answer has only \(values.count) columns") }
        defer { index += 1 }
        do {
            return try Value(sqlValue: values[index])
        } catch .unexpectedValue(let what) {
            throw .unexpectedValue("column \(index + 1): \(what)")
        }
    }
}

/// A value that is read from a row, column by column.
public protocol RowDecodable: Sendable {
    /// Reads the columns in the order in which the statement names them.
    init(row: inout Row) throws
}

/// What a statement can be run on, inside ``Database/read(_:)`` or ``Database/write(_:)``.
///
/// All of it is synchronous: the closure runs on a thread of the store, never on the cooperative pool, and nothing
/// can be awaited in the middle of a transaction.
public protocol Reading: AnyObject {
    /// Which engine runs it, for the few statements that differ.
    var engine: Engine { get }
    /// Runs a statement and hands over each row until `each` returns `false`. The whole answer may be held in memory.
    func query(_ sql: SQL, each: (inout Row) throws -> Bool) throws
    /// The same for answers without a bound, which are fetched piece by piece.
    func scan(_ sql: SQL, each: (inout Row) throws -> Bool) throws
}

/// What a statement that changes something can be run on.
public protocol Writing: Reading {
    /// Runs a statement and tells how many rows it changed.
    @discardableResult
    func execute(_ sql: SQL) throws -> Int
    /// Appends to the event log, in this transaction.
    func publish(_ event: NewEvent) throws
    /// Wakes those who wait for `topic` once this transaction is durable, on every node.
    func wake(_ topic: String)
}

extension Reading {
    /// The number of the newest event in this snapshot; what is read beside it agrees with the log up to there.
    public func lastEvent() throws -> Int64 {
        try value(Int64.self, "SELECT value FROM counter WHERE name = 'event'") ?? 0
    }

    /// As ``query(_:each:)``, for engines that hand over row by row in any case.
    public func scan(_ sql: SQL, each: (inout Row) throws -> Bool) throws { try query(sql, each: each) }

    /// All rows.
    public func all<Value: RowDecodable>(_ type: Value.Type = Value.self, _ sql: SQL) throws -> [Value] {
        var result: [Value] = []
        try query(sql) { row in
            result.append(try Value(row: &row))
            return true
        }
        return result
    }

    /// The first row, if there is one.
    public func first<Value: RowDecodable>(_ type: Value.Type = Value.self, _ sql: SQL) throws -> Value? {
        var result: Value?
        try query(sql) { row in
            result = try Value(row: &row)
            return false
        }
        return result
    }

    /// The first column of all rows.
    public func values<Value: SQLConvertible>(_ type: Value.Type = Value.self, _ sql: SQL) throws -> [Value] {
        var result: [Value] = []
        try query(sql) { row in
            result.append(try row.next())
            return true
        }
        return result
    }

    /// The first column of the first row, if there is one.
    public func value<Value: SQLConvertible>(_ type: Value.Type = Value.self, _ sql: SQL) throws -> Value? {
        var result: Value?
        try query(sql) { row in
            result = try row.next(Value.self)
            return false
        }
        return result
    }
}

/// The engine behind the seam.
public enum Engine: String, Sendable, CaseIterable {
    /// The embedded default.
    case sqlite
    /// For those who outgrow one machine.
    case postgresql
}
