import Kernel

/// A statement with its arguments: `"SELECT name FROM site WHERE id = \(id)"` binds `id`, it never pastes it.
///
/// The text uses `?` for arguments and stays the same whatever they are, so that both engines prepare it once.
public struct SQL: Sendable, Hashable {
    /// The statement, `?` for each argument. A literal `?` cannot occur in it.
    public private(set) var text: String
    /// The arguments in order.
    public private(set) var arguments: [SQLValue]

    /// A statement or a piece of one without arguments, from a literal or another trusted text.
    public init(raw text: String) {
        self.text = text
        arguments = []
    }

    /// Glues two pieces together.
    public static func + (left: SQL, right: SQL) -> SQL {
        var both = left
        both.append(right)
        return both
    }

    /// Adds a piece at the end.
    public mutating func append(_ piece: SQL) {
        text += piece.text
        arguments += piece.arguments
    }

    /// Joins pieces, for lists of conditions; empty input gives an empty piece.
    public static func joined(_ pieces: [SQL], by separator: String) -> SQL {
        guard var result = pieces.first else { return SQL(raw: "") }
        for piece in pieces.dropFirst() {
            result.text += separator
            result.append(piece)
        }
        return result
    }
}

extension SQL: ExpressibleByStringInterpolation {
    /// A statement without arguments.
    public init(stringLiteral value: String) { self.init(raw: value) }

    /// Takes the pieces of the literal.
    public init(stringInterpolation: StringInterpolation) { self = stringInterpolation.sql }

    /// Collects text and arguments.
    public struct StringInterpolation: StringInterpolationProtocol {
        var sql: SQL

        /// Reserves room for the pieces.
        public init(literalCapacity: Int, interpolationCount: Int) {
            sql = SQL(raw: "")
            sql.text.reserveCapacity(literalCapacity + interpolationCount)
            sql.arguments.reserveCapacity(interpolationCount)
        }

        /// Text of the statement itself.
        public mutating func appendLiteral(_ literal: String) { sql.text += literal }

        /// An argument, bound.
        public mutating func appendInterpolation(_ value: some SQLConvertible) {
            sql.text += "?"
            sql.arguments.append(value.sqlValue)
        }

        /// An argument that may be NULL, bound.
        public mutating func appendInterpolation<Value: SQLConvertible>(_ value: Value?) {
            sql.text += "?"
            sql.arguments.append(value.sqlValue)
        }

        /// Another piece of SQL with its own arguments.
        public mutating func appendInterpolation(_ piece: SQL) { sql.append(piece) }

        /// A column list or another trusted piece of text; never anything that came from outside.
        public mutating func appendInterpolation(raw text: String) { sql.text += text }

        /// `(?, ?), (?, ?)` for `VALUES`: rows of the same width, at least one.
        public mutating func appendInterpolation(rows: [[SQLValue]]) {
            let row = "(" + Array(repeating: "?", count: rows.first?.count ?? 0).joined(separator: ", ") + ")"
            sql.text += Array(repeating: row, count: rows.count).joined(separator: ", ")
            for values in rows { sql.arguments += values }
        }

        /// `(?, ?, ?)` for `IN`; an empty list matches nothing.
        public mutating func appendInterpolation(list values: [some SQLConvertible]) {
            guard !values.isEmpty else {
                sql.text += "(NULL)"
                return
            }
            sql.text += "(" + Array(repeating: "?", count: values.count).joined(separator: ", ") + ")"
            sql.arguments += values.map(\.sqlValue)
        }
    }
}
