import Testing

@testable import Geo

@Suite("Datums of Chinese maps")
struct DatumTests {
    @Test(
        "Published pairs are met to the last printed digit",
        arguments: [
            (Datum.gcj02, 121.5272106, 31.1774276, 121.531541859215, 31.17530398364597),
            (.gcj02, 113.912316, 22.543847, 113.917176_4808363, 22.540796131694766),
            (.gcj02, 116.377817, 39.911954, 116.38404722455657, 39.91334545536069),
            (.gcj02, 116.404, 39.915, 116.41024449916938, 39.91640428150164),
        ])
    func shifted(_ datum: Datum, _ lon: Double, _ lat: Double, _ toLon: Double, _ toLat: Double) {
        let there = datum.fromWGS84(Position(lon: lon, lat: lat))
        #expect(abs(there.lon - toLon) < 1e-9)
        #expect(abs(there.lat - toLat) < 1e-9)
    }

    @Test("Baidu's own answer is met to half a metre")
    func baidu() {
        let there = Datum.bd09.fromWGS84(Position(lon: 114.21892734521, lat: 29.575429778924))
        #expect(Measure.metres(there, Position(lon: 114.23074952312, lat: 29.57908262908)) < 0.5)
    }

    @Test("There and back ends where it began, and outside China nothing is shifted")
    func back() {
        for datum in Datum.allCases {
            let here = Position(lon: 113.02, lat: 34.02)
            #expect(Measure.metres(datum.toWGS84(datum.fromWGS84(here)), here) < (datum == .bd09 ? 0.5 : 0.001))
        }
        let abroad = Position(lon: -0.1, lat: 51.5)
        #expect(Datum.gcj02.fromWGS84(abroad) == abroad)
    }
}
