/// One cell of a table, as its file holds it.
public enum SheetCell: Sendable, Hashable {
    case empty
    case text(String)
    /// A number, and whether its cell is formatted as a date.
    case number(Double, isDate: Bool)
    case flag(Bool)
    /// A cell that shows an error such as `#N/A`.
    case error

    /// The words of a cell, for heads: numbers as they read.
    public var words: String {
        switch self {
        case .text(let text): text
        case .number(let number, _): number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
        case .flag(let flag): flag ? "TRUE" : "FALSE"
        case .empty, .error: ""
        }
    }
}

/// One row of a table.
public struct SheetRow: Sendable, Hashable {
    /// Its line in the file, from 1.
    public var line: Int
    /// Its cells from the first column on; cells at the end may be missing.
    public var cells: [SheetCell]

    /// A row.
    public init(line: Int, cells: [SheetCell]) {
        self.line = line
        self.cells = cells
    }

    /// Whether nothing stands in it.
    public var isEmpty: Bool {
        cells.allSatisfy { cell in
            if case .text(let text) = cell { return text.allSatisfy(\.isWhitespace) }
            return cell == .empty
        }
    }
}

/// How much of a file is read; more is refused, so that a bomb costs little.
public struct TableLimits: Sendable {
    /// Rows.
    public var rows = 1_048_576
    /// Columns; cells beyond are not read.
    public var columns = 200
    /// Bytes of the file.
    public var fileBytes = 128 << 20
    /// Bytes that one part of an .xlsx unpacks to.
    public var partBytes = 1 << 30
    /// Bytes of all texts that cells share.
    public var sharedBytes = 256 << 20
    /// Bytes of one cell's text.
    public var cellBytes = 131_072

    /// The usual bounds.
    public init() {}
}

/// Why a file cannot be read as a table.
public enum TableError: Error, Sendable, Equatable {
    /// It cannot be opened.
    case unreadable
    /// It is none of the kinds that are read.
    case unknownKind
    /// It is damaged: where.
    case damaged(String)
    /// It holds more than the bounds allow: which.
    case tooLarge(String)
    /// It is protected by a password.
    case locked
}
