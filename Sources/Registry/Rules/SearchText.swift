import Crypt
import Foundation
import Kernel

/// What a record is found by, as tokens of letters and digits: a letter says what kind, the rest is a bigram of Chinese
/// text, a beginning of a name's letters, a word, or a keyed hash.
///
/// Bigrams are made here and not by an engine's own full text, because neither finds a name of two characters (SQLite's
/// trigrams answer nothing, without an error).
public struct SearchText: Sendable {
    /// The key of identifiers' hashes; it lies in the data folder, not in the database.
    let key: [UInt8]

    /// With a key of 32 bytes.
    public init(key: [UInt8]) { self.key = key }

    /// Lengths of the beginnings of a name's letters that are tokens; a longer query uses the longest and is compared
    /// afterwards.
    static let beginnings = [2, 3, 4, 6, 8]

    /// All tokens of a record; a few may come twice, which finds nothing more and costs less than looking for it.
    func tokens(of values: FieldValues, _ category: Category, area: AreaID?, village: AreaID?) -> [String] {
        var tokens: [String] = []
        tokens.reserveCapacity(64)
        tokens.append(Self.category(category.key))
        if let area { tokens.append(Self.area(area)) }
        if let village { tokens.append(Self.village(village)) }
        // By index: a field is a large value, and copying each of them for each record would be felt.
        for index in category.fields.indices {
            guard let value = values[category.fields[index].key] else { continue }
            if category.fields[index].filter == true { tokens.append(Self.facet(category.fields[index].key, value)) }
            switch category.fields[index].search {
            case .name?:
                for piece in Self.grams(Self.fold(value), single: true) { tokens.append("n" + piece) }
                Self.addBeginnings(of: Self.letters(of: value), to: &tokens)
            case .address?: for piece in Self.grams(Self.fold(value), single: false) { tokens.append("a" + piece) }
            case .text?: for piece in Self.grams(Self.fold(value), single: false) { tokens.append("t" + piece) }
            case .identifier?:
                tokens.append(identifier(value, in: category.key))
                tokens.append(ending(String(value.suffix(4)), in: category.key))
            case nil: break
            }
        }
        return tokens
    }

    /// A name's letters begin alike however much of them is written out: each beginning once.
    private static func addBeginnings(of names: Set<String>, to tokens: inout [String]) {
        let start = tokens.count
        for letters in names {
            for length in beginnings where letters.utf8.count >= length {
                let token = "p" + letters.prefix(length)
                if !tokens[start...].contains(token) { tokens.append(token) }
            }
        }
    }

    /// The token of a whole identifier; each category has its own, so that one that the asker may not search is never
    /// touched.
    func identifier(_ value: String, in category: String) -> String { "i" + hash("whole", value, category) }

    /// The token of an identifier's last four characters.
    func ending(_ value: String, in category: String) -> String { "l" + hash("end", value, category) }

    /// What tells a record from all others: a keyed hash of the first of the category's sets of fields that is
    /// complete, else of all its values.
    func rowKey(_ values: FieldValues, _ category: Category) -> String {
        let text = Self.identity(values, category)
        return Secret.hex(Array(Digest.hmacSHA256(key: key, Array("row\n\(category.key)\n\(text)".utf8)).prefix(16)))
    }

    /// What ``rowKey(_:_:)`` hashes.
    static func identity(_ values: FieldValues, _ category: Category) -> String {
        let set = category.identity.first { fields in fields.allSatisfy { values[$0] != nil } }
        let fields = set ?? values.all.keys.sorted()
        return fields.map { "\($0)=\(fold(values[$0] ?? ""))" }.joined(separator: "\n")
    }

    private func hash(_ kind: String, _ value: String, _ category: String) -> String {
        Secret.hex(Array(Digest.hmacSHA256(key: key, Array("\(kind)\n\(category)\n\(value)".utf8)).prefix(9)))
    }

    static func category(_ key: String) -> String { "k" + plain(key) }
    static func area(_ id: AreaID) -> String { "g" + id.description }
    static func village(_ id: AreaID) -> String { "v" + id.description }
    static func facet(_ field: String, _ value: String) -> String { "f" + plain(field) + "0" + plain(value) }

    private static func plain(_ text: String) -> String {
        fold(text)
    }

    /// Text as it is compared: narrow, small, simplified, letters and digits alone.
    static func fold(_ text: String) -> String { plainFold(text) ?? fullFold(text) }

    /// What nearly every text of a town is made of: ASCII and Chinese characters, each of one scalar.
    private static func plainFold(_ text: String) -> String? {
        var result = String.UnicodeScalarView()
        var hasHan = false
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 48...57, 97...122: result.append(scalar)
            case 65...90: result.append(Unicode.Scalar(UInt8(scalar.value + 32)))
            case 0..<128: continue
            default:
                guard Pinyin.isHan(scalar) else { return nil }
                hasHan = true
                result.append(scalar)
            }
        }
        return String(hasHan ? Pinyin.simplified(result) : result)
    }

    static func fullFold(_ text: String) -> String {
        var result = ""
        for character in Plain.narrow(text).lowercased() {
            // Digits and letters are most of what is not Chinese, and need no look into their parts.
            if let ascii = character.asciiValue {
                if (48...57).contains(ascii) || (97...122).contains(ascii) { result.append(character) }
                continue
            }
            if Pinyin.isHan(character) {
                result.append(Pinyin.simplified(character))
            } else {
                // Letters without their accents, digits: what every engine takes for a part of a word.
                let scalars = String(character).decomposedStringWithCanonicalMapping.unicodeScalars
                result.unicodeScalars.append(contentsOf: scalars.filter(isWordly))
            }
        }
        return result
    }

    private static func isWordly(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 48...57, 97...122: true
        case 0xC0..<0x600: scalar.properties.generalCategory == .lowercaseLetter
        default: false
        }
    }

    /// Overlapping pairs of Chinese characters, whole runs of others, and, where asked for, each character.
    /// - Parameter text: a folded one, in which every character is one scalar.
    static func grams(_ text: String, single: Bool) -> [String] {
        var result: [String] = []
        var run = String.UnicodeScalarView()
        var last: Unicode.Scalar?
        func finish() {
            guard !run.isEmpty else { return }
            result.append(String(run))
            // The number at the end of a code is often all that somebody remembers.
            let tail = run.reversed().prefix { (48...57).contains($0.value) }.count
            if tail > 0, tail < run.count { result.append(String(String.UnicodeScalarView(run.suffix(tail)))) }
            run.removeAll()
        }
        for scalar in text.unicodeScalars {
            if Pinyin.isHan(scalar) {
                finish()
                if let last { result.append(String(String.UnicodeScalarView([last, scalar]))) }
                if single { result.append(String(scalar)) }
                last = scalar
            } else {
                run.append(scalar)
                last = nil
            }
        }
        finish()
        return result
    }

    /// The letters that find a name: whole readings, initials, and the surname with initials (zhangjg).
    static func letters(of name: String) -> Set<String> {
        var result: Set<String> = []
        for reading in Pinyin.readings(of: name) {
            result.insert(reading.joined())
            result.insert(String(reading.compactMap(\.first)))
            result.insert((reading.first ?? "") + String(reading.dropFirst().compactMap(\.first)))
        }
        return result
    }
}
