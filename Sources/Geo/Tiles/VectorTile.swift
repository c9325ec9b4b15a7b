/// A vector tile (Mapbox Vector Tile 2.1): named layers of features with attributes.
public struct VectorTile: Sendable {
    /// An attribute's value (4.1, "Value").
    public enum Value: Sendable, Hashable {
        case text(String)
        case number(Double)
        case integer(Int64)
        case flag(Bool)
    }

    /// A layer with its features.
    public struct Layer: Sendable {
        /// Unique within the tile.
        public let name: String
        private var features = ProtobufWriter()
        private var keys: [String: UInt64] = [:]
        private var keyOrder: [String] = []
        private var values: [Value: UInt64] = [:]
        private var valueOrder: [Value] = []
        /// Features in it.
        public private(set) var count = 0

        /// An empty layer.
        public init(_ name: String) { self.name = name }

        /// Adds a shape in degrees, cut to the tile; one of which nothing is left is left out.
        /// - Parameter tolerance: units of the tile by which a line may be off; 0 keeps every corner.
        public mutating func add(
            _ geometry: Geometry, in tile: TileAddress, id: UInt64? = nil, tolerance: Double = 2,
            _ attributes: [(String, Value)]
        ) {
            var commands = TileGeometry()
            let type: UInt64
            switch geometry {
            case .point(let position):
                type = 1
                let point = tile.project(position)
                if TileClip.holds(point) { commands.points([point]) }
            case .line(let line):
                type = 2
                for piece in TileClip.line(line.map(tile.project)) {
                    commands.line(TileClip.simplified(piece, tolerance: tolerance))
                }
            case .polygon, .polygons:
                type = 3
                for polygon in geometry.areas {
                    commands.polygon([polygon.outline] + polygon.holes, in: tile, tolerance: tolerance)
                }
            }
            if !commands.words.isEmpty { add(type, commands.words, id: id, attributes) }
        }

        mutating func add(_ type: UInt64, _ geometry: [UInt32], id: UInt64?, _ attributes: [(String, Value)]) {
            var tags: [UInt32] = []
            for (key, value) in attributes {
                tags.append(UInt32(index(of: key)))
                tags.append(UInt32(index(of: value)))
            }
            var feature = ProtobufWriter()
            if let id { feature.field(1, id) }
            if !tags.isEmpty { feature.packed(2, tags) }
            feature.field(3, type)
            feature.packed(4, geometry)
            features.field(2, feature.bytes)
            count += 1
        }

        private mutating func index(of key: String) -> UInt64 {
            if let known = keys[key] { return known }
            keys[key] = UInt64(keyOrder.count)
            keyOrder.append(key)
            return UInt64(keyOrder.count - 1)
        }

        private mutating func index(of value: Value) -> UInt64 {
            if let known = values[value] { return known }
            values[value] = UInt64(valueOrder.count)
            valueOrder.append(value)
            return UInt64(valueOrder.count - 1)
        }

        fileprivate var bytes: [UInt8] {
            var writer = ProtobufWriter()
            writer.field(1, Array(name.utf8))
            writer.append(features)
            for key in keyOrder { writer.field(3, Array(key.utf8)) }
            for value in valueOrder {
                var inner = ProtobufWriter()
                switch value {
                case .text(let text): inner.field(1, Array(text.utf8))
                case .number(let number): inner.field(3, number: number)
                case .integer(let integer): inner.field(6, ProtobufWriter.zigzag(integer))
                case .flag(let flag): inner.field(7, flag ? 1 : 0)
                }
                writer.field(4, inner.bytes)
            }
            writer.field(5, UInt64(TileAddress.extent))
            writer.field(15, 2)
            return writer.bytes
        }
    }

    /// The layers; those without features are left out.
    public var layers: [Layer]

    /// A tile of layers.
    public init(_ layers: [Layer] = []) { self.layers = layers }

    /// The bytes, `application/vnd.mapbox-vector-tile`.
    public var bytes: [UInt8] {
        var writer = ProtobufWriter()
        for layer in layers where layer.count > 0 { writer.field(3, layer.bytes) }
        return writer.bytes
    }
}

/// The command words of a geometry (MVT 2.1, 4.3).
struct TileGeometry {
    private(set) var words: [UInt32] = []
    private var cursor: (x: Int32, y: Int32) = (0, 0)

    mutating func points(_ points: [TilePoint]) {
        guard !points.isEmpty else { return }
        words.append(Self.command(1, points.count))
        for point in points { step(to: Self.rounded(point)) }
    }

    mutating func line(_ line: [TilePoint]) {
        let points = Self.distinct(line)
        guard points.count > 1 else { return }
        words.append(Self.command(1, 1))
        step(to: points[0])
        words.append(Self.command(2, points.count - 1))
        for point in points.dropFirst() { step(to: point) }
    }

    /// Outline first; an outline that vanishes takes its holes with it.
    mutating func polygon(_ rings: [[Position]], in tile: TileAddress, tolerance: Double) {
        for (index, ring) in rings.enumerated() {
            let cut = TileClip.ring(ring.map(tile.project))
            guard let first = cut.first else {
                if index == 0 { return }
                continue
            }
            let simple = TileClip.simplified(cut + [first], tolerance: tolerance)
            let drawn = self.ring(Self.distinct(Array(simple.dropLast())), isOutline: index == 0)
            if index == 0, !drawn { return }
        }
    }

    mutating func ring(_ corners: [(x: Int32, y: Int32)], isOutline: Bool) -> Bool {
        var points = corners
        while points.count > 1, points[0] == points[points.count - 1] { points.removeLast() }
        guard points.count > 2, var before = points.last else { return false }
        var size: Int64 = 0
        for next in points {
            size += Int64(before.x) * Int64(next.y) - Int64(next.x) * Int64(before.y)
            before = next
        }
        guard size != 0 else { return false }
        // An outline has a positive size with y down (4.3.4.4).
        if (size > 0) != isOutline { points.reverse() }
        words.append(Self.command(1, 1))
        step(to: points[0])
        words.append(Self.command(2, points.count - 1))
        for point in points.dropFirst() { step(to: point) }
        words.append(Self.command(7, 1))
        return true
    }

    private mutating func step(to point: (x: Int32, y: Int32)) {
        words.append(Self.zigzag(point.x &- cursor.x))
        words.append(Self.zigzag(point.y &- cursor.y))
        cursor = point
    }

    private static func command(_ id: UInt32, _ count: Int) -> UInt32 { id | UInt32(count) << 3 }
    private static func zigzag(_ value: Int32) -> UInt32 { UInt32(bitPattern: value << 1 ^ value >> 31) }
    private static func rounded(_ point: TilePoint) -> (x: Int32, y: Int32) {
        (Int32(point.x.rounded()), Int32(point.y.rounded()))
    }

    private static func distinct(_ points: [TilePoint]) -> [(x: Int32, y: Int32)] {
        var result: [(x: Int32, y: Int32)] = []
        for point in points {
            let next = rounded(point)
            if let last = result.last, last == next { continue }
            result.append(next)
        }
        return result
    }
}

/// As much of Protocol Buffers' wire format as a vector tile needs.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }

    mutating func field(_ number: UInt64, _ value: UInt64) {
        varint(number << 3)
        varint(value)
    }

    mutating func field(_ number: UInt64, number value: Double) {
        varint(number << 3 | 1)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func field(_ number: UInt64, _ content: [UInt8]) {
        varint(number << 3 | 2)
        varint(UInt64(content.count))
        bytes += content
    }

    mutating func packed(_ number: UInt64, _ values: [UInt32]) {
        var inner = ProtobufWriter()
        inner.bytes.reserveCapacity(values.count * 2)
        for value in values { inner.varint(UInt64(value)) }
        field(number, inner.bytes)
    }

    mutating func append(_ other: ProtobufWriter) { bytes += other.bytes }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 127 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
