import Foundation

/// A table as an office has it: .xlsx, .xls, or text with separators; told apart by content, not by name.
///
/// Its work blocks: call it on a thread of its own.
public final class TableFile {
    private enum Kind {
        case xlsx(XLSXReader)
        case xls(XLSReader)
        case csv(CSVReader)
    }

    private let kind: Kind

    /// Opens a file.
    /// - Throws: ``TableError`` when it is no table, damaged, locked, or larger than the bounds.
    public init(path: String, limits: TableLimits = TableLimits()) throws {
        guard let file = FileHandle(forReadingAtPath: path) else { throw TableError.unreadable }
        let head = (try? file.read(upToCount: 8)) ?? Data()
        let size = (try? file.seekToEnd()) ?? 0
        try? file.close()
        guard size <= UInt64(limits.fileBytes) else { throw TableError.tooLarge("file") }
        if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            kind = .xlsx(try XLSXReader(path: path, limits: limits))
        } else if head.starts(with: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
            kind = .xls(try XLSReader(path: path, limits: limits))
        } else if head.starts(with: Data("<".utf8)) || head.starts(with: Data("%PDF".utf8)) {
            // Programs of offices like to call a web page .xls.
            throw TableError.unknownKind
        } else {
            kind = .csv(try CSVReader(path: path, limits: limits))
        }
    }

    /// Whether serial numbers of dates count from 1904.
    public var is1904: Bool { if case .xlsx(let reader) = kind { reader.is1904 } else { false } }

    /// Hands over each row of the first visible sheet until `each` returns `false`; rows without cells may be missing.
    public func rows(_ each: @escaping (SheetRow) throws -> Bool) throws {
        switch kind {
        case .xlsx(let reader): try reader.rows(each)
        case .xls(let reader): try reader.rows(each)
        case .csv(let reader): try reader.rows(each)
        }
    }
}
