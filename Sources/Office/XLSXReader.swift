import Foundation

/// Reads the first visible sheet of an .xlsx row by row (ECMA-376 part 1), in memory that grows with the shared texts
/// and not with the rows.
final class XLSXReader {
    private let parts: ZipParts
    private let limits: TableLimits
    private let sheet: String
    private let shared: [String]
    private let dateStyles: Set<Int>
    /// Whether serial numbers count from 1904.
    let is1904: Bool

    init(path: String, limits: TableLimits) throws {
        parts = try ZipParts(path: path)
        self.limits = limits
        let book = WorkbookPart()
        try parts.scan("xl/workbook.xml", bound: 16 << 20, book)
        is1904 = book.is1904
        let relations = RelationsPart()
        try parts.scan("xl/_rels/workbook.xml.rels", bound: 16 << 20, relations)
        guard let id = book.sheet, let target = relations.targets[id] else { throw TableError.damaged("no sheet") }
        sheet = Self.resolved(target)
        let texts = relations.kinds["sharedStrings"].map(Self.resolved) ?? "xl/sharedStrings.xml"
        if parts.has(texts) {
            let part = SharedPart(limits: limits)
            try parts.scan(texts, bound: limits.partBytes, part)
            shared = part.texts
        } else {
            shared = []
        }
        let styles = relations.kinds["styles"].map(Self.resolved) ?? "xl/styles.xml"
        let part = StylesPart()
        if parts.has(styles) { try parts.scan(styles, bound: 64 << 20, part) }
        dateStyles = part.dates
    }

    private static func resolved(_ target: String) -> String {
        target.hasPrefix("/") ? String(target.dropFirst()) : "xl/" + target
    }

    /// Hands over each row until `each` returns `false`.
    func rows(_ each: @escaping (SheetRow) throws -> Bool) throws {
        let part = SheetPart(shared: shared, dates: dateStyles, limits: limits, each: each)
        do {
            try parts.scan(sheet, bound: limits.partBytes, part)
        } catch is SheetPart.Enough { return }
    }
}

/// What `workbook.xml` says: the first visible sheet, and where serial numbers begin.
private final class WorkbookPart: XMLScanner.Listener {
    var is1904 = false
    var sheet: String?

    func start(_ name: UnsafePointer<CChar>, _ attributes: XMLScanner.Attributes) {
        if isWord(name, "workbookPr") {
            is1904 = ["1", "true"].contains(attributes.text("date1904") ?? "")
        } else if isWord(name, "sheet"), sheet == nil, attributes.text("state") ?? "visible" == "visible" {
            sheet = attributes.text("id")
        }
    }
    func end(_ name: UnsafePointer<CChar>) {}
    func text(_ bytes: UnsafeBufferPointer<UInt8>) {}
}

/// Which part an identifier means.
private final class RelationsPart: XMLScanner.Listener {
    var targets: [String: String] = [:]
    var kinds: [String: String] = [:]

    func start(_ name: UnsafePointer<CChar>, _ attributes: XMLScanner.Attributes) throws {
        guard isWord(name, "Relationship"), let id = attributes.text("Id"), let target = attributes.text("Target")
        else { return }
        guard targets.count < 10_000 else { throw TableError.tooLarge("relations") }
        targets[id] = target
        if let kind = attributes.text("Type")?.split(separator: "/").last { kinds[String(kind)] = target }
    }
    func end(_ name: UnsafePointer<CChar>) {}
    func text(_ bytes: UnsafeBufferPointer<UInt8>) {}
}

/// The texts that cells share. Readings above Chinese characters (`rPh`) are left out.
private final class SharedPart: XMLScanner.Listener {
    var texts: [String] = []
    private let limits: TableLimits
    private var total = 0
    private var buffer: [UInt8] = []
    private var isText = false
    private var inReading = 0

    init(limits: TableLimits) { self.limits = limits }

    func start(_ name: UnsafePointer<CChar>, _ attributes: XMLScanner.Attributes) {
        if isWord(name, "si") { buffer.removeAll(keepingCapacity: true) }
        if isWord(name, "rPh") { inReading += 1 }
        if isWord(name, "t") { isText = inReading == 0 }
    }

    func end(_ name: UnsafePointer<CChar>) throws {
        if isWord(name, "t") { isText = false }
        if isWord(name, "rPh") { inReading -= 1 }
        guard isWord(name, "si") else { return }
        total += buffer.count + 16
        guard total <= limits.sharedBytes else { throw TableError.tooLarge("shared texts") }
        texts.append(CellText.decoded(buffer))
    }

    func text(_ bytes: UnsafeBufferPointer<UInt8>) throws {
        guard isText else { return }
        guard buffer.count + bytes.count <= limits.cellBytes else { throw TableError.tooLarge("a text") }
        buffer.append(contentsOf: bytes)
    }
}

/// Which cell styles show a date.
private final class StylesPart: XMLScanner.Listener {
    var dates: Set<Int> = []
    private var formats: [Int: String] = [:]
    private var inCells = false
    private var index = 0

    func start(_ name: UnsafePointer<CChar>, _ attributes: XMLScanner.Attributes) {
        if isWord(name, "numFmt"), let id = attributes.number("numFmtId"), formats.count < 10_000 {
            formats[id] = attributes.text("formatCode") ?? ""
        } else if isWord(name, "cellXfs") {
            inCells = true
        } else if inCells, isWord(name, "xf") {
            if let id = attributes.number("numFmtId"), isDate(id), index < 100_000 { dates.insert(index) }
            index += 1
        }
    }

    func end(_ name: UnsafePointer<CChar>) { if isWord(name, "cellXfs") { inCells = false } }
    func text(_ bytes: UnsafeBufferPointer<UInt8>) {}

    private func isDate(_ id: Int) -> Bool {
        if let format = formats[id] { return DateFormats.showsDate(format) }
        // 27…36 and 50…58 are dates where the program speaks Chinese.
        return (14...22).contains(id) || (27...36).contains(id) || (45...47).contains(id) || (50...58).contains(id)
    }
}

/// What a number format shows.
enum DateFormats {
    /// Whether a format has a year, month or day outside of quotes, brackets and escapes.
    static func showsDate(_ format: String) -> Bool {
        var isQuoted = false
        var inBracket = false
        var skip = false
        for character in format.lowercased() {
            if skip {
                skip = false
            } else if character == "\\" || character == "_" || character == "*" {
                skip = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if isQuoted {
                continue
            } else if character == "[" {
                inBracket = true
            } else if character == "]" {
                inBracket = false
            } else if !inBracket, character == "y" || character == "d" || character == "年" || character == "日" {
                return true
            } else if !inBracket, character == ";" {
                return false
            } else if !inBracket, character == "m", !format.lowercased().contains("s"), !format.contains("h") {
                return true
            }
        }
        return false
    }
}

/// Text as cells write it: `_x000D_` stands for a character that XML cannot hold.
enum CellText {
    static func decoded(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard bytes.contains(UInt8(ascii: "_")), text.contains("_x") else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "_x") {
            result += rest[..<start.lowerBound]
            let digits = rest[start.upperBound...].prefix(4)
            let end = rest[start.upperBound...].dropFirst(4)
            if digits.count == 4, end.first == "_", let code = UInt32(digits, radix: 16),
                let scalar = Unicode.Scalar(code)
            {
                // A NUL is nothing that a table means, and no store takes it.
                if code != 0 { result.unicodeScalars.append(scalar) }
                rest = end.dropFirst()
            } else {
                result += "_x"
                rest = rest[start.upperBound...]
            }
        }
        return result + rest
    }
}
