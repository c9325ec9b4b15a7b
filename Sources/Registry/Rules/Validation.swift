import Foundation
import Kernel
import Synchronization

/// What a cell or a form field held, before anybody knew what it means.
public enum RawValue: Sendable, Hashable {
    case empty
    case text(String)
    /// A number as it stands in the file, and whether its cell is formatted as a date.
    case number(Double, isDate: Bool, is1904: Bool)
    case flag(Bool)
    /// A cell that shows an error such as `#N/A`.
    case error
}

/// Why a value was refused: a code of the catalogue under `registry.flaw.`.
public struct Flaw: Error, Sendable, Hashable {
    /// The field.
    public var field: String
    /// What is wrong with it.
    public var code: String
}

/// Makes what offices write into a field's canonical value, or says why it cannot be one. Nothing is ever repaired by
/// guessing.
public enum Validation {
    /// The canonical text of a value, empty where there is none.
    public static func value(_ raw: RawValue, of field: Field) throws(Flaw) -> String {
        func flaw(_ code: String) -> Flaw { Flaw(field: field.key, code: code) }
        switch raw {
        case .empty: return ""
        case .error: throw flaw("cell-error")
        case .flag(let flag):
            guard field.type == .flag else { return try text(flag ? "是" : "否", of: field) }
            return flag ? "1" : "0"
        case .number(let number, let isDate, let is1904):
            return try self.number(number, isDate: isDate, is1904: is1904, of: field)
        case .text(let given): return try text(Plain.trimmed(given), of: field)
        }
    }

    private static func number(
        _ number: Double, isDate: Bool, is1904: Bool, of field: Field
    ) throws(Flaw) -> String {
        func flaw(_ code: String) -> Flaw { Flaw(field: field.key, code: code) }
        guard number.isFinite else { throw flaw("cell-error") }
        switch field.type {
        case .idNumber, .creditCode:
            // A number keeps 15 digits: the last three of 18 are lost for good and must never be rebuilt.
            throw flaw("id-was-number")
        case .date:
            if !isDate, let date = whole(number).flatMap({ CivilDate($0) }) { return date.text }
            guard let date = CivilDate(serial: number, is1904: is1904) else { throw flaw("date") }
            return date.text
        case .integer, .decimal: return try text(plain(number), of: field)
        default:
            guard !isDate else {
                guard let date = CivilDate(serial: number, is1904: is1904) else { throw flaw("date") }
                return try text(date.text, of: field)
            }
            guard abs(number) < 1e15 else { throw flaw("digits-lost") }
            return try text(plain(number), of: field)
        }
    }

    private static func whole(_ number: Double) -> String? {
        number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : nil
    }

    private static func plain(_ number: Double) -> String { whole(number) ?? String(number) }

    private static func text(_ text: String, of field: Field) throws(Flaw) -> String {
        func flaw(_ code: String) -> Flaw { Flaw(field: field.key, code: code) }
        guard !text.isEmpty, text.utf8.count > blankBytes || !blanks.contains(text) else { return "" }
        switch field.type {
        case .text, .address, .longText:
            guard isAtMost(Int(field.max ?? 200), text) else { throw flaw("too-long") }
            if let pattern = field.pattern, !Patterns.matches(text, pattern) { throw flaw("pattern") }
            return text
        case .personName:
            return try name(text, of: field)
        case .idNumber:
            do { return try IDNumber(text).text } catch { throw flaw(error.rawValue) }
        case .creditCode:
            do { return try CreditCode(text).text } catch { throw flaw(error.rawValue) }
        case .phone:
            guard let phone = PhoneNumber(text) else { throw flaw("phone") }
            return phone.text
        case .date:
            guard let date = CivilDate(text) else { throw flaw("date") }
            return date.text
        case .integer, .decimal: return try number(text, of: field)
        case .code: return try code(text, of: field)
        case .flag:
            guard let flag = flags[text.lowercased()] else { throw flaw("flag") }
            return flag
        case .point:
            guard let point = point(text) else { throw flaw("point") }
            return "\(point.lat),\(point.lon)"
        }
    }

    /// A name without the blanks that make two characters as wide as three.
    private static func name(_ text: String, of field: Field) throws(Flaw) -> String {
        var name = text
        if text.utf8.contains(32), !text.utf8.allSatisfy({ $0 < 0x80 }) { name = text.filter { $0 != " " } }
        guard !name.isEmpty, isAtMost(Int(field.max ?? 30), name) else {
            throw Flaw(field: field.key, code: "too-long")
        }
        var hasDot = false
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\u{4E00}"..."\u{9FFF}", "·", " ", ".": continue
            case "•": hasDot = true
            default: guard scalar.properties.isAlphabetic else { throw Flaw(field: field.key, code: "name") }
            }
        }
        return hasDot ? name.replacing("•", with: "·") : name
    }

    /// Whether a text has at most so many characters; counting bytes first, for a character has at least one.
    private static func isAtMost(_ count: Int, _ text: String) -> Bool {
        text.utf8.count <= count || text.count <= count
    }

    /// What people write where there is nothing, and how long it is at most.
    private static let blankBytes = 6
    private static let blanks: Set<String> = ["-", "--", "—", "/", "\\", "无", "不详", "未知", "N/A", "NULL", "null"]
    private static let flags: [String: String] = [
        "1": "1", "是": "1", "有": "1", "√": "1", "y": "1", "yes": "1", "true": "1", "在册": "1", "完好": "1", "同意": "1",
        "0": "0", "否": "0", "无": "0", "×": "0", "x": "0", "n": "0", "no": "0", "false": "0", "没有": "0", "损坏": "0",
    ]

    private static func number(_ text: String, of field: Field) throws(Flaw) -> String {
        func flaw(_ code: String) -> Flaw { Flaw(field: field.key, code: code) }
        var digits = text.filter { $0 != "," && $0 != " " }
        if let unit = field.unit, digits.hasSuffix(unit) { digits.removeLast(unit.count) }
        guard digits.utf8.count <= 18,
            digits.utf8.allSatisfy({ (48...57).contains($0) || $0 == 45 || $0 == 46 }), let value = Double(digits)
        else { throw flaw("number") }
        if field.type == .integer, value != value.rounded() { throw flaw("not-whole") }
        guard value >= field.min ?? -1e12, value <= field.max ?? 1e12 else { throw flaw("out-of-range") }
        return plain(value)
    }

    private static func code(_ text: String, of field: Field) throws(Flaw) -> String {
        let codes = field.codes ?? []
        if let known = codes.first(where: { $0.key == text || $0.name.zh == text || $0.name.en == text }) {
            return known.key
        }
        // 男性 for 男, 砖混结构 for 砖混, C级 for C级（危险）: a beginning that only one code has.
        let near = codes.filter { text.hasPrefix($0.name.zh) || $0.name.zh.hasPrefix(text) }
        guard near.count == 1, let only = near.first else { throw Flaw(field: field.key, code: "unknown-code") }
        return only.key
    }

    private static func point(_ text: String) -> GeoPoint? {
        let parts =
            GeoPoint.parts(text) ?? text.split { ",;， ".contains($0) }.compactMap { Double($0) }
        guard parts.count == 2 else { return nil }
        // Offices write both orders; in China a longitude is greater than any latitude.
        return parts[0] > 60 ? GeoPoint(lat: parts[1], lon: parts[0]) : GeoPoint(lat: parts[0], lon: parts[1])
    }

    /// Fields that a record of the category lacks.
    public static func missing(_ values: FieldValues, _ category: Category) -> [Field] {
        category.fields.filter { $0.required == true && values[$0.key] == nil }
    }
}

extension GeoPoint {
    /// The two numbers of `lat,lon` as records keep it, or `nil` where it is written otherwise.
    static func parts(_ text: String) -> [Double]? {
        let pieces = text.utf8.split(separator: 44, omittingEmptySubsequences: false)
        guard pieces.count == 2, let first = Double(Substring(pieces[0])), let second = Double(Substring(pieces[1]))
        else {
            return nil
        }
        return [first, second]
    }
}

/// A phone number: a mobile's of 11 digits, or a fixed one's of 7 to 12 with its area code.
public struct PhoneNumber: Sendable, Hashable {
    /// Digits alone.
    public let text: String

    /// Reads digits with blanks, hyphens and brackets between, and China's country code before.
    public init?(_ given: String) {
        guard given.utf8.count <= 60 else { return nil }
        if given.utf8.count == 11, given.utf8.first == 49, given.utf8.allSatisfy({ (48...57).contains($0) }) {
            guard given.utf8.dropFirst().first.map({ $0 >= 51 }) == true else { return nil }
            text = given
            return
        }
        var digits = Plain.narrow(given).filter { !" -()".contains($0) }
        for code in ["+86", "0086"] where digits.hasPrefix(code) { digits.removeFirst(code.count) }
        let bytes = Array(digits.utf8)
        guard bytes.allSatisfy({ (48...57).contains($0) }) else { return nil }
        if bytes.count == 11, bytes[0] == 49 {
            guard bytes[1] >= 51 else { return nil }
        } else {
            guard (7...12).contains(bytes.count), bytes.count < 9 || bytes[0] == 48 || bytes[0] == 52 else {
                return nil
            }
        }
        text = digits
    }
}

/// Regular expressions of declarations, read once.
enum Patterns {
    private static let known = Mutex<[String: NSRegularExpression]>([:])

    static func isWellFormed(_ pattern: String) -> Bool { expression(pattern) != nil }

    /// Whether the whole of a text, at most 200 characters, is as the pattern says.
    static func matches(_ text: String, _ pattern: String) -> Bool {
        guard text.utf16.count <= 200, let expression = expression(pattern) else { return false }
        let all = NSRange(location: 0, length: text.utf16.count)
        return expression.firstMatch(in: text, options: .anchored, range: all)?.range == all
    }

    private static func expression(_ pattern: String) -> NSRegularExpression? {
        known.withLock { known in
            if let expression = known[pattern] { return expression }
            guard let expression = try? NSRegularExpression(pattern: pattern) else { return nil }
            // Bounded: declarations are few, but tests and changes may bring more.
            if known.count > 500 { known.removeAll() }
            known[pattern] = expression
            return expression
        }
    }
}
