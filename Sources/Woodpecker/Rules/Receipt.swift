import Crypt

/// What a reporter keeps: a locator that finds the report and a secret that opens it.
///
/// 7 random digits and a check digit, then 15 random digits (50 bits) and a check digit over both. The secret is never
/// stored; its proof is made by argon2id under a salt of the report's own, so that a guess tests one report alone.
public struct Receipt: Sendable, Equatable {
    /// 8 digits.
    public let locator: String
    /// 16 digits.
    public let secret: String

    /// Why a text is no receipt.
    public enum Flaw: Error, Equatable {
        /// Not 24 digits or 8 words.
        case malformed
        /// A digit or word was mistaken: the check digits say so.
        case mistyped
    }

    /// A new one.
    public init() throws(CryptError) {
        locator = Self.checked(try Self.digits(7))
        secret = Self.secret(after: locator, try Self.digits(15))
    }

    /// The receipt that belongs to a secret seed: the same seed is the same receipt.
    init(seed: [UInt8]) {
        var digits = ""
        var round: UInt8 = 0
        while digits.utf8.count < 22 {
            for byte in Digest.hmacSHA256(key: seed, [round]) where byte < 250 && digits.utf8.count < 22 {
                digits += String(byte % 10)
            }
            round &+= 1
        }
        locator = Self.checked(String(digits.prefix(7)))
        secret = Self.secret(after: locator, String(digits.suffix(15)))
    }

    /// Reads digits in any grouping, full-width ones too, or the eight words.
    public init(_ text: String) throws(Flaw) {
        let digits = Self.digits(in: text)
        guard digits.count == 24 else { throw .malformed }
        let locator = String(digits.prefix(8))
        let secret = String(digits.suffix(16))
        guard Damm.holds(locator), Damm.holds(locator + secret) else { throw .mistyped }
        self.locator = locator
        self.secret = secret
    }

    /// `1234 5678 9012 3456 7890 1234`.
    public var text: String {
        let all = Array(locator + secret)
        return stride(from: 0, to: 24, by: 4).map { String(all[$0..<$0 + 4]) }.joined(separator: " ")
    }

    /// The same as eight words of two characters, to dictate or to learn by heart.
    public var words: [String] {
        let all = Array(locator + secret).compactMap(\.wholeNumberValue)
        return stride(from: 0, to: 24, by: 3).map {
            ReceiptWords.word(all[$0] * 100 + all[$0 + 1] * 10 + all[$0 + 2])
        }
    }

    private static func checked(_ digits: String) -> String { digits + String(Damm.digit(digits)) }
    private static func secret(after locator: String, _ digits: String) -> String {
        digits + String(Damm.digit(locator + digits))
    }

    private static func digits(_ count: Int) throws(CryptError) -> String {
        var text = ""
        while text.utf8.count < count {
            for byte in try Secret.bytes(32) where byte < 250 && text.utf8.count < count { text += String(byte % 10) }
        }
        return text
    }

    private static func digits(in text: String) -> String {
        guard text.utf8.count <= 400 else { return "" }
        var digits = ""
        for character in text where !character.isWhitespace {
            if let value = character.wholeNumberValue,
                character.unicodeScalars.first?.properties.numericType == .decimal
            {
                digits += String(value)
            }
        }
        return digits.isEmpty ? ReceiptWords.digits(of: text) ?? "" : digits
    }
}

/// The check digit of H. M. Damm: finds every wrong digit and every exchange of neighbours.
enum Damm {
    private static let table: [[Int]] = [
        [0, 3, 1, 7, 5, 9, 8, 6, 4, 2], [7, 0, 9, 2, 1, 5, 4, 8, 6, 3], [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
        [1, 7, 5, 0, 9, 8, 3, 4, 2, 6], [6, 1, 2, 3, 0, 4, 5, 9, 7, 8], [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
        [5, 8, 6, 9, 7, 2, 0, 1, 3, 4], [8, 9, 4, 5, 3, 6, 2, 0, 1, 7], [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
        [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
    ]

    static func digit(_ digits: String) -> Int {
        digits.reduce(0) { state, character in table[state][character.wholeNumberValue ?? 0] }
    }

    static func holds(_ digits: String) -> Bool { digit(digits) == 0 }
}

/// A thousand words of two characters, no two of whose characters sound alike: 25 that begin and 40 that end.
enum ReceiptWords {
    private static let first = Array("红黄蓝白黑青大小高长新老东西南北春秋夏早金银石木水")
    private static let second = Array("马牛羊鱼鸟虎兔龙狗猫猪鸡鸭象鹿蜂花草树果桃梨瓜豆米面茶醋糖油山河桥村门窗灯钟笔车")

    /// The word of a number, 0…999.
    static func word(_ number: Int) -> String { String([first[number / 40 % 25], second[number % 40]]) }

    /// The digits behind words, whatever stands between them; `nil` when a character belongs to none.
    static func digits(of text: String) -> String? {
        let letters = text.filter { !$0.isWhitespace && !$0.isPunctuation && !$0.isSymbol }
        guard letters.count % 2 == 0, letters.count <= 64 else { return nil }
        var digits = ""
        let all = Array(letters)
        for index in stride(from: 0, to: all.count, by: 2) {
            guard let begin = first.firstIndex(of: all[index]), let end = second.firstIndex(of: all[index + 1]) else {
                return nil
            }
            let number = begin * 40 + end
            digits += String(repeating: "0", count: 3 - String(number).count) + String(number)
        }
        return digits
    }
}
