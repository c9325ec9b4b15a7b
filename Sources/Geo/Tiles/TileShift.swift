/// Where the picture of a tile lies in the tiles of a map that is drawn on another datum: up to four of them, and how far
/// into them it begins.
///
/// The shift is taken at the tile's middle. Within one tile it changes by less than two pixels of 256 at any zoom
/// from 8 on, so that neighbours fit as well as their own lines are wide.
public struct TileShift: Sendable, Hashable {
    /// The tile that holds the north-west corner, else the ones beside and below it; `nil` beyond the world's edge.
    public let pieces: [TileAddress?]
    /// Pixels by which the picture begins east of the first piece's edge.
    public let left: Int
    /// Pixels by which it begins south of it.
    public let top: Int

    /// The place of a tile of the town's own datum.
    /// - Parameter size: pixels of a tile's side.
    public init?(of tile: TileAddress, on datum: Datum, size: Int = 256) {
        guard size > 0, let box = tile.box() else { return nil }
        let middle = Position(lon: (box.west + box.east) / 2, lat: (box.south + box.north) / 2)
        let (here, there) = (tile.project(middle), tile.project(datum.fromWGS84(middle)))
        func pixels(_ units: Double) -> Int { Int((units / TileAddress.extent * Double(size)).rounded()) }
        let (east, south) = (pixels(there.x - here.x), pixels(there.y - here.y))
        let (across, down) = (Self.whole(east, size), Self.whole(south, size))
        (left, top) = (east - across * size, south - down * size)
        let (isWide, isHigh) = (left > 0, top > 0)
        pieces = [(0, 0), (1, 0), (0, 1), (1, 1)].map { x, y in
            guard x == 0 || isWide, y == 0 || isHigh else { return nil }
            return TileAddress(z: tile.z, x: tile.x + across + x, y: tile.y + down + y)
        }
    }

    /// Whether the tile is one of the other map's own.
    public var isNone: Bool { left == 0 && top == 0 }

    private static func whole(_ pixels: Int, _ size: Int) -> Int {
        Int((Double(pixels) / Double(size)).rounded(.down))
    }
}
