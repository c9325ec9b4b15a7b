/// A citizen's ID number (GB 11643-1999; check digit ISO 7064 MOD 11-2).
public struct IDNumber: Sendable, Hashable {
    /// Why a text is none.
    public enum Flaw: String, Error, Sendable {
        case length = "id-length"
        case digits = "id-digits"
        case date = "id-date"
        case region = "id-region"
        case check = "id-check"
        /// The old form of 15 digits: it has no check digit and is no longer valid.
        case old = "id-old"
    }

    /// 18 characters, the last one `X` in capitals.
    public let text: String
    /// The day of birth that it carries.
    public let birth: CivilDate
    /// Whether the sequence number is an odd one.
    public let isMale: Bool

    private static let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    private static let checks = Array("10X98765432".utf8)
    /// The first two digits of the regions of GB/T 2260; 81…83 are residence permits of Hong Kong, Macao and Taiwan.
    private static let regions: Set<Int> = [
        11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62,
        63, 64, 65, 71, 81, 82, 83,
    ]

    /// Reads 18 characters; a small `x` counts, blanks and full-width digits do too.
    public init(_ given: String) throws(Flaw) {
        let text = given.isIdentifier ? given : Plain.narrow(given).uppercased().filter { $0 != " " }
        let bytes = Array(text.utf8)
        if bytes.count == 15, bytes.allSatisfy({ (48...57).contains($0) }) { throw .old }
        guard bytes.count == 18 else { throw .length }
        guard bytes.dropLast().allSatisfy({ (48...57).contains($0) }), (48...57).contains(bytes[17]) || bytes[17] == 88
        else { throw .digits }
        func number(_ range: Range<Int>) -> Int { range.reduce(0) { $0 * 10 + Int(bytes[$1]) - 48 } }
        guard Self.regions.contains(number(0..<2)) else { throw .region }
        guard let birth = CivilDate(year: number(6..<10), month: number(10..<12), day: number(12..<14)) else {
            throw .date
        }
        guard Self.check(bytes.dropLast()) == bytes[17] else { throw .check }
        self.text = text
        self.birth = birth
        isMale = bytes[16] % 2 == 1
    }

    /// The check character of 17 digits, as ASCII.
    static func check(_ digits: ArraySlice<UInt8>) -> UInt8 {
        var sum = 0
        for (index, digit) in digits.enumerated() where index < 17 { sum += (Int(digit) - 48) * weights[index] }
        return checks[sum % 11]
    }
}

/// A unified social credit code (GB 32100-2015; check character MOD 31), those of village and cooperative collectives
/// (registered by the agriculture departments, `N…`) included.
public struct CreditCode: Sendable, Hashable {
    /// Why a text is none.
    public enum Flaw: String, Error, Sendable {
        case length = "code-length"
        case letters = "code-letters"
        case department = "code-department"
        case check = "code-check"
    }

    /// 18 characters in capitals.
    public let text: String

    private static let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8)
    private static let values: [UInt8: Int] = Dictionary(
        uniqueKeysWithValues: alphabet.enumerated().map { ($1, $0) })
    private static let weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]

    /// Reads 18 characters; small letters, blanks and full-width characters count.
    public init(_ given: String) throws(Flaw) {
        let text = given.isIdentifier ? given : Plain.narrow(given).uppercased().filter { $0 != " " }
        let bytes = Array(text.utf8)
        guard bytes.count == 18 else { throw .length }
        var numbers: [Int] = []
        for byte in bytes {
            guard let value = Self.values[byte] else { throw .letters }
            numbers.append(value)
        }
        guard "123456789ANY".utf8.contains(bytes[0]) else { throw .department }
        guard Self.check(numbers.dropLast()) == bytes[17] else { throw .check }
        self.text = text
    }

    /// The check character of 17 values.
    private static func check(_ numbers: some Sequence<Int>) -> UInt8 {
        let sum = zip(numbers, weights).reduce(0) { $0 + $1.0 * $1.1 } % 31
        return alphabet[(31 - sum) % 31]
    }

    /// Completes 17 characters, for inventing some.
    static func completing(_ text: String) -> String? {
        let numbers = text.utf8.compactMap { values[$0] }
        guard numbers.count == 17 else { return nil }
        return text + String(decoding: [check(numbers)], as: UTF8.self)
    }
}

extension String {
    /// Whether it is digits and capitals alone, as identifiers are kept.
    fileprivate var isIdentifier: Bool { utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) } }
}
