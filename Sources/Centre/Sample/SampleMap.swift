import Foundation
import Geo
import Kernel
import Places

/// The invented town's land: 15 villages, 46 cooperatives and 150 grids that share their borders, a river with nine
/// dangerous bends, roads, lanes, ponds and houses. None of it exists; it lies where there is room on the map.
struct SampleMap {
    let areas: [Area]
    let landmarks: [Landmark]
    /// The cooperatives with the corners of their land, for placing sites in them.
    let plots: [(village: String, name: String, corners: [Position])]

    private static let villages = [
        "柳湾村", "石桥铺村", "云岭村", "白鹭村", "枫杨村", "青禾村", "古槐村", "望溪村", "兰田村", "东篱村", "南屏村", "竹隐村", "稻香村", "荷塘月色村",
        "金沙滩村",
    ]
    /// Begins with the code of no county.
    private static let townCode = "999999101"

    init(town name: String) throws {
        var areas: [Area] = []
        var plots: [(String, String, [Position])] = []
        let town = Area(
            kind: .town, name: name, parent: nil,
            geometry: try Self.polygon(columns: 0...SampleLattice.columns, rows: 0...SampleLattice.rows),
            code: Self.townCode)
        areas.append(town)
        let numerals = ["一社", "二社", "三社", "四社"]
        var number = 0
        for (index, villageName) in Self.villages.enumerated() {
            let (left, bottom) = (index % 5 * 3, index / 5 * 4)
            let village = Area(
                kind: .village, name: villageName, parent: town.id,
                geometry: try Self.polygon(columns: left...left + 3, rows: bottom...bottom + 4),
                code: Self.townCode + String(201 + index))
            areas.append(village)
            // Three strips of land each; the last village's last strip is two cooperatives: 46 in all.
            var cells = (0..<3).map { (columns: left + $0...left + $0 + 1, rows: bottom...bottom + 4) }
            if index == Self.villages.count - 1 {
                cells[2].rows = bottom...bottom + 2
                cells.append((columns: left + 2...left + 3, rows: bottom + 2...bottom + 4))
            }
            for (place, (cell, numeral)) in zip(cells, numerals).enumerated() {
                let outline = SampleLattice.outline(columns: cell.columns, rows: cell.rows)
                let cooperative = Area(
                    kind: .cooperative, name: numeral, parent: village.id,
                    geometry: try Self.polygon(columns: cell.columns, rows: cell.rows),
                    code: "\(village.code)0\(place + 1)")
                areas.append(cooperative)
                areas += try Self.grids(of: cooperative, columns: cell.columns, rows: cell.rows, isCoarse: number < 30)
                plots.append((villageName, numeral, outline))
                number += 1
            }
        }
        self.areas = areas
        self.plots = plots
        landmarks = try SampleLand.landmarks(columns: SampleLattice.columns)
    }

    /// A cooperative's grids from south to north, each a row of cells; in a coarse one the first is two rows high.
    private static func grids(
        of cooperative: Area, columns: ClosedRange<Int>, rows: ClosedRange<Int>, isCoarse: Bool
    ) throws -> [Area] {
        var bounds = Array(rows)
        if isCoarse, bounds.count > 3 { bounds.remove(at: 1) }
        return try zip(bounds, bounds.dropFirst()).enumerated().map { index, pair in
            Area(
                kind: .grid, name: "\(index + 1)号网格", parent: cooperative.id,
                geometry: try polygon(columns: columns, rows: pair.0...pair.1),
                code: "\(cooperative.code)0\(index + 1)")
        }
    }

    private static func polygon(columns: ClosedRange<Int>, rows: ClosedRange<Int>) throws -> Geometry {
        guard let polygon = Polygon(outline: SampleLattice.outline(columns: columns, rows: rows)) else {
            throw GeometryError.tooFewPositions
        }
        return .polygon(polygon)
    }

    /// A place well within a piece of land, for a number.
    func spot(in id: AreaID, _ number: UInt64) -> GeoPoint? {
        guard let area = areas.first(where: { $0.id == id }), let box = Box(area.geometry.positions) else {
            return nil
        }
        // Tried a few times: the land's edges are not straight.
        for attempt in 0..<8 {
            let mixed = (number &+ UInt64(attempt)) &* 0x9E37_79B9_7F4A_7C15
            let point = Position(
                lon: box.west + (box.east - box.west) * Double(mixed >> 40) / Double(1 << 24),
                lat: box.south + (box.north - box.south) * Double(mixed >> 16 & 0xff_ffff) / Double(1 << 24))
            if area.geometry.contains(point) { return GeoPoint(lat: point.lat, lon: point.lon) }
        }
        return nil
    }
}
