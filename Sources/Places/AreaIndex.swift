import Geo
import Kernel
import Synchronization

/// All areas in memory: which area a place is in, what is a part of what, and what each is called.
public final class AreaIndex: Sendable {
    /// The topic that wakes who keeps an index true.
    static let topic = "areas"

    private struct Entry {
        var area: Area
        var box: Box
        var size: Double
    }

    private struct State {
        var byID: [AreaID: Area] = [:]
        /// The smallest first.
        var bySize: [Entry] = []
    }

    private let state = Mutex(State())

    /// An index that knows nothing yet.
    public init() {}

    /// Takes the areas as they are now.
    func replace(_ areas: [Area]) {
        var new = State()
        for area in areas {
            new.byID[area.id] = area
            guard let box = Box(area.geometry.positions) else { continue }
            new.bySize.append(
                Entry(area: area, box: box, size: area.geometry.areas.reduce(0) { $0 + $1.size }))
        }
        new.bySize.sort { $0.size < $1.size }
        state.withLock { $0 = new }
    }

    /// The smallest area around a place.
    public func area(at point: GeoPoint) -> AreaID? {
        let position = Position(lon: point.lon, lat: point.lat)
        return state.withLock { state in
            state.bySize.first { $0.box.contains(position) && $0.area.geometry.contains(position) }?.area.id
        }
    }

    /// An area's name with the one above it, such as `柳湾村一社`; empty where there is no such area.
    public func name(of id: AreaID) -> String {
        state.withLock { state in
            guard let area = state.byID[id] else { return "" }
            guard let parent = area.parent.flatMap({ state.byID[$0] }), parent.kind != .town else { return area.name }
            return parent.name + area.name
        }
    }

    /// Whether an area is one of `areas` or a part of one.
    public func covers(_ areas: [AreaID], _ id: AreaID) -> Bool {
        state.withLock { state in
            var current: AreaID? = id
            // Deeper than any town; an area that were its own ancestor would end here.
            for _ in 0..<8 {
                guard let here = current else { return false }
                if areas.contains(here) { return true }
                current = state.byID[here]?.parent
            }
            return false
        }
    }

    /// All areas, those made first before the others.
    public var all: [Area] {
        state.withLock { state in state.byID.values.sorted { $0.id < $1.id } }
    }

    /// Every area behind the one that it lies in, neighbours as they were made.
    public var tree: [(area: Area, depth: Int)] {
        state.withLock { state in
            var parts: [AreaID: [Area]] = [:]
            var roots: [Area] = []
            for area in state.byID.values.sorted(by: { $0.id < $1.id }) {
                if let parent = area.parent, state.byID[parent] != nil {
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
    }

    /// Areas of these kinds with their names, in order of the names, for a form to choose from.
    public func choices(_ kinds: Set<AreaKind>) -> [(id: AreaID, name: String)] {
        let found = state.withLock { state in state.byID.values.filter { kinds.contains($0.kind) }.map(\.id) }
        return found.map { (id: $0, name: name(of: $0)) }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// The town's own name, where there is one.
    public var townName: String? {
        state.withLock { state in state.byID.values.first { $0.kind == .town }?.name }
    }
}
