import Foundation
import Geo
import Kernel
import Places

/// The invented town's land: 15 villages with 46 cooperatives, a river with nine dangerous bends, four roads. None of
/// it exists; it lies where there is room on the map.
struct SampleMap {
    let areas: [Area]
    let landmarks: [Landmark]
    /// The cooperatives with the corners of their land, for placing sites in them.
    let plots: [(village: String, name: String, corners: [Position])]

    /// Lattice points: 15 by 6 cells, each point a little off its place, always the same.
    private static let columns = 15
    private static let rows = 6
    private static let west = 112.95
    private static let south = 33.97
    private static let step = 0.0098
    private static let rowStep = 0.0155

    private static let villages = [
        "柳湾村", "石桥铺村", "云岭村", "白鹭村", "枫杨村", "青禾村", "古槐村", "望溪村", "兰田村", "东篱村", "南屏村", "竹隐村", "稻香村", "荷塘月色村",
        "金沙滩村",
    ]

    private static func position(_ column: Int, _ row: Int) -> Position {
        // A hash of the place, so that the town is the same on every machine.
        var hash = UInt64(column) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(row) &* 0xC2B2_AE3D_27D4_EB4F
        hash ^= hash >> 29
        hash = hash &* 0xBF58_476D_1CE4_E5B9
        hash ^= hash >> 32
        let dx = Double(hash & 0xffff) / 65_535 - 0.5
        let dy = Double(hash >> 16 & 0xffff) / 65_535 - 0.5
        return Position(
            lon: west + (Double(column) + dx * 0.55) * step, lat: south + (Double(row) + dy * 0.5) * rowStep)
    }

    private static func outline(columns: ClosedRange<Int>, rows: ClosedRange<Int>) -> [Position] {
        let (left, right, bottom, top) = (columns.lowerBound, columns.upperBound, rows.lowerBound, rows.upperBound)
        return (left..<right).map { position($0, bottom) } + (bottom..<top).map { position(right, $0) }
            + (left..<right).map { position(right + left - $0, top) }
            + (bottom..<top).map { position(left, top + bottom - $0) }
    }

    init(town name: String) throws {
        var areas: [Area] = []
        var plots: [(String, String, [Position])] = []
        let town = Area(
            kind: .town, name: name, parent: nil,
            geometry: try Self.polygon(Self.outline(columns: 0...Self.columns, rows: 0...Self.rows)))
        areas.append(town)
        let numerals = ["一社", "二社", "三社", "四社"]
        for (index, villageName) in Self.villages.enumerated() {
            let (left, bottom) = (index % 5 * 3, index / 5 * 2)
            let village = Area(
                kind: .village, name: villageName, parent: town.id,
                geometry: try Self.polygon(Self.outline(columns: left...left + 3, rows: bottom...bottom + 2)))
            areas.append(village)
            // Three strips of land each; the last village's last strip is two cooperatives: 46 in all.
            var cells = (0..<3).map { (columns: left + $0...left + $0 + 1, rows: bottom...bottom + 2) }
            if index == Self.villages.count - 1 {
                cells[2].rows = bottom...bottom + 1
                cells.append((columns: left + 2...left + 3, rows: bottom + 1...bottom + 2))
            }
            for (cell, numeral) in zip(cells, numerals) {
                let corners = Self.outline(columns: cell.columns, rows: cell.rows)
                areas.append(
                    Area(kind: .cooperative, name: numeral, parent: village.id, geometry: try Self.polygon(corners)))
                plots.append((villageName, numeral, corners))
            }
        }
        self.areas = areas
        self.plots = plots
        landmarks = try Self.landmarks()
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

    private static func landmarks() throws -> [Landmark] {
        let middle = south + Double(rows) * rowStep / 2
        let width = Double(columns) * step
        let river = (0...120).map { index -> Position in
            let share = Double(index) / 120
            return Position(
                lon: west + share * width,
                lat: middle + sin(share * .pi * 9) * 0.008 + sin(share * .pi * 2.3 + 0.4) * 0.012)
        }
        var result = [Landmark(kind: .river, name: "汐水河", geometry: .line(river))]
        // A bend is where the river turns back: one in the middle of each half wave.
        for bend in 0..<9 {
            let index = min(river.count - 1, Int((Double(bend) + 0.5) * 120 / 9))
            result.append(Landmark(kind: .bend, name: "汐水河第\(bend + 1)弯", geometry: .point(river[index])))
        }
        for (name, columns) in [("云汐大道", 4), ("环村东路", 10)] {
            result.append(Landmark(kind: .road, name: name, geometry: .line((0...rows).map { position(columns, $0) })))
        }
        for (name, row) in [("南环路", 1), ("迎宾路", 5)] {
            result.append(Landmark(kind: .road, name: name, geometry: .line((0...columns).map { position($0, row) })))
        }
        return result
    }

    private static func polygon(_ outline: [Position]) throws -> Geometry {
        guard let polygon = Polygon(outline: outline) else { throw GeometryError.tooFewPositions }
        return .polygon(polygon)
    }
}
