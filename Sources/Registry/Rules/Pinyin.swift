import Foundation
import Synchronization

/// How names are read aloud, for who types letters: surnames by their own readings, every further character by its
/// common one.
public enum Pinyin {
    /// One way to read a name: its syllables, `ü` as `v`.
    public typealias Reading = [String]

    private struct Known {
        // By the character's first scalar: a Chinese character has but one.
        var common: [UInt32: String] = [:]
        var surname: [UInt32: String] = [:]
        var simple: [UInt32: Unicode.Scalar] = [:]
    }

    /// Asking ICU takes some 50 µs a character, and a town's names are made of some thousand characters.
    private static let known = Mutex(Known())

    /// Surnames that ICU's own table misses.
    private static let surnames: [Character: String] = ["朴": "piao", "缪": "miao", "尉": "wei", "黑": "he", "员": "yun"]

    /// All readings of a name that people may type, at most four: the surname's and the common one, `lv` and `lu`.
    public static func readings(of name: String) -> [Reading] {
        let characters = Array(name.prefix(12)).filter { isHan($0) }
        guard let first = characters.first else { return [] }
        let rest = characters.dropFirst().map { common($0) }
        let isCompound = Surnames.compound.contains(String(name.prefix(2)))
        var heads = [isCompound ? common(first) : surname(first)]
        if !isCompound, common(first) != heads[0] { heads.append(common(first)) }
        if isCompound, name.hasPrefix("尉迟") { heads = ["yu"] }
        if isCompound, name.hasPrefix("万俟") { return [["mo", "qi"] + rest.dropFirst()] }
        var result = heads.map { [$0] + rest }
        if result[0].contains(where: { $0.contains("v") }) {
            result += result.map { reading in reading.map { $0.replacingOccurrences(of: "v", with: "u") } }
        }
        return Array(result.prefix(4))
    }

    /// The letters of a name's first reading, for sorting; other characters stay.
    public static func sortKey(_ text: String) -> String {
        String(text.prefix(24).map { isHan($0) ? common($0) + " " : String($0) }.joined().prefix(60))
    }

    /// Traditional characters as simplified ones, so that both find each other.
    static func simplified(_ character: Character) -> Character {
        guard isHan(character), let scalar = character.unicodeScalars.first else { return character }
        return Character(known.withLock { known in simplified(scalar, &known) })
    }

    /// The same for a text, in which what is not Chinese stays.
    static func simplified(_ text: String.UnicodeScalarView) -> String.UnicodeScalarView {
        var result = String.UnicodeScalarView()
        known.withLock { known in
            for scalar in text { result.append(isHan(scalar) ? simplified(scalar, &known) : scalar) }
        }
        return result
    }

    private static func simplified(_ scalar: Unicode.Scalar, _ known: inout Known) -> Unicode.Scalar {
        if let simple = known.simple[scalar.value] { return simple }
        let transform = StringTransform("Traditional-Simplified")
        let simple = String(scalar).applyingTransform(transform, reverse: false)?.unicodeScalars.first ?? scalar
        known.simple[scalar.value] = simple
        return simple
    }

    static func isHan(_ character: Character) -> Bool { character.unicodeScalars.first.map(isHan) == true }

    static func isHan(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Without the hexagrams in between (U+4DC0…), which are signs.
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x3007, 0x20000...0x323AF: true
        default: false
        }
    }

    private static func common(_ character: Character) -> String {
        let scalar = character.unicodeScalars.first?.value ?? 0
        return known.withLock { known in
            if let reading = known.common[scalar] { return reading }
            let reading = transformed(character, "Han-Latin")
            known.common[scalar] = reading
            return reading
        }
    }

    private static func surname(_ character: Character) -> String {
        if let own = surnames[character] { return own }
        let scalar = character.unicodeScalars.first?.value ?? 0
        return known.withLock { known in
            if let reading = known.surname[scalar] { return reading }
            let reading = transformed(character, "Han-Latin/Names")
            known.surname[scalar] = reading
            return reading
        }
    }

    private static func transformed(_ character: Character, _ transform: String) -> String {
        let toned = String(character).applyingTransform(StringTransform(transform), reverse: false) ?? ""
        var letters = ""
        for scalar in toned.decomposedStringWithCanonicalMapping.lowercased().unicodeScalars {
            if scalar.value == 0x308, letters.last == "u" {
                letters.removeLast()
                letters.append("v")
            } else if (97...122).contains(scalar.value) {
                letters.unicodeScalars.append(scalar)
            }
        }
        return letters
    }
}
