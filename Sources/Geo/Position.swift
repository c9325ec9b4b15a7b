/// A position in degrees, WGS-84, in GeoJSON's order (RFC 7946, 3.1.1).
public struct Position: Sendable, Hashable {
    /// Longitude.
    public var lon: Double
    /// Latitude.
    public var lat: Double

    /// A position.
    public init(lon: Double, lat: Double) {
        self.lon = lon
        self.lat = lat
    }
}

/// A rectangle of degrees that does not cross the date line.
public struct Box: Sendable, Hashable {
    /// The least longitude.
    public private(set) var west: Double
    /// The least latitude.
    public private(set) var south: Double
    /// The greatest longitude.
    public private(set) var east: Double
    /// The greatest latitude.
    public private(set) var north: Double

    /// The smallest box around `positions`, or `nil` around none.
    public init?(_ positions: some Sequence<Position>) {
        var iterator = positions.makeIterator()
        guard let first = iterator.next() else { return nil }
        (west, south, east, north) = (first.lon, first.lat, first.lon, first.lat)
        while let next = iterator.next() {
            west = min(west, next.lon)
            east = max(east, next.lon)
            south = min(south, next.lat)
            north = max(north, next.lat)
        }
    }

    /// The box of one position.
    public init(_ position: Position) {
        (west, south, east, north) = (position.lon, position.lat, position.lon, position.lat)
    }

    /// Whether a position lies in it or on its edge.
    public func contains(_ position: Position) -> Bool {
        (west...east).contains(position.lon) && (south...north).contains(position.lat)
    }
}
