import Kernel

/// How to read the bytes of a product that sends no names: one rule a condition, such as
/// `fire@4=01, fault@4&02, low-battery@6<14, battery@6`.
///
/// Offsets are decimal and count from 0; bytes are two hexadecimal digits.
struct ByteProfile: Sendable, Equatable {
    private enum Test: Sendable, Equatable {
        case equals(UInt8)
        case hasBits(UInt8)
        case isBelow(UInt8)
    }

    private struct Rule: Sendable, Equatable {
        var kind: FireSignal.Kind
        var offset: Int
        var test: Test
    }

    private var rules: [Rule] = []
    private var battery: Int?
    private static let kinds: Set<FireSignal.Kind> = [.fire, .fault, .lowBattery, .test, .restore]
    private static let limit = 32

    /// Reads a profile, or `nil` where a rule is none.
    init?(_ text: String) {
        for item in text.split(separator: ",") {
            let rule = item.filter { $0 != " " }
            guard rules.count < Self.limit, let sign = rule.firstIndex(of: "@") else { return nil }
            let (name, rest) = (rule[..<sign], rule[rule.index(after: sign)...])
            if name == "battery" {
                guard let offset = Self.offset(rest) else { return nil }
                battery = offset
                continue
            }
            guard let kind = FireSignal.Kind(rawValue: String(name)), Self.kinds.contains(kind),
                let mark = rest.firstIndex(where: { "=&<".contains($0) }), let offset = Self.offset(rest[..<mark]),
                let byte = Self.byte(rest[rest.index(after: mark)...])
            else { return nil }
            let test: Test = rest[mark] == "=" ? .equals(byte) : rest[mark] == "&" ? .hasBits(byte) : .isBelow(byte)
            rules.append(Rule(kind: kind, offset: offset, test: test))
        }
    }

    /// What the bytes say, each kind once, in the order of the rules; and the battery in percent.
    func read(_ bytes: [UInt8]) -> (kinds: [FireSignal.Kind], battery: Int?) {
        var kinds: [FireSignal.Kind] = []
        for rule in rules where rule.offset < bytes.count && !kinds.contains(rule.kind) {
            let byte = bytes[rule.offset]
            let holds =
                switch rule.test {
                case .equals(let other): byte == other
                case .hasBits(let bits): byte & bits != 0
                case .isBelow(let bound): byte < bound
                }
            if holds { kinds.append(rule.kind) }
        }
        let level = battery.flatMap { $0 < bytes.count && bytes[$0] <= 100 ? Int(bytes[$0]) : nil }
        return (kinds, level)
    }

    private static func offset(_ text: Substring) -> Int? {
        Int(text).flatMap { (0..<2_048).contains($0) ? $0 : nil }
    }

    private static func byte(_ text: Substring) -> UInt8? { text.utf8.count == 2 ? UInt8(text, radix: 16) : nil }
}
