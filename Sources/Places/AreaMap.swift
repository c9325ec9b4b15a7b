import Geo
import Kernel

/// Areas as they stand at one moment: which of them a place lies in, what is a part of what, what each is called.
public struct AreaMap: Sendable {
    private struct Entry: Sendable {
        var id: AreaID
        var box: Box
        var size: Double
        var face: Coverage.Face
    }

    /// Every area by its number, those that have ended among them.
    public private(set) var byID: [AreaID: Area] = [:]
    /// Areas in force: those without parts first, then the smaller before the larger.
    private var entries: [Entry] = []
    private var parents: Set<AreaID> = []

    /// Nothing yet.
    public init() {}

    /// The areas, those that have ended among them.
    public init(_ areas: [Area]) {
        for area in areas {
            byID[area.id] = area
            if area.isInForce, let parent = area.parent { parents.insert(parent) }
        }
        for area in areas where area.isInForce {
            let face = Coverage.Face(id: area.id.rawValue, areas: area.geometry.areas)
            guard let box = Box(area.geometry.positions) else { continue }
            entries.append(
                Entry(id: area.id, box: box, size: area.geometry.areas.reduce(0) { $0 + $1.size }, face: face))
        }
        let parents = parents
        entries.sort { left, right in
            let (a, b) = (parents.contains(left.id), parents.contains(right.id))
            return a == b ? left.size < right.size : !a
        }
    }

    /// The smallest area around a place. A place on a border belongs to exactly one of the neighbours.
    public func area(at point: GeoPoint) -> AreaID? {
        let position = Position(lon: point.lon, lat: point.lat)
        let corner = LatticePoint(position)
        // The lattice is coarser than the box, so a place on the edge is asked of the snapped corner.
        return entries.first { $0.box.contains(corner.position) && $0.face.contains(corner) }?.id
    }

    /// Whether an area has parts.
    public func hasParts(_ id: AreaID) -> Bool { parents.contains(id) }

    /// The areas in force, those without parts first.
    public var inForce: [Area] { entries.compactMap { byID[$0.id] } }

    /// The parts of an area that are in force.
    public func parts(of id: AreaID?) -> [Area] { byID.values.filter { $0.isInForce && $0.parent == id } }

    /// The area and what it is a part of, the smallest first.
    public func line(of id: AreaID) -> [Area] {
        var result: [Area] = []
        var current: AreaID? = id
        // Deeper than any town; an area that were its own ancestor would end here.
        while let here = current, let area = byID[here], result.count < 8 {
            result.append(area)
            current = area.parent
        }
        return result
    }

    /// An area's name with those above it but the town's, such as `柳湾村一社`; empty where there is no such area.
    public func name(of id: AreaID) -> String {
        let line = line(of: id)
        guard line.count > 1 else { return line.first?.name ?? "" }
        return line.filter { $0.kind != .town }.reversed().map(\.name).joined()
    }

    /// The part of the town of that level that an area is or belongs to.
    public func ancestor(of id: AreaID, _ kind: AreaKind) -> Area? { line(of: id).first { $0.kind == kind } }

    /// The part of `whole` that an area is or belongs to; `nil` where it is no part of it.
    public func part(of whole: AreaID, holding id: AreaID) -> AreaID? {
        let line = line(of: id)
        guard let place = line.firstIndex(where: { $0.id == whole }), place > 0 else { return nil }
        return line[place - 1].id
    }

    /// Whether an area is one of `areas` or a part of one.
    public func covers(_ areas: [AreaID], _ id: AreaID) -> Bool { line(of: id).contains { areas.contains($0.id) } }

    /// `areas` and all their parts, those that have ended among them: what somebody who answers for them may see.
    public func reach(_ areas: [AreaID]) -> [AreaID] {
        byID.keys.filter { covers(areas, $0) }.sorted()
    }
}
