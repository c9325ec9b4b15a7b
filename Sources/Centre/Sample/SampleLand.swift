import Foundation
import Geo
import Places

/// What lies on the invented town's land: water, roads and houses.
enum SampleLand {
    static func landmarks(columns: Int) throws -> [Landmark] {
        let river = river(columns: columns)
        var result = [Landmark(kind: .river, name: "汐水河", geometry: .line(river))]
        // A bend is where the river turns back: one in the middle of each half wave.
        for bend in 0..<9 {
            let index = min(river.count - 1, Int((Double(bend) + 0.5) * 120 / 9))
            result.append(Landmark(kind: .bend, name: "汐水河第\(bend + 1)弯", geometry: .point(river[index])))
        }
        for (name, column) in [("云汐大道", 4), ("环村东路", 10)] {
            result.append(
                Landmark(
                    kind: .road, name: name,
                    geometry: .line(SampleLattice.line((0...SampleLattice.rows).map { (column, $0) }))))
        }
        for (name, row) in [("南环路", 2), ("迎宾路", 10)] {
            result.append(
                Landmark(
                    kind: .road, name: name, geometry: .line(SampleLattice.line((0...columns).map { ($0, row) }))))
        }
        for (name, column, row) in [("镜湖", 2, 1), ("荷塘", 13, 9), ("石桥水库", 7, 1), ("月牙塘", 5, 10)] {
            result.append(try pond(name, SampleLattice.place(column, row, 0.5, 0.5)))
        }
        for (name, column, row) in [("镇政府（示例）", 4, 2), ("集贸市场（示例）", 5, 2), ("云汐大桥", 4, 6), ("中心小学（示例）", 10, 2)] {
            result.append(
                Landmark(kind: .place, name: name, geometry: .point(SampleLattice.place(column, row, 0.12, 0.2))))
        }
        for column in 0..<columns {
            for row in 0..<SampleLattice.rows {
                let lane = [0.08, 0.35, 0.65, 0.92].map {
                    SampleLattice.place(column, row, 0.5 + (row % 2 == 0 ? 0.05 : -0.05), $0)
                }
                guard away(lane[1], river) > 120 else { continue }
                result.append(Landmark(kind: .road, name: "", geometry: .line(lane)))
                result += try houses(column, row, river)
            }
        }
        return result
    }

    private static func river(columns: Int) -> [Position] {
        let middle = SampleLattice.south + Double(SampleLattice.rows) * SampleLattice.rowStep / 4
        let width = Double(columns) * SampleLattice.step
        return (0...120).map { index in
            let share = Double(index) / 120
            return Position(
                lon: SampleLattice.west + share * width,
                lat: middle + sin(share * .pi * 9) * 0.008 + sin(share * .pi * 2.3 + 0.4) * 0.012)
        }
    }

    private static func away(_ position: Position, _ river: [Position]) -> Double {
        Measure.nearest(on: river, to: position)?.metres ?? .infinity
    }

    private static func pond(_ name: String, _ middle: Position) throws -> Landmark {
        let ring = (0..<18).map { index -> Position in
            let angle = Double(index) / 18 * 2 * .pi
            let reach = 0.0011 * (1 + 0.25 * sin(angle * 3 + Double(name.count)))
            return Position(lon: middle.lon + cos(angle) * reach * 1.3, lat: middle.lat + sin(angle) * reach)
        }
        guard let polygon = Polygon(outline: ring) else { throw GeometryError.tooFewPositions }
        return Landmark(kind: .water, name: name, geometry: .polygon(polygon))
    }

    /// Ten houses on both sides of a lane, none by the water.
    private static func houses(_ column: Int, _ row: Int, _ river: [Position]) throws -> [Landmark] {
        try (0..<10).compactMap { number in
            let hash = SampleLattice.hash(column, row, 100 + number)
            let side = number % 2 == 0 ? -0.09 : 0.09
            let middle = SampleLattice.place(
                column, row, 0.5 + side + SampleLattice.share(hash) * 0.06 + (row % 2 == 0 ? 0.05 : -0.05),
                0.12 + Double(number / 2) * 0.18 + SampleLattice.share(hash, 16) * 0.08)
            guard away(middle, river) > 60 else { return nil }
            let (w, h) = (0.00007 + Double(hash >> 32 & 7) * 0.00001, 0.00005 + Double(hash >> 36 & 7) * 0.000008)
            let tilt = SampleLattice.share(hash, 40) * 0.5
            let corners = [(-w, -h), (w, -h), (w, h), (-w, h)].map { x, y in
                Position(
                    lon: middle.lon + x * cos(tilt) - y * sin(tilt), lat: middle.lat + x * sin(tilt) + y * cos(tilt))
            }
            guard let polygon = Polygon(outline: corners) else { throw GeometryError.tooFewPositions }
            return Landmark(kind: .building, name: "", geometry: .polygon(polygon))
        }
    }
}
