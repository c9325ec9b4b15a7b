import Foundation
import Testing

@testable import Geo

@Suite("Vector tiles")
struct TileTests {
    private func words(_ build: (inout TileGeometry) -> Void) -> [UInt32] {
        var geometry = TileGeometry()
        build(&geometry)
        return geometry.words
    }

    private func points(_ pairs: [(Double, Double)]) -> [TilePoint] { pairs.map { TilePoint(x: $0.0, y: $0.1) } }

    @Test("Points and lines are the words of the specification's own examples")
    func vectors() {
        #expect(words { $0.points(points([(25, 17)])) } == [9, 50, 34])
        #expect(words { $0.points(points([(5, 7), (3, 2)])) } == [17, 10, 14, 3, 9])
        #expect(words { $0.line(points([(2, 2), (2, 10), (10, 10)])) } == [9, 4, 4, 18, 0, 16, 16, 0])
        #expect(
            words {
                $0.line(points([(2, 2), (2, 10), (10, 10)]))
                $0.line(points([(1, 1), (3, 5)]))
            } == [9, 4, 4, 18, 0, 16, 16, 0, 9, 17, 17, 10, 4, 8])
    }

    @Test("Outlines and holes are the words of the specification's own examples")
    func polygons() {
        #expect(
            words { _ = $0.ring([(3, 6), (8, 12), (20, 34)], isOutline: true) } == [9, 6, 12, 18, 10, 12, 24, 44, 15])
        let two = words {
            _ = $0.ring([(0, 0), (10, 0), (10, 10), (0, 10)], isOutline: true)
            _ = $0.ring([(11, 11), (20, 11), (20, 20), (11, 20)], isOutline: true)
            _ = $0.ring([(13, 13), (13, 17), (17, 17), (17, 13)], isOutline: false)
        }
        #expect(
            two == [
                9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15, 9, 22, 2, 26, 18, 0, 0, 18, 17, 0, 15, 9, 4, 13, 26, 0, 8, 8, 0,
                0,
                7, 15,
            ])
    }

    @Test("A ring that runs the wrong way round is turned")
    func winding() {
        let right = words { _ = $0.ring([(0, 0), (10, 0), (10, 10)], isOutline: true) }
        let turned = words { _ = $0.ring([(10, 10), (10, 0), (0, 0)], isOutline: true) }
        #expect(turned == right)
    }

    @Test("A whole tile reads back as it was made")
    func whole() throws {
        let tile = try #require(TileAddress.holding(Position(lon: 113.02, lat: 34.02), z: 14))
        let box = try #require(tile.box())
        var layer = VectorTile.Layer("areas")
        let square = try #require(
            Polygon(outline: [
                Position(lon: box.west - 1, lat: box.south - 1), Position(lon: box.east + 1, lat: box.south - 1),
                Position(lon: box.east + 1, lat: box.north + 1), Position(lon: box.west - 1, lat: box.north + 1),
            ]))
        layer.add(.polygon(square), in: tile, [("name", .text("柳湾村")), ("n", .integer(-5)), ("on", .flag(true))])
        layer.add(.point(Position(lon: box.east + 1, lat: box.north)), in: tile, [("name", .text("outside"))])
        layer.add(.point(Position(lon: 113.02, lat: 34.02)), in: tile, [("name", .text("柳湾村")), ("x", .number(1.5))])
        let read = try ReadTile(VectorTile([layer, VectorTile.Layer("empty")]).bytes)
        #expect(read.layers.map(\.name) == ["areas"])
        let found = try #require(read.layers.first)
        #expect(found.version == 2)
        #expect(found.extent == 4096)
        #expect(found.features.count == 2)
        #expect(found.features[0].type == 3)
        #expect(found.features[0].attributes == ["name": "柳湾村", "n": "-5", "on": "true"])
        #expect(found.features[1].attributes == ["name": "柳湾村", "x": "1.5"])
        // The cut square is the tile with its margin.
        #expect(found.features[0].words.first == 9)
        #expect(found.features[0].words.last == 15)
        #expect(found.features[0].words.count == 11)
    }

    @Test("Addresses outside the world, too deep, or written otherwise are no tiles")
    func addresses() {
        #expect(TileAddress(z: "14", x: "13335", file: "6540.mvt") != nil)
        for (z, x, file) in [
            ("19", "0", "0.mvt"), ("-1", "0", "0.mvt"), ("1", "2", "0.mvt"), ("0", "0", "0.png"), ("0", "0", "0"),
            ("+1", "0", "0.mvt"), ("1e0", "0", "0.mvt"), ("", "0", "0.mvt"), ("1", "0", ".mvt"), ("１", "0", "0.mvt"),
            ("1", "99999999999999999999", "0.mvt"), ("00000001", "0", "0.mvt"),
        ] {
            #expect(TileAddress(z: z, x: x, file: file) == nil, "\(z)/\(x)/\(file)")
        }
    }

    @Test("Any shape in any tile makes a tile that can be read")
    func fuzz() throws {
        let seconds = ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"].flatMap(Double.init) ?? 0.5
        let end = Date().addingTimeInterval(seconds)
        var random = SystemRandomNumberGenerator()
        while Date() < end {
            let z = Int.random(in: 0...18, using: &random)
            let tile = try #require(
                TileAddress(
                    z: z, x: .random(in: 0..<(1 << z), using: &random), y: .random(in: 0..<(1 << z), using: &random)))
            let box = try #require(tile.box(margin: 1))
            let positions = (0..<Int.random(in: 3...40, using: &random)).map { _ in
                Position(
                    lon: min(180, max(-180, .random(in: box.west...box.east, using: &random))),
                    lat: min(90, max(-90, .random(in: box.south...box.north, using: &random))))
            }
            var layer = VectorTile.Layer("x")
            layer.add(.line(positions), in: tile, [("a", .number(.random(in: -1e300...1e300, using: &random)))])
            layer.add(.point(positions[0]), in: tile, [])
            if let polygon = Polygon(outline: positions) { layer.add(.polygon(polygon), in: tile, []) }
            let read = try ReadTile(VectorTile([layer]).bytes)
            #expect(read.layers.first?.features.count ?? 0 == layer.count)
        }
    }
}
