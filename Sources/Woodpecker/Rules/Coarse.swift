import Kernel

/// What is kept in the clear of a report's time and place.
enum Coarse {
    /// Milliseconds of an hour.
    static let hourMs: Int64 = 3_600_000
    /// Degrees of the grid: about 110 m from south to north, 90 m from west to east in the town's latitude.
    static let step = 0.001

    /// The moment as it may be stored: the beginning of its hour, unless the reporter is named.
    static func moment(_ now: Instant, _ level: Level) -> Instant {
        level == .named ? now : Instant(ms: now.ms.floorDivided(by: hourMs) * hourMs)
    }

    /// The middle of the grid's cell.
    static func point(_ point: GeoPoint) -> GeoPoint? {
        func middle(_ degrees: Double) -> Double {
            let cell = (degrees / step).rounded(.down)
            return ((cell + 0.5) * step * 10_000).rounded() / 10_000
        }
        return GeoPoint(lat: middle(point.lat), lon: middle(point.lon))
    }

    /// Metres between two places; good enough for a town.
    static func metres(_ one: GeoPoint, _ other: GeoPoint) -> Double {
        let radians = Double.pi / 180
        // One degree of latitude is 111.2 km; of longitude less, by the cosine, here by its series.
        let angle = (one.lat + other.lat) / 2 * radians
        let cosine = 1 - angle * angle / 2 + angle * angle * angle * angle / 24
        let (dy, dx) = ((one.lat - other.lat) * 111_195, (one.lon - other.lon) * 111_195 * cosine)
        return (dx * dx + dy * dy).squareRoot()
    }
}
