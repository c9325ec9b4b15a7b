import Foundation
import Kernel
import Places

/// The town's areas as the registry needs them: which is in which, and which one a text or a place means.
public struct TownAreas: Sendable {
    /// All areas, parents before their parts.
    public let all: [Area]
    private let byID: [AreaID: Area]
    /// Village and cooperative names as an address begins with them, the longest first.
    private let spoken: [(name: [UInt8], id: AreaID)]
    private let locate: @Sendable (GeoPoint) -> AreaID?

    /// - Parameter locate: the smallest area around a place.
    public init(_ all: [Area], locate: @escaping @Sendable (GeoPoint) -> AreaID?) {
        self.all = all
        self.locate = locate
        let byID = Dictionary(all.map { ($0.id, $0) }) { first, _ in first }
        self.byID = byID
        var spoken: [(String, AreaID)] = []
        for area in all where area.kind != .town {
            let parent = area.parent.flatMap { byID[$0] }
            spoken.append(((parent.flatMap { $0.kind == .village ? $0.name : nil } ?? "") + area.name, area.id))
        }
        self.spoken = spoken.map { (length: $0.0.count, name: Array($0.0.utf8), id: $0.1) }
            .sorted { $0.length > $1.length }.map { ($0.name, $0.id) }
    }

    /// The villages in their order.
    public var villages: [Area] { all.filter { $0.kind == .village } }

    /// The smallest area around a place.
    func area(at point: GeoPoint) -> AreaID? { locate(point) }

    /// The area whose name an address contains, the most exact one.
    func area(named address: String) -> AreaID? {
        var address = address
        // By bytes: a beginning of a character is never the middle of another one.
        return address.withUTF8 { bytes in spoken.first { name, _ in Plain.holds(bytes, name) }?.id }
    }

    /// The village that an area is or lies in.
    func village(of id: AreaID?) -> AreaID? {
        var current = id
        for _ in 0..<8 {
            guard let here = current, let area = byID[here] else { return nil }
            if area.kind == .village { return here }
            current = area.parent
        }
        return nil
    }

    /// These areas with all their parts.
    func parts(of areas: [AreaID]) -> Set<AreaID> {
        var result = Set(areas)
        // Deeper than any town.
        for _ in 0..<6 {
            let more = all.filter { $0.parent.map(result.contains) == true && !result.contains($0.id) }
            if more.isEmpty { break }
            result.formUnion(more.map(\.id))
        }
        return result
    }

    /// An area's name with its village's before it; empty where there is none.
    func name(of id: AreaID?) -> String {
        guard let id, let area = byID[id] else { return "" }
        guard let parent = area.parent.flatMap({ byID[$0] }), parent.kind != .town else { return area.name }
        return parent.name + area.name
    }
}
