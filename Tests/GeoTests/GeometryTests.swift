import Testing

@testable import Geo

@Suite("Shapes on the map")
struct GeometryTests {
    private func square(_ west: Double, _ south: Double, _ size: Double) -> [Position] {
        [
            Position(lon: west, lat: south), Position(lon: west + size, lat: south),
            Position(lon: west + size, lat: south + size), Position(lon: west, lat: south + size),
        ]
    }

    @Test("A position on a shared edge lies in exactly one of two neighbours")
    func edges() throws {
        let left = try #require(Polygon(outline: square(0, 0, 1)))
        let right = try #require(Polygon(outline: square(1, 0, 1)))
        let upper = try #require(Polygon(outline: square(0, 1, 1)))
        let upperRight = try #require(Polygon(outline: square(1, 1, 1)))
        for position in [
            Position(lon: 1, lat: 0.5), Position(lon: 0.5, lat: 1), Position(lon: 1, lat: 1),
            Position(lon: 1.5, lat: 1),
        ] {
            let holders = [left, right, upper, upperRight].filter { $0.contains(position) }
            #expect(holders.count == 1)
        }
    }

    @Test("A hole is not inside")
    func holes() throws {
        let ring = try #require(Polygon(outline: square(0, 0, 4), holes: [square(1, 1, 1)]))
        #expect(ring.contains(Position(lon: 0.5, lat: 0.5)))
        #expect(!ring.contains(Position(lon: 1.5, lat: 1.5)))
        #expect(ring.size == 15)
    }

    @Test("GeoJSON is read as it was written")
    func roundTrip() throws {
        let polygon = try #require(
            Polygon(outline: square(112.95, 33.97, 0.01), holes: [square(112.953, 33.973, 0.001)]))
        for shape in [
            Geometry.point(Position(lon: 1.25, lat: -2.5)), .line(square(1, 2, 3)), .polygon(polygon),
            .polygons([polygon, polygon]),
        ] {
            let text = shape.geoJSON
            #expect(try Geometry(geoJSON: text).geoJSON == text)
        }
    }

    @Test(
        "What is no usable geometry is refused",
        arguments: [
            "", "[]", "{}", "{\"type\":\"Point\"}", "{\"type\":\"Circle\",\"coordinates\":[1,2]}",
            "{\"type\":\"Point\",\"coordinates\":[181,0]}", "{\"type\":\"Point\",\"coordinates\":[1]}",
            "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,1],[0,0]]]}",
            "{\"type\":\"Polygon\",\"coordinates\":[]}", "{\"type\":\"LineString\",\"coordinates\":[[0,0]]}",
            "{\"type\":\"Point\",\"coordinates\":[[[[[[[[[1]]]]]]]]]}",
        ])
    func refused(_ text: String) {
        #expect(throws: GeometryError.self) { try Geometry(geoJSON: text) }
    }
}
