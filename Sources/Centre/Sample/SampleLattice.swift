import Foundation
import Geo

/// The corners that the invented town's borders hang on, and the crooked lines between them: the same on every machine,
/// and the same line for both neighbours.
enum SampleLattice {
    static let columns = 15
    /// Twice as many as there are rows of fields: a cooperative is four of them high.
    static let rows = 12
    static let west = 112.95
    static let south = 33.97
    static let step = 0.0098
    static let rowStep = 0.0155

    static func hash(_ a: Int, _ b: Int, _ c: Int = 0) -> UInt64 {
        var hash =
            UInt64(bitPattern: Int64(a)) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(bitPattern: Int64(b))
            &* 0xC2B2_AE3D_27D4_EB4F
        hash ^= UInt64(bitPattern: Int64(c)) &* 0xA24B_AED4_963E_E407
        hash ^= hash >> 29
        hash = hash &* 0xBF58_476D_1CE4_E5B9
        return hash ^ hash >> 32
    }

    /// A number in -0.5…0.5.
    static func share(_ hash: UInt64, _ shift: UInt64 = 0) -> Double { Double(hash >> shift & 0xffff) / 65_535 - 0.5 }

    static func corner(_ column: Int, _ row: Int) -> Position {
        if row % 2 == 0 {
            let hash = hash(column, row / 2)
            return Position(
                lon: west + (Double(column) + share(hash) * 0.55) * step,
                lat: south + (Double(row / 2) + share(hash, 16) * 0.5) * rowStep)
        }
        let (below, above) = (corner(column, row - 1), corner(column, row + 1))
        let hash = hash(column, row, 7)
        return Position(
            lon: (below.lon + above.lon) / 2 + share(hash) * 0.2 * step,
            lat: (below.lat + above.lat) / 2 + share(hash, 16) * 0.12 * rowStep)
    }

    /// The way from one corner to the next, without the last position. Both directions give the same positions.
    static func way(_ from: (Int, Int), _ to: (Int, Int)) -> [Position] {
        let isForward = from < to
        let (a, b) = isForward ? (from, to) : (to, from)
        let (start, end) = (corner(a.0, a.1), corner(b.0, b.1))
        let (dx, dy) = (end.lon - start.lon, end.lat - start.lat)
        let bends = (1...3).map { number -> Position in
            let along = Double(number) / 4
            let off = share(hash(a.0 * 40 + b.0, a.1 * 40 + b.1, number)) * 0.14
            return Position(lon: start.lon + dx * along - dy * off, lat: start.lat + dy * along + dx * off)
        }
        return isForward ? [start] + bends : [end] + bends.reversed()
    }

    /// The outline of a block of cells, counter-clockwise.
    static func outline(columns: ClosedRange<Int>, rows: ClosedRange<Int>) -> [Position] {
        let (left, right, bottom, top) = (columns.lowerBound, columns.upperBound, rows.lowerBound, rows.upperBound)
        var result: [Position] = []
        for column in left..<right { result += way((column, bottom), (column + 1, bottom)) }
        for row in bottom..<top { result += way((right, row), (right, row + 1)) }
        for column in (left..<right).reversed() { result += way((column + 1, top), (column, top)) }
        for row in (bottom..<top).reversed() { result += way((left, row + 1), (left, row)) }
        return result
    }

    /// A line through corners.
    static func line(_ corners: [(Int, Int)]) -> [Position] {
        guard let last = corners.last else { return [] }
        var result: [Position] = []
        for (from, to) in zip(corners, corners.dropFirst()) { result += way(from, to) }
        return result + [corner(last.0, last.1)]
    }

    /// A place within a cell: shares of its width and height.
    static func place(_ column: Int, _ row: Int, _ x: Double, _ y: Double) -> Position {
        let (a, b) = (corner(column, row), corner(column + 1, row))
        let (c, d) = (corner(column, row + 1), corner(column + 1, row + 1))
        func mix(_ value: (Position) -> Double) -> Double {
            (value(a) * (1 - x) + value(b) * x) * (1 - y) + (value(c) * (1 - x) + value(d) * x) * y
        }
        return Position(lon: mix(\.lon), lat: mix(\.lat))
    }
}
