import Foundation

/// Text as devices write it: GB18030, whatever the prolog says, unless it is valid UTF-8 with characters beyond ASCII.
public enum GBText {
    private static let gb18030 = String.Encoding(rawValue: 0x8000_0632)

    /// Decodes; bytes that are no character become `?`, control bytes are left out.
    public static func decode(_ bytes: [UInt8]) -> String {
        let clean = bytes.filter { $0 >= 32 || $0 == 9 || $0 == 10 || $0 == 13 }
        let body = clean.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(clean.dropFirst(3)) : clean
        if body.allSatisfy({ $0 < 128 }) { return String(decoding: body, as: UTF8.self) }
        if let text = String(validating: body, as: UTF8.self) { return text }
        let repaired = repair(body)
        if let text = String(data: Data(repaired), encoding: gb18030) { return text }
        // Well-formed, and still unknown to the tables: character by character.
        var text = ""
        var index = 0
        while index < repaired.count {
            let length = unit(repaired, index) ?? 1
            text += String(data: Data(repaired[index..<index + length]), encoding: gb18030) ?? "?"
            index += length
        }
        return text
    }

    /// Encodes as GB18030; a character that it has not (there is none in Unicode) becomes `?`.
    public static func encode(_ text: String) -> [UInt8] {
        if text.utf8.allSatisfy({ $0 < 128 }) { return Array(text.utf8) }
        return text.data(using: gb18030, allowLossyConversion: true).map(Array.init) ?? Array("?".utf8)
    }

    /// Replaces what cannot be GB18030 by `?`.
    private static func repair(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if let length = unit(bytes, index) {
                result += bytes[index..<index + length]
                index += length
            } else {
                result.append(UInt8(ascii: "?"))
                index += 1
            }
        }
        return result
    }

    /// The length of the character at `index`: 1, 2 or 4 bytes.
    private static func unit(_ bytes: [UInt8], _ index: Int) -> Int? {
        let first = bytes[index]
        if first < 0x80 { return 1 }
        guard (0x81...0xFE).contains(first), index + 1 < bytes.count else { return nil }
        let second = bytes[index + 1]
        if (0x40...0x7E).contains(second) || (0x80...0xFE).contains(second) { return 2 }
        guard (0x30...0x39).contains(second), index + 3 < bytes.count, (0x81...0xFE).contains(bytes[index + 2]),
            (0x30...0x39).contains(bytes[index + 3])
        else { return nil }
        return 4
    }
}
