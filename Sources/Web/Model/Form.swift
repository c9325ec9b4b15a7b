import Kernel

/// Names and values of a query or of a form's body (`application/x-www-form-urlencoded`).
public struct Form: Sendable {
    private var pairs: [(name: String, value: String)] = []
    private static let limit = 1_000

    /// Reads at most 1,000 pairs; bytes that are not UTF-8 after decoding become U+FFFD, and so does NUL, which no
    /// database keeps in a text.
    public init(_ text: some Sequence<UInt8>) {
        var name: [UInt8] = []
        var value: [UInt8] = []
        var inValue = false
        var pending = 0
        var high: UInt8 = 0
        func put(_ byte: UInt8) { if inValue { value.append(byte) } else { name.append(byte) } }
        func finish() {
            if !name.isEmpty, pairs.count < Self.limit {
                pairs.append(
                    (String(decoding: name, as: UTF8.self), withoutNUL(String(decoding: value, as: UTF8.self))))
            }
            name.removeAll(keepingCapacity: true)
            value.removeAll(keepingCapacity: true)
            inValue = false
        }
        for byte in text {
            if pending == 2, let digit = hexDigit(byte) {
                high = digit
                pending = 1
            } else if pending == 1, let digit = hexDigit(byte) {
                put(high << 4 | digit)
                pending = 0
            } else {
                pending = 0
                switch byte {
                case UInt8(ascii: "%"): pending = 2
                case UInt8(ascii: "+"): put(UInt8(ascii: " "))
                case UInt8(ascii: "&"): finish()
                case UInt8(ascii: "=") where !inValue: inValue = true
                default: put(byte)
                }
            }
        }
        finish()
    }

    /// Names and values that are read already; at most 1,000 are kept.
    public init(pairs: [(name: String, value: String)]) {
        self.pairs = pairs.prefix(Self.limit).map { ($0.name, withoutNUL($0.value)) }
    }

    /// The members of a JSON object as a form's: texts and numbers as they stand, flags as `1` and `0`, a list as many
    /// values of its name. Deeper members are left out; what is no object has none.
    public init(json bytes: [UInt8]) {
        let members = (try? JSON.decode([String: JSONMember].self, bytes)) ?? [:]
        pairs = Array(
            members.sorted { $0.key < $1.key }.flatMap { name, member in member.values.map { (name, withoutNUL($0)) } }
                .prefix(Self.limit))
    }

    /// The first value of that name.
    public subscript(_ name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// All values of that name.
    public func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// Every name and value once, the first of each; what a page needs to show the form again.
    public var values: [String: String] {
        Dictionary(pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}

/// A member of a JSON object, as values of a form.
private struct JSONMember: Decodable {
    var values: [String] = []

    init(from decoder: any Decoder) throws {
        if var list = try? decoder.unkeyedContainer() {
            while !list.isAtEnd, values.count < 1_000 { values += try list.decode(JSONMember.self).values }
            return
        }
        guard let one = try? decoder.singleValueContainer() else { return }
        if let flag = try? one.decode(Bool.self) {
            values = [flag ? "1" : "0"]
        } else if let text = try? one.decode(String.self) {
            values = [text]
        } else if let number = try? one.decode(Int64.self) {
            values = [String(number)]
        } else if let number = try? one.decode(Double.self) {
            values = [String(number)]
        }
    }
}

/// The text with U+FFFD for each NUL.
private func withoutNUL(_ text: String) -> String {
    text.utf8.contains(0) ? text.replacing("\u{0}", with: "\u{FFFD}") : text
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// The bytes behind `%XX` escapes, as UTF-8 text; for pieces of a path.
func unescaped(_ text: some StringProtocol) -> String {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var result: [UInt8] = []
    var bytes = text.utf8.makeIterator()
    while let byte = bytes.next() {
        if byte == UInt8(ascii: "%"), let high = bytes.next().flatMap(hexDigit),
            let low = bytes.next().flatMap(hexDigit)
        {
            result.append(high << 4 | low)
        } else {
            result.append(byte)
        }
    }
    return withoutNUL(String(decoding: result, as: UTF8.self))
}
