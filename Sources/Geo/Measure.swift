import Foundation

/// Lengths and sizes on the ground, good to a few parts in a thousand over a town.
public enum Measure {
    private static let radius = 6_371_008.8

    /// Metres between two positions.
    public static func metres(_ a: Position, _ b: Position) -> Double {
        let (latA, latB) = (a.lat * .pi / 180, b.lat * .pi / 180)
        let (dLat, dLon) = ((latB - latA) / 2, (b.lon - a.lon) * .pi / 360)
        let h = sin(dLat) * sin(dLat) + cos(latA) * cos(latB) * sin(dLon) * sin(dLon)
        return 2 * radius * asin(min(1, h.squareRoot()))
    }

    /// Square metres of a polygon.
    public static func squareMetres(_ polygon: Polygon) -> Double {
        guard let middle = polygon.box.map({ ($0.south + $0.north) / 2 }) else { return 0 }
        let perDegree = radius * .pi / 180
        return polygon.size * perDegree * perDegree * cos(middle * .pi / 180)
    }

    /// The box of `metres` to every side of a position.
    public static func box(around position: Position, metres: Double) -> Box? {
        let lat = metres / (radius * .pi / 180)
        let lon = lat / max(0.01, cos(position.lat * .pi / 180))
        return Box([
            Position(lon: position.lon - lon, lat: position.lat - lat),
            Position(lon: position.lon + lon, lat: position.lat + lat),
        ])
    }

    /// The metres from a position to a line of positions, and the place on it that is nearest.
    public static func nearest(on line: [Position], to position: Position) -> (metres: Double, at: Position)? {
        guard let first = line.first else { return nil }
        var best = (metres: metres(first, position), at: first)
        let scale = cos(position.lat * .pi / 180)
        for (a, b) in zip(line, line.dropFirst()) {
            let (dx, dy) = ((b.lon - a.lon) * scale, b.lat - a.lat)
            let length = dx * dx + dy * dy
            guard length > 0 else { continue }
            let share = min(1, max(0, ((position.lon - a.lon) * scale * dx + (position.lat - a.lat) * dy) / length))
            let at = Position(lon: a.lon + share * (b.lon - a.lon), lat: a.lat + share * (b.lat - a.lat))
            let here = metres(at, position)
            if here < best.metres { best = (here, at) }
        }
        return best
    }
}
