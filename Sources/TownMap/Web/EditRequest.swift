import Geo
import Kernel
import Places
import Web

/// What the browser asks to be done to the borders.
struct EditRequest: Decodable, Sendable {
    struct Step: Decodable, Sendable {
        var op: String
        var from: [Double]?
        var to: [Double]?
        var at: [Double]?
        var a: [Double]?
        var b: [Double]?
        var area: AreaID?
        var areas: [AreaID]?
        var parent: AreaID?
        var kind: AreaKind?
        var line: [[Double]]?
        var name: String?
        var names: [String]?
    }

    /// The revision that the screen shows; absent where there is none.
    var base: ID<AreaRevision>?
    var edits: [Step]

    /// The steps, each checked.
    func steps() throws(Problem) -> [AreaEdit] {
        guard (1...200).contains(edits.count) else { throw Problem.invalid(["edits": "invalid"]) }
        var result: [AreaEdit] = []
        for (index, step) in edits.enumerated() { result.append(try Self.step(step, index)) }
        return result
    }

    private static func step(_ step: Step, _ index: Int) throws(Problem) -> AreaEdit {
        let wrong = Problem.invalid(["edits.\(index)": "invalid"])
        func position(_ pair: [Double]?) throws(Problem) -> Position {
            guard let pair, pair.count == 2, let point = GeoPoint(lat: pair[1], lon: pair[0]) else { throw wrong }
            return Position(lon: point.lon, lat: point.lat)
        }
        func line() throws(Problem) -> [Position] {
            guard let line = step.line, (2...2_000).contains(line.count) else { throw wrong }
            var positions: [Position] = []
            for pair in line { positions.append(try position(pair)) }
            return positions
        }
        switch step.op {
        case "move": return .move(from: try position(step.from), to: try position(step.to))
        case "insert":
            return .insert(try position(step.at), between: try position(step.a), and: try position(step.b))
        case "remove": return .remove(try position(step.at))
        case "split":
            guard let area = step.area else { throw wrong }
            return .split(area, along: try line(), names: step.names ?? [])
        case "merge":
            guard let areas = step.areas, (2...50).contains(areas.count) else { throw wrong }
            return .merge(areas, name: step.name ?? "")
        case "draw":
            guard let kind = step.kind else { throw wrong }
            return .draw(kind: kind, parent: step.parent, name: step.name ?? "", outline: try line())
        case "rename":
            guard let area = step.area else { throw wrong }
            return .rename(area, step.name ?? "")
        default: throw wrong
        }
    }
}
