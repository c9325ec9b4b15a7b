import Foundation
import Testing

@testable import Geo

@Suite("Shapefiles")
struct ShapefileTests {
    private func square(_ x: Double, _ y: Double, _ size: Double) -> [Position] {
        [(0.0, 0.0), (size, 0), (size, size), (0, size)].map { Position(lon: x + $0.0, lat: y + $0.1) }
    }

    private func bytes(_ hex: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in hex.compactMap({ $0.hexDigitValue }) {
            guard let first = high else {
                high = UInt8(digit)
                continue
            }
            bytes.append(first << 4 | UInt8(digit))
            high = nil
        }
        return bytes
    }

    private func part(_ file: Shapefile, _ ending: String) -> [UInt8] {
        file.parts.first { $0.ending == ending }?.bytes ?? []
    }

    private func read(_ file: Shapefile) throws -> Shapefile {
        try Shapefile(
            shp: part(file, "shp"), dbf: part(file, "dbf"), prj: String(decoding: part(file, "prj"), as: UTF8.self),
            cpg: String(decoding: part(file, "cpg"), as: UTF8.self))
    }

    @Test("What is written is read again: holes, several outlines, Chinese words of any length")
    func roundTrip() throws {
        let holed = try #require(
            Polygon(outline: square(113, 34, 0.02), holes: [square(113.005, 34.005, 0.005).reversed()]))
        let two = try [0.1, 0.2].map { try #require(Polygon(outline: square(113 + $0, 34, 0.01))) }
        let long = String(repeating: "很长的网格名称", count: 14)
        let file = Shapefile([
            .init(geometry: .polygon(holed), fields: ["name": "柳湾村一社1号网格", "code": "9999991012010101"]),
            .init(geometry: .polygons(two), fields: ["name": long, "code": ""]),
        ])
        let back = try read(file)
        #expect(back.features.map { $0.fields["code"] } == ["9999991012010101", ""])
        #expect(back.features[0].fields["name"] == "柳湾村一社1号网格")
        // 254 bytes are 84 characters of three, and no half one.
        #expect(back.features[1].fields["name"] == String(long.prefix(84)))
        #expect(back.features[0].geometry.areas.map { Set($0.outline) } == [Set(holed.outline)])
        #expect(back.features[0].geometry.areas.flatMap(\.holes).map { Set($0) } == holed.holes.map { Set($0) })
        #expect(back.features[1].geometry.areas.count == 2)
    }

    /// Two squares at 113° E, 34° N as pyshp 2.3 writes them: GBK words that nothing announces, metres of CGCS2000 / 3-degree
    /// Gauss-Krüger zone 38 that PROJ made.
    private let shp = """
        0000270a0000000000000000000000000000000000000000000000bae803000005000000ef4889eb6d508241ae247e39bfb74c41fc68d5fe
        a75082414498efcbf2b94c41000000000000000000000000000000000000000000000000000000000000000000000001000000400500
        0000ef4889eb6d508241513879aac3b74c41273781208b5082414498efcbf2b94c41010000000500000000000000ef4889eb6d508241
        62390027c8b74c4121de2a426e5082414498efcbf2b94c41273781208b50824135ff3e4feeb94c41787abdca8a508241513879aac3b7
        4c41ef4889eb6d50824162390027c8b74c41000000020000004005000000787abdca8a508241ae247e39bfb74c41fc68d5fea7508241
        35ff3e4feeb94c41010000000500000000000000787abdca8a508241513879aac3b74c41273781208b50824135ff3e4feeb94c41fc68
        d5fea75082418bbe1adee9b94c414684efa9a7508241ae247e39bfb74c41787abdca8a508241513879aac3b74c41
        """
    private let dbf = """
        037e0b19020000006100550000000000000000000000000000000000000000004d4300000000000000000043000000003c0000000000
        00000000000000000000424d0000000000000000004300000000180000000000000000000000000000000d20bcd7b4e5d2bbc9e731ba
        c52020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202039393939
        393931303132303130313031202020202020202020bcd7b4e5d2bbc9e732bac520202020202020202020202020202020202020202020
        202020202020202020202020202020202020202020202020202020393939393939313031323031303130322020202020202020
        """
    private let prj = """
        PROJCS["CGCS2000_3_Degree_GK_Zone_38",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",\
        SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],\
        PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",38500000.0],PARAMETER["False_Northing",0.0],\
        PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],\
        UNIT["Meter",1.0]]
        """

    @Test("Another program's file in Gauss-Krüger metres and GBK words is read to the centimetre")
    func fromElsewhere() throws {
        let file = try Shapefile(shp: bytes(shp), dbf: bytes(dbf), prj: prj, cpg: nil)
        #expect(file.features.map { $0.fields["MC"] } == ["甲村一社1号", "甲村一社2号"])
        #expect(file.features.map { $0.fields["BM"] } == ["9999991012010101", "9999991012010102"])
        let wanted = [square(113, 34, 0.01), square(113.01, 34, 0.01)]
        for (feature, corners) in zip(file.features, wanted) {
            let outline = try #require(feature.geometry.areas.first?.outline)
            #expect(outline.count == 4)
            for corner in corners {
                #expect(outline.contains { abs($0.lon - corner.lon) < 1e-7 && abs($0.lat - corner.lat) < 1e-7 })
            }
        }
    }

    @Test("A datum that would lie metres off is refused by its name, and so are files that are cut or have no areas")
    func refused() throws {
        let old = prj.replacing("6378137.0,298.257222101", with: "6378140.0,298.257")
        #expect(throws: ShapefileError.projection("CGCS2000_3_Degree_GK_Zone_38")) {
            try Shapefile(shp: bytes(shp), dbf: bytes(dbf), prj: old, cpg: nil)
        }
        for count in [0, 50, 101, 150, 300] {
            #expect(throws: ShapefileError.self) {
                try Shapefile(shp: Array(bytes(shp).prefix(count)), dbf: bytes(dbf), prj: prj, cpg: nil)
            }
        }
        // Metres without a word about what they are.
        #expect(throws: ShapefileError.self) { try Shapefile(shp: bytes(shp), dbf: bytes(dbf), prj: nil, cpg: nil) }
        var points = bytes(shp)
        points[108] = 1
        #expect(throws: ShapefileError.notAreas) { try Shapefile(shp: points, dbf: bytes(dbf), prj: prj, cpg: nil) }
    }

    @Test("Damaged bytes neither trap nor grow")
    func fuzz() {
        let seconds = ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"].flatMap { Double($0) } ?? 0
        let end = ContinuousClock.now + .seconds(seconds)
        let (outlines, fields) = (bytes(shp), bytes(dbf))
        var state: UInt64 = 4_326
        func next() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33)
        }
        var rounds = 0
        while rounds < 5_000 || ContinuousClock.now < end {
            rounds += 1
            var (shp, dbf) = (outlines, fields)
            for _ in 0..<(1 + next() % 6) {
                shp[next() % shp.count] = UInt8(truncatingIfNeeded: next())
                dbf[next() % dbf.count] = UInt8(truncatingIfNeeded: next())
            }
            if next() % 4 == 0 { shp.removeLast(next() % shp.count) }
            if next() % 4 == 0 { dbf.removeLast(next() % dbf.count) }
            if let file = try? Shapefile(shp: shp, dbf: dbf, prj: prj, cpg: nil) { #expect(file.features.count <= 10) }
        }
    }
}
