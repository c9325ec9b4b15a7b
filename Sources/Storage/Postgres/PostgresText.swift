/// Turns a statement of the seam into PostgreSQL's words, once for each text.
///
/// - `?` becomes `$1`, `$2`, …
/// - `LIKE` becomes `ILIKE … ESCAPE ''`: like SQLite's it does not tell ASCII capitals from small letters and gives
///   the backslash no meaning.
/// - In `CREATE TABLE` and `ALTER TABLE` a `TEXT` column is compared byte by byte, as SQLite does, whatever the
///   collation of the database: keyset paging goes on where it stopped.
enum PostgresText {
    static func translate(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 32)
        let isTable = startsTable(bytes)
        var arguments = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                let end = endOfQuote(bytes, from: index)
                result += bytes[index..<end]
                index = end
            case UInt8(ascii: "?"):
                arguments += 1
                result += Array("$\(arguments)".utf8)
                index += 1
            case _ where isLetter(byte):
                var end = index + 1
                while end < bytes.count, isLetter(bytes[end]) || isDigit(bytes[end]) { end += 1 }
                let word = bytes[index..<end]
                index = end
                if isTable, equal(word, "TEXT"), isType(bytes, at: word.startIndex) {
                    result += Array("TEXT COLLATE \"C\"".utf8)
                } else if equal(word, "LIKE"), let operand = argument(bytes, after: end) {
                    arguments += 1
                    result += Array("ILIKE $\(arguments)".utf8)
                    index = operand
                    if !nextWord(bytes, from: operand, is: "ESCAPE") { result += Array(" ESCAPE ''".utf8) }
                } else {
                    result += word
                }
            default:
                result.append(byte)
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func startsTable(_ bytes: [UInt8]) -> Bool {
        nextWord(bytes, from: 0, is: "CREATE") && contains(bytes, "TABLE") || nextWord(bytes, from: 0, is: "ALTER")
    }

    private static func contains(_ bytes: [UInt8], _ word: String) -> Bool {
        let head = String(decoding: bytes.prefix(40), as: UTF8.self).uppercased()
        return head.split { !$0.isLetter }.contains { $0 == word }
    }

    /// Whether the word at `start` follows a column's name; behind a bracket, a comma or `COLUMN` it is one itself.
    private static func isType(_ bytes: [UInt8], at start: Int) -> Bool {
        let before = bytes[..<start].reversed().drop(while: isBlank)
        guard let last = before.first, isLetter(last) || isDigit(last) || last == UInt8(ascii: "\"") else {
            return false
        }
        let word = ArraySlice(before.prefix { isLetter($0) }.reversed())
        return !equal(word, "COLUMN") && !equal(word, "ADD")
    }

    /// The index behind a `?` that follows, with blanks before it.
    private static func argument(_ bytes: [UInt8], after start: Int) -> Int? {
        var index = start
        while index < bytes.count, isBlank(bytes[index]) { index += 1 }
        return index < bytes.count && bytes[index] == UInt8(ascii: "?") ? index + 1 : nil
    }

    private static func nextWord(_ bytes: [UInt8], from start: Int, is word: String) -> Bool {
        var index = start
        while index < bytes.count, isBlank(bytes[index]) { index += 1 }
        var end = index
        while end < bytes.count, isLetter(bytes[end]) { end += 1 }
        return equal(bytes[index..<end], word)
    }

    /// The index behind the closing quote; a doubled one is part of the text.
    private static func endOfQuote(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < bytes.count {
            if bytes[index] == bytes[start] {
                if index + 1 < bytes.count, bytes[index + 1] == bytes[start] { index += 1 } else { return index + 1 }
            }
            index += 1
        }
        return bytes.count
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
    }
    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 10 || byte == 9 || byte == 13 }
    private static func equal(_ word: ArraySlice<UInt8>, _ other: String) -> Bool {
        word.count == other.utf8.count && zip(word, other.utf8).allSatisfy { $0 & 0xDF == $1 }
    }
}
