import Foundation

/// One square of the world's map in Web Mercator, as tile servers number them.
public struct TileAddress: Sendable, Hashable {
    /// The deepest zoom that is served.
    public static let deepest = 18
    /// The zoom: 2^z tiles in each direction.
    public let z: Int
    /// From west to east.
    public let x: Int
    /// From north to south.
    public let y: Int

    /// A square, or `nil` where there is none or it is too deep.
    public init?(z: Int, x: Int, y: Int) {
        guard (0...Self.deepest).contains(z), x >= 0, y >= 0, x < 1 << z, y < 1 << z else { return nil }
        (self.z, self.x, self.y) = (z, x, y)
    }

    /// Reads the pieces of an address; the last one ends with `.mvt`. Only plain decimal digits are numbers here.
    public init?(z: String, x: String, file: String) {
        guard file.hasSuffix(".mvt"), let z = Self.number(z), let x = Self.number(x),
            let y = Self.number(String(file.dropLast(4)))
        else { return nil }
        self.init(z: z, x: x, y: y)
    }

    private static func number(_ text: String) -> Int? {
        guard (1...7).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }

    /// Units that a tile is wide (MVT 2.1, 4.1).
    public static let extent = 4_096.0

    /// A position in the tile's own units, the north-west corner first.
    public func project(_ position: Position) -> TilePoint {
        let n = Double(1 << z)
        let lat = min(85.0511, max(-85.0511, position.lat)) * .pi / 180
        let east = (position.lon + 180) / 360 * n - Double(x)
        let south = (1 - asinh(tan(lat)) / .pi) / 2 * n - Double(y)
        return TilePoint(x: east * Self.extent, y: south * Self.extent)
    }

    /// The degrees that the tile covers, with `margin` of its width on every side.
    public func box(margin: Double = 0) -> Box? {
        let n = Double(1 << z)
        func position(_ x: Double, _ y: Double) -> Position {
            Position(lon: x / n * 360 - 180, lat: atan(sinh(.pi * (1 - 2 * y / n))) * 180 / .pi)
        }
        return Box([
            position(Double(x) - margin, Double(y) - margin), position(Double(x) + 1 + margin, Double(y) + 1 + margin),
        ])
    }

    /// The square at a zoom that holds a position.
    public static func holding(_ position: Position, z: Int) -> TileAddress? {
        let n = Double(1 << min(max(z, 0), deepest))
        let lat = min(85.0511, max(-85.0511, position.lat)) * .pi / 180
        let x = Int((position.lon + 180) / 360 * n)
        let y = Int((1 - asinh(tan(lat)) / .pi) / 2 * n)
        return TileAddress(z: z, x: min(x, Int(n) - 1), y: min(y, Int(n) - 1))
    }
}

/// A point in a tile's units, `y` down.
public struct TilePoint: Sendable, Hashable {
    /// From the west edge.
    public var x: Double
    /// From the north edge.
    public var y: Double

    /// A point.
    public init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }
}

extension TileAddress {
    /// Whether a position lies in this tile and in no other of its zoom.
    public func owns(_ position: Position) -> Bool {
        let point = project(position)
        return (0..<Self.extent).contains(point.x) && (0..<Self.extent).contains(point.y)
    }
}
