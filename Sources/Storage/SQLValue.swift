import Kernel

/// What a column can hold, in either engine.
public enum SQLValue: Sendable, Hashable {
    /// No value.
    case null
    /// BIGINT; truth values are 0 and 1.
    case integer(Int64)
    /// DOUBLE PRECISION.
    case double(Double)
    /// TEXT.
    case text(String)
    /// BYTEA.
    case blob([UInt8])
}

/// A type that is stored in one column.
public protocol SQLConvertible: Sendable {
    /// The value as stored.
    var sqlValue: SQLValue { get }
    /// Reads it back.
    /// - Throws: ``StorageError/unexpectedValue(_:)`` where the column holds something else.
    init(sqlValue: SQLValue) throws(StorageError)
}

extension SQLValue: SQLConvertible {
    /// Itself.
    public var sqlValue: SQLValue { self }
    /// Itself.
    public init(sqlValue: SQLValue) { self = sqlValue }
}

extension Int64: SQLConvertible {
    /// Stored as BIGINT.
    public var sqlValue: SQLValue { .integer(self) }
    /// Reads a BIGINT.
    public init(sqlValue: SQLValue) throws(StorageError) {
        guard case .integer(let value) = sqlValue else {
            throw .unexpectedValue("integer expected, found \(sqlValue.kind)")
        }
        self = value
    }
}

extension Int: SQLConvertible {
    /// Stored as BIGINT.
    public var sqlValue: SQLValue { .integer(Int64(self)) }
    /// Reads a BIGINT.
    public init(sqlValue: SQLValue) throws(StorageError) { self = Int(try Int64(sqlValue: sqlValue)) }
}

extension Bool: SQLConvertible {
    /// Stored as 0 or 1.
    public var sqlValue: SQLValue { .integer(self ? 1 : 0) }
    /// Reads 0 or 1.
    public init(sqlValue: SQLValue) throws(StorageError) { self = try Int64(sqlValue: sqlValue) != 0 }
}

extension Double: SQLConvertible {
    /// Stored as DOUBLE PRECISION.
    public var sqlValue: SQLValue { .double(self) }
    /// Reads a DOUBLE PRECISION, or a whole number.
    public init(sqlValue: SQLValue) throws(StorageError) {
        switch sqlValue {
        case .double(let value): self = value
        case .integer(let value): self = Double(value)
        default: throw .unexpectedValue("number expected, found \(sqlValue.kind)")
        }
    }
}

extension String: SQLConvertible {
    /// Stored as TEXT.
    public var sqlValue: SQLValue { .text(self) }
    /// Reads TEXT.
    public init(sqlValue: SQLValue) throws(StorageError) {
        guard case .text(let value) = sqlValue else { throw .unexpectedValue("text expected, found \(sqlValue.kind)") }
        self = value
    }
}

extension [UInt8]: SQLConvertible {
    /// Stored as BYTEA.
    public var sqlValue: SQLValue { .blob(self) }
    /// Reads BYTEA.
    public init(sqlValue: SQLValue) throws(StorageError) {
        guard case .blob(let value) = sqlValue else { throw .unexpectedValue("bytes expected, found \(sqlValue.kind)") }
        self = value
    }
}

extension Optional: SQLConvertible where Wrapped: SQLConvertible {
    /// NULL for `nil`.
    public var sqlValue: SQLValue { self?.sqlValue ?? .null }
    /// `nil` for NULL.
    public init(sqlValue: SQLValue) throws(StorageError) {
        if case .null = sqlValue { self = .none } else { self = .some(try Wrapped(sqlValue: sqlValue)) }
    }
}

extension SQLConvertible where Self: RawRepresentable, RawValue: SQLConvertible {
    /// Stored as its raw value.
    public var sqlValue: SQLValue { rawValue.sqlValue }
    /// Reads its raw value.
    public init(sqlValue: SQLValue) throws(StorageError) {
        let raw = try RawValue(sqlValue: sqlValue)
        guard let value = Self(rawValue: raw) else { throw .unexpectedValue("\(Self.self) does not know \(raw)") }
        self = value
    }
}

extension ID: SQLConvertible {
    /// Stored as BIGINT.
    public var sqlValue: SQLValue { .integer(rawValue) }
    /// Reads a BIGINT.
    public init(sqlValue: SQLValue) throws(StorageError) { self.init(rawValue: try Int64(sqlValue: sqlValue)) }
}

extension Instant: SQLConvertible {
    /// Stored as BIGINT milliseconds.
    public var sqlValue: SQLValue { .integer(ms) }
    /// Reads BIGINT milliseconds.
    public init(sqlValue: SQLValue) throws(StorageError) { self.init(ms: try Int64(sqlValue: sqlValue)) }
}

extension SQLValue {
    var kind: String {
        switch self {
        case .null: "NULL"
        case .integer: "an integer"
        case .double: "a number"
        case .text: "text"
        case .blob: "bytes"
        }
    }
}

extension SQLValue {
    /// - Throws: ``StorageError/constraint(_:)`` for text with a NUL: PostgreSQL refuses it, SQLite would cut it off.
    func checkText() throws(StorageError) {
        guard case .text(let text) = self, text.utf8.contains(0) else { return }
        throw .constraint("text with a NUL character")
    }
}
