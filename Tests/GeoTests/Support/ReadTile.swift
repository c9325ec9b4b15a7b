/// A reader of vector tiles, written from the specification and not from the writer.
struct ReadTile {
    struct Feature {
        var type: UInt64 = 0
        var words: [UInt64] = []
        var attributes: [String: String] = [:]
    }

    struct Layer {
        var name = ""
        var version: UInt64 = 1
        var extent: UInt64 = 4096
        var features: [Feature] = []
    }

    struct Fault: Error {}

    private(set) var layers: [Layer] = []

    init(_ bytes: [UInt8]) throws {
        for (number, content) in try Self.fields(bytes[...]) where number == 3 {
            layers.append(try Self.layer(try content.bytes()))
        }
    }

    enum Content {
        case number(UInt64)
        case block(ArraySlice<UInt8>)
        func bytes() throws -> ArraySlice<UInt8> {
            guard case .block(let bytes) = self else { throw Fault() }
            return bytes
        }
        func value() throws -> UInt64 {
            guard case .number(let value) = self else { throw Fault() }
            return value
        }
    }

    private static func varint(_ bytes: inout ArraySlice<UInt8>) throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard let byte = bytes.popFirst() else { throw Fault() }
            value |= UInt64(byte & 127) << UInt64(shift)
            if byte < 128 { return value }
        }
        throw Fault()
    }

    private static func fields(_ all: ArraySlice<UInt8>) throws -> [(UInt64, Content)] {
        var bytes = all
        var result: [(UInt64, Content)] = []
        while !bytes.isEmpty {
            let key = try varint(&bytes)
            switch key & 7 {
            case 0: result.append((key >> 3, .number(try varint(&bytes))))
            case 1:
                guard bytes.count >= 8 else { throw Fault() }
                var value: UInt64 = 0
                for (index, byte) in bytes.prefix(8).enumerated() { value |= UInt64(byte) << UInt64(index * 8) }
                bytes = bytes.dropFirst(8)
                result.append((key >> 3, .number(value)))
            case 2:
                let count = Int(try varint(&bytes))
                guard bytes.count >= count else { throw Fault() }
                result.append((key >> 3, .block(bytes.prefix(count))))
                bytes = bytes.dropFirst(count)
            default: throw Fault()
            }
        }
        return result
    }

    private static func packed(_ all: ArraySlice<UInt8>) throws -> [UInt64] {
        var bytes = all
        var result: [UInt64] = []
        while !bytes.isEmpty { result.append(try varint(&bytes)) }
        return result
    }

    private static func value(_ bytes: ArraySlice<UInt8>) throws -> String {
        guard let (number, content) = try fields(bytes).first else { throw Fault() }
        switch number {
        case 1: return String(decoding: try content.bytes(), as: UTF8.self)
        case 3: return "\(Double(bitPattern: try content.value()))"
        case 6:
            let raw = try content.value()
            return "\(Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1))"
        case 7: return try content.value() == 1 ? "true" : "false"
        default: throw Fault()
        }
    }

    private static func layer(_ bytes: ArraySlice<UInt8>) throws -> Layer {
        var layer = Layer()
        let fields = try fields(bytes)
        var keys: [String] = []
        var values: [String] = []
        for (number, content) in fields {
            switch number {
            case 1: layer.name = String(decoding: try content.bytes(), as: UTF8.self)
            case 3: keys.append(String(decoding: try content.bytes(), as: UTF8.self))
            case 4: values.append(try value(try content.bytes()))
            case 5: layer.extent = try content.value()
            case 15: layer.version = try content.value()
            default: break
            }
        }
        for (number, content) in fields where number == 2 {
            var feature = Feature()
            for (part, inner) in try Self.fields(try content.bytes()) {
                switch part {
                case 2:
                    let tags = try packed(try inner.bytes()).map { Int($0) }
                    for pair in stride(from: 0, to: tags.count, by: 2) {
                        guard pair + 1 < tags.count, tags[pair] < keys.count, tags[pair + 1] < values.count else {
                            throw Fault()
                        }
                        feature.attributes[keys[tags[pair]]] = values[tags[pair + 1]]
                    }
                case 3: feature.type = try inner.value()
                case 4: feature.words = try packed(try inner.bytes())
                default: break
                }
            }
            layer.features.append(feature)
        }
        return layer
    }
}
