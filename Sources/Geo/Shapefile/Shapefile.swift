/// Areas in a Shapefile (ESRI, 1998): outlines in one part, their fields in another.
public struct Shapefile: Sendable {
    /// One area with its fields.
    public struct Feature: Sendable, Equatable {
        /// Its shape, in degrees.
        public var geometry: Geometry
        /// Its fields as text, by the names that the file has.
        public var fields: [String: String]

        /// An area with its fields.
        public init(geometry: Geometry, fields: [String: String]) {
            self.geometry = geometry
            self.fields = fields
        }
    }

    /// Areas that are taken at most.
    public static let featureLimit = 10_000
    /// Corners of all areas that are taken at most.
    public static let cornerLimit = 500_000

    /// The areas in their order.
    public var features: [Feature]

    /// A file of these areas.
    public init(_ features: [Feature]) { self.features = features }

    /// Reads the parts.
    /// - Parameters:
    ///   - shp: the outlines.
    ///   - dbf: the fields.
    ///   - prj: what the numbers are measured in (WKT); without it they are taken as degrees.
    ///   - cpg: the name of the fields' encoding; without it UTF-8 is tried, then GB 18030.
    public init(shp: [UInt8], dbf: [UInt8], prj: String?, cpg: String?) throws(ShapefileError) {
        let projection = try MapProjection(wkt: prj ?? "")
        let shapes = try ShapeReader(shp, projection).shapes()
        let rows = try DBaseTable(dbf, encoding: cpg).rows
        guard shapes.count == rows.count else { throw .damaged("\(shapes.count) shapes, \(rows.count) rows of fields") }
        features = zip(shapes, rows).compactMap { shape, fields in
            shape.map { Feature(geometry: $0, fields: fields) }
        }
    }

    /// What a program that draws maps needs: the outlines, their index, the fields, the projection, the encoding.
    public var parts: [(ending: String, bytes: [UInt8])] {
        let drawn = ShapeWriter.write(features.map(\.geometry))
        return [
            ("shp", drawn.shp), ("shx", drawn.shx), ("dbf", DBaseTable.write(features.map(\.fields))),
            ("prj", Array(MapProjection.degreesWKT.utf8)), ("cpg", Array("UTF-8".utf8)),
        ]
    }
}

/// Why a Shapefile cannot be used.
public enum ShapefileError: Error, Equatable, Sendable {
    /// A part is cut off or says what cannot be; in words, with the place.
    case damaged(String)
    /// More areas or corners than are taken.
    case tooLarge
    /// Points or lines, and no areas.
    case notAreas
    /// Measured in something other than WGS-84 or CGCS2000, degrees or Gauss-Krüger metres.
    case projection(String)
}

/// Little and big numbers of a part, each looked at before it is read.
struct PartBytes {
    let bytes: [UInt8]
    let name: String

    func check(_ at: Int, _ count: Int) throws(ShapefileError) {
        guard at >= 0, count >= 0, at <= bytes.count, count <= bytes.count - at else {
            throw .damaged("\(name) ends at \(bytes.count), wanted \(count) bytes at \(at)")
        }
    }

    func little32(_ at: Int) throws(ShapefileError) -> Int {
        try check(at, 4)
        var value: UInt32 = 0
        for index in (0..<4).reversed() { value = value << 8 | UInt32(bytes[at + index]) }
        return Int(Int32(bitPattern: value))
    }

    func big32(_ at: Int) throws(ShapefileError) -> Int {
        try check(at, 4)
        var value: UInt32 = 0
        for index in 0..<4 { value = value << 8 | UInt32(bytes[at + index]) }
        return Int(Int32(bitPattern: value))
    }

    func little16(_ at: Int) throws(ShapefileError) -> Int {
        try check(at, 2)
        return Int(bytes[at]) | Int(bytes[at + 1]) << 8
    }

    func double(_ at: Int) throws(ShapefileError) -> Double {
        try check(at, 8)
        var value: UInt64 = 0
        for index in (0..<8).reversed() { value = value << 8 | UInt64(bytes[at + index]) }
        return Double(bitPattern: value)
    }
}

/// Bytes that are being written.
struct PartWriter {
    var bytes: [UInt8] = []

    mutating func big32(_ value: Int) {
        let word = UInt32(truncatingIfNeeded: value)
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
    }

    mutating func little32(_ value: Int) {
        let word = UInt32(truncatingIfNeeded: value)
        for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
    }

    mutating func little16(_ value: Int) {
        bytes.append(UInt8(truncatingIfNeeded: value))
        bytes.append(UInt8(truncatingIfNeeded: value >> 8))
    }

    mutating func double(_ value: Double) {
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(shift)))
        }
    }
}
