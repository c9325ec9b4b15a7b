import Foundation

/// What a pair of degrees is measured against. The town keeps WGS-84 (CGCS2000 is taken as equal) and converts at the
/// edges alone.
public enum Datum: String, Sendable, Codable, CaseIterable {
    /// GPS, and what the town stores.
    case wgs84
    /// The shifted datum of Chinese web maps (AMap, Tencent).
    case gcj02
    /// Baidu's further shift of GCJ-02.
    case bd09

    /// The same place in WGS-84, good to a millimetre; outside China nothing is shifted.
    public func toWGS84(_ position: Position) -> Position {
        switch self {
        case .wgs84: position
        case .gcj02: Self.unshift(position)
        case .bd09: Self.unshift(Self.gcj(fromBD: position))
        }
    }

    /// A WGS-84 place in this datum.
    public func fromWGS84(_ position: Position) -> Position {
        switch self {
        case .wgs84: position
        case .gcj02: Self.shift(position)
        case .bd09: Self.bd(fromGCJ: Self.shift(position))
        }
    }

    // Krasovsky's ellipsoid, which the published test pairs are computed with.
    private static let axis = 6_378_245.0
    private static let eccentricity = 0.00669342162296594323
    private static let baidu = Double.pi * 3_000 / 180

    private static func isOutside(_ position: Position) -> Bool {
        position.lon < 72.004 || position.lon > 137.8347 || position.lat < 0.8293 || position.lat > 55.8271
    }

    private static func shift(_ position: Position) -> Position {
        if isOutside(position) { return position }
        let (x, y) = (position.lon - 105, position.lat - 35)
        let waves = 2.0 / 3 * (20 * sin(6 * x * .pi) + 20 * sin(2 * x * .pi))
        var lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * abs(x).squareRoot() + waves
        lat += 2.0 / 3 * (20 * sin(y * .pi) + 40 * sin(y / 3 * .pi))
        lat += 2.0 / 3 * (160 * sin(y / 12 * .pi) + 320 * sin(y / 30 * .pi))
        var lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * abs(x).squareRoot() + waves
        lon += 2.0 / 3 * (20 * sin(x * .pi) + 40 * sin(x / 3 * .pi))
        lon += 2.0 / 3 * (150 * sin(x / 12 * .pi) + 300 * sin(x / 30 * .pi))
        let radians = position.lat / 180 * .pi
        let magic = 1 - eccentricity * sin(radians) * sin(radians)
        let root = magic.squareRoot()
        lat = lat * 180 / (axis * (1 - eccentricity) / (magic * root) * .pi)
        lon = lon * 180 / (axis / root * cos(radians) * .pi)
        return Position(lon: position.lon + lon, lat: position.lat + lat)
    }

    /// One step alone would be off by almost a metre; four are exact to less than a micrometre.
    private static func unshift(_ position: Position) -> Position {
        if isOutside(position) { return position }
        var guess = position
        for _ in 0..<4 {
            let there = shift(guess)
            guess.lon -= there.lon - position.lon
            guess.lat -= there.lat - position.lat
        }
        return guess
    }

    private static func bd(fromGCJ position: Position) -> Position {
        let (x, y) = (position.lon, position.lat)
        let z = (x * x + y * y).squareRoot() + 0.00002 * sin(y * baidu)
        let angle = atan2(y, x) + 0.000003 * cos(x * baidu)
        return Position(lon: z * cos(angle) + 0.0065, lat: z * sin(angle) + 0.006)
    }

    private static func gcj(fromBD position: Position) -> Position {
        let (x, y) = (position.lon - 0.0065, position.lat - 0.006)
        let z = (x * x + y * y).squareRoot() - 0.00002 * sin(y * baidu)
        let angle = atan2(y, x) - 0.000003 * cos(x * baidu)
        return Position(lon: z * cos(angle), lat: z * sin(angle))
    }
}
