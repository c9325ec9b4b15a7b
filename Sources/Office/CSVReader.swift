import Foundation

/// Reads a table of separated values (RFC 4180, with commas, semicolons or tabs) in UTF-8, UTF-16 with its mark, or
/// GB 18030.
struct CSVReader {
    private let bytes: [UInt8]
    private let separator: UInt8
    private let limits: TableLimits

    init(path: String, limits: TableLimits) throws(TableError) {
        guard let data = FileManager.default.contents(atPath: path) else { throw .unreadable }
        try self.init(data, limits: limits)
    }

    init(_ data: Data, limits: TableLimits) throws(TableError) {
        guard data.count <= limits.fileBytes else { throw .tooLarge("file") }
        bytes = try Self.utf8(data)
        self.limits = limits
        // A table has its separator in its first line; the one that comes most often there.
        let head = bytes.prefix(4_096).prefix { $0 != 10 }
        separator =
            [UInt8(ascii: ","), UInt8(ascii: "\t"), UInt8(ascii: ";")].max { left, right in
                head.count { $0 == left } < head.count { $0 == right }
            } ?? UInt8(ascii: ",")
    }

    /// The text in UTF-8.
    private static func utf8(_ data: Data) throws(TableError) -> [UInt8] {
        if data.starts(with: [0xEF, 0xBB, 0xBF]) { return Array(data.dropFirst(3)) }
        if data.starts(with: [0xFF, 0xFE]) || data.starts(with: [0xFE, 0xFF]) {
            guard let text = String(data: data, encoding: .utf16) else { throw .damaged("UTF-16") }
            return Array(text.utf8)
        }
        if String(validating: data, as: UTF8.self) != nil { return Array(data) }
        // GB 18030 and not GBK: rare names have characters that GBK lacks.
        guard let text = String(data: data, encoding: String.Encoding(rawValue: 0x8000_0632)) else {
            throw .damaged("neither UTF-8 nor GB 18030")
        }
        return Array(text.utf8)
    }

    /// Hands over each row until `each` returns `false`.
    func rows(_ each: (SheetRow) throws -> Bool) throws {
        var cells: [SheetCell] = []
        var field: [UInt8] = []
        var isQuoted = false
        var line = 1
        var first = 1
        func finishField() {
            if cells.count < limits.columns {
                let text = String(decoding: field, as: UTF8.self)
                cells.append(text.isEmpty || text.utf8.contains(0) ? .empty : .text(text))
            }
            field.removeAll(keepingCapacity: true)
        }
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == 10 { line += 1 }
            if isQuoted {
                if byte == UInt8(ascii: "\"") {
                    if index < bytes.count, bytes[index] == byte {
                        index += 1
                    } else {
                        isQuoted = false
                        continue
                    }
                }
                field.append(byte)
                guard field.count <= limits.cellBytes else { throw TableError.tooLarge("line \(first)") }
            } else if byte == UInt8(ascii: "\""), field.isEmpty {
                isQuoted = true
            } else if byte == separator {
                finishField()
            } else if byte == 10 {
                if field.last == 13 { field.removeLast() }
                finishField()
                while cells.last == .empty { cells.removeLast() }
                guard line <= limits.rows + 1 else { throw TableError.tooLarge("rows") }
                guard try each(SheetRow(line: first, cells: cells)) else { return }
                cells.removeAll(keepingCapacity: true)
                first = line
            } else {
                field.append(byte)
                guard field.count <= limits.cellBytes else { throw TableError.tooLarge("line \(first)") }
            }
        }
        if field.last == 13 { field.removeLast() }
        if !field.isEmpty || !cells.isEmpty {
            finishField()
            _ = try each(SheetRow(line: first, cells: cells))
        }
    }
}
