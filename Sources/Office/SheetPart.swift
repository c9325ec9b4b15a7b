import Foundation

/// The rows of a sheet as they are read.
final class SheetPart: XMLScanner.Listener {
    /// The reader has seen enough.
    struct Enough: Error {}

    private enum Kind { case number, shared, text, inline, flag, error, date }

    private let shared: [String]
    private let dates: Set<Int>
    private let limits: TableLimits
    private let each: (SheetRow) throws -> Bool
    private var cells: [SheetCell] = []
    private var line = 0
    private var column = 0
    private var kind = Kind.number
    private var isDate = false
    private var isValue = false
    private var inReading = 0
    private var buffer: [UInt8] = []

    init(
        shared: [String], dates: Set<Int>, limits: TableLimits, each: @escaping (SheetRow) throws -> Bool
    ) {
        self.shared = shared
        self.dates = dates
        self.limits = limits
        self.each = each
    }

    func start(_ name: UnsafePointer<CChar>, _ attributes: XMLScanner.Attributes) throws {
        if isWord(name, "c") {
            column = attributes.value("r").flatMap(Self.column) ?? column + 1
            kind = Self.kind(attributes.value("t"))
            isDate = kind == .number && attributes.number("s").map(dates.contains) == true
            buffer.removeAll(keepingCapacity: true)
        } else if isWord(name, "v") {
            isValue = true
        } else if isWord(name, "rPh") {
            inReading += 1
        } else if isWord(name, "t") {
            isValue = inReading == 0
        } else if isWord(name, "row") {
            let number = attributes.number("r") ?? line + 1
            guard number > line, number <= limits.rows else { throw TableError.damaged("row \(number)") }
            line = number
            column = 0
            cells.removeAll(keepingCapacity: true)
        }
    }

    func end(_ name: UnsafePointer<CChar>) throws {
        if isWord(name, "v") || isWord(name, "t") {
            isValue = false
        } else if isWord(name, "rPh") {
            inReading -= 1
        } else if isWord(name, "c") {
            guard column >= 1, column <= limits.columns else { return }
            let cell = cell()
            guard cell != .empty else { return }
            while cells.count < column - 1 { cells.append(.empty) }
            // A column that comes twice is a damaged file; the first value stays.
            if cells.count == column - 1 { cells.append(cell) }
        } else if isWord(name, "row") {
            guard try each(SheetRow(line: line, cells: cells)) else { throw Enough() }
        }
    }

    func text(_ bytes: UnsafeBufferPointer<UInt8>) throws {
        guard isValue else { return }
        guard buffer.count + bytes.count <= limits.cellBytes else { throw TableError.tooLarge("row \(line)") }
        buffer.append(contentsOf: bytes)
    }

    private func cell() -> SheetCell {
        guard !buffer.isEmpty else { return .empty }
        switch kind {
        case .shared:
            guard let index = Self.whole(buffer), shared.indices.contains(index) else { return .error }
            return .text(shared[index])
        case .text, .inline, .date: return .text(CellText.decoded(buffer))
        case .flag: return .flag(buffer.first == UInt8(ascii: "1"))
        case .error: return .error
        case .number:
            if let whole = Self.whole(buffer) { return .number(Double(whole), isDate: isDate) }
            guard let number = Double(String(decoding: buffer, as: UTF8.self)), number.isFinite else { return .error }
            return .number(number, isDate: isDate)
        }
    }

    /// A number of at most 15 digits and nothing else.
    private static func whole(_ bytes: [UInt8]) -> Int? {
        guard (1...15).contains(bytes.count) else { return nil }
        var value = 0
        for byte in bytes {
            guard (48...57).contains(byte) else { return nil }
            value = value * 10 + Int(byte) - 48
        }
        return value
    }

    private static func kind(_ name: UnsafePointer<CChar>?) -> Kind {
        guard let name else { return .number }
        if isWord(name, "s") { return .shared }
        if isWord(name, "inlineStr") { return .inline }
        if isWord(name, "str") { return .text }
        if isWord(name, "b") { return .flag }
        if isWord(name, "e") { return .error }
        return isWord(name, "d") ? .date : .number
    }

    /// The column of a reference such as `AB12`, from 1.
    private static func column(_ reference: UnsafePointer<CChar>) -> Int? {
        var column = 0
        var here = reference
        while (65...90).contains(here.pointee) {
            column = column * 26 + Int(here.pointee) - 64
            guard column <= 16_384 else { return nil }
            here += 1
        }
        return column > 0 ? column : nil
    }
}
