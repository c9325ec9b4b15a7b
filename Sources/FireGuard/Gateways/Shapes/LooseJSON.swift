import Foundation

/// JSON of a device or a platform, whose types nobody keeps to.
enum LooseJSON: Sendable, Equatable, Decodable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([LooseJSON])
    case object([String: LooseJSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([LooseJSON].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: LooseJSON].self))
        }
    }

    /// Reads a document, or `nil` when it is none or nested deeper than any device nests.
    static func read(_ bytes: [UInt8]) -> LooseJSON? {
        var depth = 0
        for byte in bytes {
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") { depth += 1 }
            if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") { depth -= 1 }
            if depth > 32 { return nil }
        }
        return try? JSONDecoder().decode(LooseJSON.self, from: Data(bytes))
    }

    subscript(_ key: String) -> LooseJSON? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    /// The members of an object.
    var members: [String: LooseJSON] { if case .object(let members) = self { members } else { [:] } }

    /// Text, or a number written as text.
    var asText: String? {
        switch self {
        case .text(let text): text
        case .number(let number):
            number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
        default: nil
        }
    }

    /// A number, or a text that is one.
    var asNumber: Double? {
        switch self {
        case .number(let number): number
        case .flag(let flag): flag ? 1 : 0
        case .text(let text): Double(text)
        default: nil
        }
    }

    /// Whether it says yes: true, a number other than 0, or a word such as `ON`.
    var isYes: Bool {
        switch self {
        case .flag(let flag): flag
        case .number(let number): number != 0
        case .text(let text): !["", "0", "false", "off", "normal", "none", "no", "ok"].contains(text.lowercased())
        case .null, .list, .object: false
        }
    }
}
