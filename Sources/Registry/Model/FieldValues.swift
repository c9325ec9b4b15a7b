import Foundation
import Kernel

/// A record's values by field, in their canonical form: dates `2026-11-24`, numbers as digits, codes as their keys,
/// truth as `1` and `0`, points as `lat,lon`. An empty value is none.
public struct FieldValues: Sendable, Hashable {
    /// Field → value.
    public private(set) var all: [String: String]

    /// Nothing known, or what is given.
    public init(_ all: [String: String] = [:]) { self.all = all.filter { !$0.value.isEmpty } }

    /// A field's value; setting `nil` or nothing removes it.
    public subscript(_ field: String) -> String? {
        get { all[field] }
        set { all[field] = newValue.flatMap { $0.isEmpty ? nil : $0 } }
    }

    /// A flat JSON object with sorted keys.
    public var json: String {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for (index, pair) in all.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            FlatJSON.write(pair.key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            FlatJSON.write(pair.value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads what ``json`` wrote; anything else reads as far as it is well formed.
    public init(json: String) { all = FlatJSON.read(json) }
}

/// A flat JSON object of texts, read and written without the weight of a general parser: a sweep over a hundred
/// thousand records reads each of them once.
enum FlatJSON {
    static func write(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { raw in
            if raw.contains(where: { $0 < 32 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
                escape(raw, to: &bytes)
            } else {
                bytes.append(contentsOf: raw)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func escape(_ raw: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        for byte in raw {
            switch byte {
            case UInt8(ascii: "\""): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "\"")]
            case UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "\\")]
            case 10: bytes += Array("\\n".utf8)
            case 0..<32: bytes += Array("\\u00\(byte < 16 ? "0" : "1")".utf8) + [Self.hex[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
    }

    private static let hex = Array("0123456789abcdef".utf8)

    static func read(_ json: String) -> [String: String] {
        var json = json
        return json.withUTF8 { bytes in
            var result: [String: String] = [:]
            result.reserveCapacity(16)
            var index = 0
            while let key = text(bytes, &index) {
                guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { break }
                guard let value = text(bytes, &index) else { break }
                result[key] = value
            }
            return result
        }
    }

    /// The next text between quotes, and the index behind it.
    static func text(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> String? {
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") { index += 1 }
        guard index < bytes.count else { return nil }
        index += 1
        let start = index
        var isEscaped = false
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\") {
                isEscaped = true
                index += 1
            }
            index += 1
        }
        guard index < bytes.count else { return nil }
        let raw = bytes[start..<index]
        index += 1
        return isEscaped ? unescaped(raw) : String(decoding: raw, as: UTF8.self)
    }

    private static func unescaped(_ raw: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        var result: [UInt8] = []
        var iterator = raw.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "\\"), let next = iterator.next() else {
                result.append(byte)
                continue
            }
            switch next {
            case UInt8(ascii: "n"): result.append(10)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "r"): result.append(13)
            case UInt8(ascii: "b"): result.append(8)
            case UInt8(ascii: "f"): result.append(12)
            case UInt8(ascii: "u"):
                let digits = (0..<4).compactMap { _ in iterator.next() }
                if let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) { result.append(code) }
            default: result.append(next)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
