import Foundation

/// Texts as offices type them, made alike.
enum Plain {
    /// Full-width letters, digits and signs made narrow, line breaks and odd spaces made plain spaces.
    static func narrow(_ text: String) -> String {
        if isNarrow(text) { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0xFF01...0xFF5E: result.append(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
            case 0x3000, 0xA0, 0x09, 0x0A, 0x0D: result.append(" ")
            // What only disturbs: zero width, byte order mark, other control characters.
            case 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0xFEFF, 0..<0x20, 0x7F...0x9F: continue
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// Whether nothing in a text can be one of those signs: they all begin with one of a few bytes, and what people write
    /// in Chinese hardly ever does.
    private static func isNarrow(_ text: String) -> Bool {
        var last: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            case 0..<0x20, 0x7F, 0xC2, 0xE2, 0xEF: return false
            case 0x80 where last == 0xE3: return false
            default: last = byte
            }
        }
        return true
    }

    /// ``narrow(_:)`` without blanks at both ends.
    static func trimmed(_ text: String) -> String {
        let narrow = narrow(text)
        guard narrow.utf8.first == 32 || narrow.utf8.last == 32 else { return narrow }
        return String(narrow.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    /// Whether some of the bytes are those of a piece; in UTF-8 a character never begins within another one.
    static func holds(_ bytes: UnsafeBufferPointer<UInt8>, _ piece: [UInt8]) -> Bool {
        guard let first = piece.first, let base = bytes.baseAddress else { return piece.isEmpty }
        guard piece.count <= bytes.count else { return false }
        for start in 0...(bytes.count - piece.count) where bytes[start] == first {
            if memcmp(base + start, piece, piece.count) == 0 { return true }
        }
        return false
    }

    /// Whether a text holds a piece, byte for byte.
    static func holds(_ text: String, _ piece: String) -> Bool {
        var text = text
        let piece = Array(piece.utf8)
        return text.withUTF8 { holds($0, piece) }
    }
}
