/// A place on the earth in WGS-84 degrees (CGCS2000 is taken as equal).
public struct GeoPoint: Sendable, Hashable, Codable {
    /// Latitude, -90…90.
    public var lat: Double
    /// Longitude, -180…180.
    public var lon: Double

    /// A place, or `nil` when the numbers are no place.
    public init?(lat: Double, lon: Double) {
        guard lat.isFinite, lon.isFinite, (-90...90).contains(lat), (-180...180).contains(lon) else { return nil }
        self.lat = lat
        self.lon = lon
    }

    /// Reads and checks; out-of-range numbers are refused.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let lat = try container.decode(Double.self, forKey: .lat)
        let lon = try container.decode(Double.self, forKey: .lon)
        guard let point = GeoPoint(lat: lat, lon: lon) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not a place"))
        }
        self = point
    }
}
