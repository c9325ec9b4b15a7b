import Foundation

/// The fields beside the outlines of a Shapefile (dBASE III).
struct DBaseTable {
    /// The rows that are not struck out, field by field as text.
    private(set) var rows: [[String: String]] = []

    private struct Field {
        var name: String
        var at: Int
        var length: Int
    }

    init(_ bytes: [UInt8], encoding: String?) throws(ShapefileError) {
        let part = PartBytes(bytes: bytes, name: ".dbf")
        let count = try part.little32(4)
        let (head, width) = (try part.little16(8), try part.little16(10))
        guard (0...Shapefile.featureLimit).contains(count) else { throw .tooLarge }
        guard head >= 33, width >= 1 else { throw .damaged(".dbf: a head of \(head), rows of \(width) bytes") }
        try part.check(0, head)
        let text = Self.decoder(encoding, language: bytes[29])
        var fields: [Field] = []
        var at = 32
        var place = 1
        while at + 32 <= head, bytes[at] != 0x0D {
            let length = Int(bytes[at + 16])
            fields.append(Field(name: text(bytes[at..<at + 11].prefix { $0 != 0 }), at: place, length: length))
            place += length
            at += 32
        }
        guard place <= width, !fields.isEmpty else {
            throw .damaged(".dbf: fields of \(place) bytes in rows of \(width)")
        }
        try part.check(head, count * width)
        for row in 0..<count {
            let start = head + row * width
            guard bytes[start] != UInt8(ascii: "*") else { continue }
            var values: [String: String] = [:]
            for field in fields {
                let value = text(bytes[start + field.at..<start + field.at + field.length].prefix { $0 != 0 })
                values[field.name] = value.trimmingCharacters(in: .whitespaces)
            }
            rows.append(values)
        }
    }

    /// Chinese offices write GBK with or without saying so; what is UTF-8 throughout is taken as it.
    private static func decoder(_ name: String?, language: UInt8) -> (ArraySlice<UInt8>) -> String {
        let chinese = String.Encoding(rawValue: 0x8000_0632)
        let said = (name ?? "").uppercased().trimmingCharacters(in: .whitespacesAndNewlines)
        let isChinese = said.hasPrefix("GB") || said.hasSuffix("936") || language == 0x4D
        return { bytes in
            if !isChinese || said.hasPrefix("UTF"), let text = String(validating: bytes, as: UTF8.self) { return text }
            return String(data: Data(bytes), encoding: chinese) ?? String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Fields as text of UTF-8, each as wide as its longest value, at most 254 bytes.
    static func write(_ rows: [[String: String]]) -> [UInt8] {
        let names = Set(rows.flatMap(\.keys)).sorted()
        let widths = names.map { name in
            min(254, max(1, rows.map { ($0[name] ?? "").utf8.count }.max() ?? 1))
        }
        var part = PartWriter()
        part.bytes = [3, 126, 1, 1]
        part.little32(rows.count)
        part.little16(33 + 32 * names.count)
        part.little16(1 + widths.reduce(0, +))
        part.bytes += [UInt8](repeating: 0, count: 20)
        for (name, width) in zip(names, widths) {
            let ten = Array(name.utf8.prefix(10))
            part.bytes += ten + [UInt8](repeating: 0, count: 11 - ten.count)
            part.bytes += [UInt8(ascii: "C"), 0, 0, 0, 0, UInt8(width), 0] + [UInt8](repeating: 0, count: 14)
        }
        part.bytes.append(0x0D)
        for row in rows {
            part.bytes.append(0x20)
            for (name, width) in zip(names, widths) {
                var value: [UInt8] = []
                // Never half of a character.
                for character in row[name] ?? "" where value.count + character.utf8.count <= width {
                    value += Array(character.utf8)
                }
                part.bytes += value + [UInt8](repeating: 0x20, count: width - value.count)
            }
        }
        part.bytes.append(0x1A)
        return part.bytes
    }
}
