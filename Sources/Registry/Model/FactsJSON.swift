import Kernel

/// Reads what ``Facts/json`` wrote. A list reads the facts of every record that it shows, and a general parser would be
/// most of its work.
enum FactsJSON {
    /// Field → fact; `nil` where the text is not whole, so that half a truth is not taken for one.
    static func read(_ json: String) -> [(field: String, fact: Fact)]? {
        var json = json
        return json.withUTF8 { bytes in
            var reader = Reader(bytes: bytes)
            return reader.facts()
        }
    }

    private struct Reader {
        let bytes: UnsafeBufferPointer<UInt8>
        var index = 0

        mutating func facts() -> [(field: String, fact: Fact)]? {
            guard take(UInt8(ascii: "{")) else { return nil }
            var result: [(field: String, fact: Fact)] = []
            repeat {
                guard let field = text(), take(UInt8(ascii: ":")), let fact = fact() else { return nil }
                result.append((field, fact))
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "}")) && index == bytes.count ? result : nil
        }

        private mutating func fact() -> Fact? {
            guard take(UInt8(ascii: "{")) else { return nil }
            var fact = Fact(source: .import, seenAt: Instant(ms: 0), seenBy: "")
            var known = 0
            repeat {
                guard let name = text(), take(UInt8(ascii: ":")) else { return nil }
                switch name {
                case Fact.CodingKeys.source.rawValue:
                    guard let source = text().flatMap(Source.init(rawValue:)) else { return nil }
                    fact.source = source
                case Fact.CodingKeys.seenAt.rawValue:
                    guard let number = number() else { return nil }
                    fact.seenAt = number
                case Fact.CodingKeys.verifiedAt.rawValue:
                    guard let number = number() else { return nil }
                    fact.verifiedAt = number
                case Fact.CodingKeys.isDisputed.rawValue:
                    guard let flag = flag() else { return nil }
                    fact.isDisputed = flag
                case Fact.CodingKeys.seenBy.rawValue:
                    guard let name = text() else { return nil }
                    fact.seenBy = name
                case Fact.CodingKeys.verifiedBy.rawValue:
                    guard let name = text() else { return nil }
                    fact.verifiedBy = name
                default: return nil
                }
                known += 1
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "}")) && known == 6 ? fact : nil
        }

        private mutating func take(_ byte: UInt8) -> Bool {
            guard index < bytes.count, bytes[index] == byte else { return false }
            index += 1
            return true
        }

        private mutating func text() -> String? {
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { return nil }
            return FlatJSON.text(bytes, &index)
        }

        private mutating func number() -> Int64? {
            let start = index
            while index < bytes.count, bytes[index] == UInt8(ascii: "-") || (48...57).contains(bytes[index]) {
                index += 1
            }
            return Int64(Substring(decoding: bytes[start..<index], as: UTF8.self))
        }

        private mutating func flag() -> Bool? {
            for (word, value) in [("true", true), ("false", false)] where bytes[index...].starts(with: word.utf8) {
                index += word.utf8.count
                return value
            }
            return nil
        }
    }
}
