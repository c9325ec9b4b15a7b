import Geo
import Kernel
import Synchronization

/// All areas in memory, kept true while the centre runs.
public final class AreaIndex: Sendable {
    /// The topic that wakes who keeps an index true.
    static let topic = "areas"

    private struct State {
        var map = AreaMap()
        var landmarks: [PlacedLandmark] = []
        var version: Int64 = 0
    }

    /// A landmark with the box around it.
    public struct PlacedLandmark: Sendable {
        /// The landmark.
        public var landmark: Landmark
        /// The box around it.
        public var box: Box
    }

    private let state = Mutex(State())

    /// An index that knows nothing yet.
    public init() {}

    /// Takes the areas and landmarks as they are now.
    func replace(_ areas: [Area], _ landmarks: [Landmark]) {
        let map = AreaMap(areas)
        let placed = landmarks.compactMap { landmark in
            Box(landmark.geometry.positions).map { PlacedLandmark(landmark: landmark, box: $0) }
        }
        state.withLock { state in
            state.map = map
            state.landmarks = placed
            state.version += 1
        }
    }

    /// The areas at this moment.
    public var map: AreaMap { state.withLock { $0.map } }

    /// Areas and landmarks at this moment, with a number that grows whenever they are read afresh.
    public var snapshot: (map: AreaMap, landmarks: [PlacedLandmark], version: Int64) {
        state.withLock { ($0.map, $0.landmarks, $0.version) }
    }

    /// The smallest area around a place.
    public func area(at point: GeoPoint) -> AreaID? { map.area(at: point) }

    /// An area's name with the ones above it, such as `柳湾村一社`; empty where there is no such area.
    public func name(of id: AreaID) -> String { map.name(of: id) }

    /// Whether an area is one of `areas` or a part of one.
    public func covers(_ areas: [AreaID], _ id: AreaID) -> Bool { map.covers(areas, id) }

    /// All areas in force, those made first before the others.
    public var all: [Area] { map.byID.values.filter(\.isInForce).sorted { $0.id < $1.id } }

    /// Every area in force behind the one that it lies in, neighbours as they were made.
    public var tree: [(area: Area, depth: Int)] {
        var parts: [AreaID: [Area]] = [:]
        var roots: [Area] = []
        let areas = all
        let known = Set(areas.map(\.id))
        for area in areas {
            if let parent = area.parent, known.contains(parent) {
                parts[parent, default: []].append(area)
            } else {
                roots.append(area)
            }
        }
        var result: [(area: Area, depth: Int)] = []
        // Deeper than any town; what hangs in a ring is no part of a root and stays out.
        func add(_ area: Area, _ depth: Int) {
            result.append((area, depth))
            if depth < 8 { for part in parts[area.id] ?? [] { add(part, depth + 1) } }
        }
        for root in roots { add(root, 0) }
        return result
    }

    /// Areas of these kinds with their names, in order of the names, for a form to choose from.
    public func choices(_ kinds: Set<AreaKind>) -> [(id: AreaID, name: String)] {
        let map = map
        return map.inForce.filter { kinds.contains($0.kind) }.map { (id: $0.id, name: map.name(of: $0.id)) }
            .sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// The town's own name, where there is one.
    public var townName: String? { map.byID.values.first { $0.kind == .town && $0.isInForce }?.name }
}
