import Foundation

/// What the numbers of a file of outlines are measured in.
enum MapProjection: Sendable, Equatable {
    /// Degrees of WGS-84, or of CGCS2000, which is taken as equal.
    case degrees
    /// Metres of a transverse Mercator (Gauss-Krüger, UTM) on such an ellipsoid, as Chinese land offices have them.
    case metres(Transverse)

    struct Transverse: Sendable, Equatable {
        var meridian: Double
        var east: Double
        var north: Double
        var scale: Double
        var flattening: Double
    }

    /// The text of plain degrees.
    static let degreesWKT = """
        GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],\
        PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]
        """

    /// Reads well-known text; an empty one means degrees.
    init(wkt: String) throws(ShapefileError) {
        let text = String(wkt.prefix(5_000)).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else {
            self = .degrees
            return
        }
        let name = String(text.split(separator: "\"", maxSplits: 2).dropFirst().first ?? "").prefix(80)
        // Older Chinese datums lie up to some hundred metres off, by numbers that are not public.
        guard let spheroid = Self.numbers(after: "SPHEROID[", in: text), spheroid.count == 2,
            abs(spheroid[0] - 6_378_137) < 0.01, abs(spheroid[1] - 298.2572) < 0.001
        else { throw .projection(String(name)) }
        guard text.hasPrefix("PROJCS") else {
            self = .degrees
            return
        }
        let upper = text.uppercased()
        guard upper.contains("GAUSS_KRUGER") || upper.contains("TRANSVERSE_MERCATOR"),
            let meridian = Self.parameter("central_meridian", in: text),
            (Self.parameter("latitude_of_origin", in: text) ?? 0) == 0
        else { throw .projection(String(name)) }
        self = .metres(
            Transverse(
                meridian: meridian, east: Self.parameter("false_easting", in: text) ?? 0,
                north: Self.parameter("false_northing", in: text) ?? 0,
                scale: Self.parameter("scale_factor", in: text) ?? 1, flattening: 1 / spheroid[1]))
    }

    /// The numbers behind a name in quotes that follows `start`.
    private static func numbers(after start: String, in text: String) -> [Double]? {
        guard let begin = text.range(of: start)?.upperBound,
            let end = text[begin...].firstIndex(where: { "[]".contains($0) })
        else { return nil }
        return text[begin..<end].split(separator: ",").dropFirst().compactMap {
            Double($0.trimmingCharacters(in: .whitespaces))
        }
    }

    private static func parameter(_ name: String, in text: String) -> Double? {
        guard let found = text.range(of: "PARAMETER[\"\(name)\"", options: .caseInsensitive),
            let end = text[found.upperBound...].firstIndex(of: "]")
        else { return nil }
        return Double(text[found.upperBound..<end].trimmingCharacters(in: CharacterSet(charactersIn: ", ")))
    }

    /// The place in degrees.
    /// - Throws: ``ShapefileError/projection(_:)`` where it lies outside of the world.
    func degrees(x: Double, y: Double) throws(ShapefileError) -> Position {
        let position: Position =
            switch self {
            case .degrees: Position(lon: x, lat: y)
            case .metres(let projection): projection.degrees(x: x, y: y)
            }
        guard position.lon.isFinite, position.lat.isFinite, abs(position.lon) <= 180, abs(position.lat) <= 90 else {
            throw .projection("\(x), \(y)")
        }
        return position
    }
}

extension MapProjection.Transverse {
    /// Krüger's series to the fourth power of the third flattening: far below a millimetre within a zone.
    func degrees(x: Double, y: Double) -> Position {
        let n = flattening / (2 - flattening)
        let (n2, n3, n4) = (n * n, n * n * n, n * n * n * n)
        let radius = scale * 6_378_137 / (1 + n) * (1 + n2 / 4 + n4 / 64)
        let (xi, eta) = ((y - north) / radius, (x - east) / radius)
        guard abs(xi) < 1.6, abs(eta) < 0.5 else { return Position(lon: .nan, lat: .nan) }
        let beta = [
            n / 2 - 2 * n2 / 3 + 37 * n3 / 96 - n4 / 360, n2 / 48 + n3 / 15 - 437 * n4 / 1_440,
            17 * n3 / 480 - 37 * n4 / 840, 4_397 * n4 / 161_280,
        ]
        var (along, across) = (xi, eta)
        for (index, factor) in beta.enumerated() {
            let k = Double(2 * (index + 1))
            along -= factor * sin(k * xi) * cosh(k * eta)
            across -= factor * cos(k * xi) * sinh(k * eta)
        }
        let chi = asin(sin(along) / cosh(across))
        let delta = [
            2 * n - 2 * n2 / 3 - 2 * n3 + 116 * n4 / 45, 7 * n2 / 3 - 8 * n3 / 5 - 227 * n4 / 45,
            56 * n3 / 15 - 136 * n4 / 35, 4_279 * n4 / 630,
        ]
        var latitude = chi
        for (index, factor) in delta.enumerated() { latitude += factor * sin(Double(2 * (index + 1)) * chi) }
        return Position(
            lon: meridian + atan2(sinh(across), cos(along)) * 180 / .pi, lat: latitude * 180 / .pi)
    }
}
