import Geo
import Kernel

/// The areas while they are being changed: what is in force, what changes, what is new. No store, no clock.
struct AreaDraft {
    let before: [AreaID: Area]
    var now: [AreaID: Area]
    var coverage: Coverage
    let format: AreaCodeFormat
    let moment: Instant
    var touched: Set<AreaID> = []
    var notes: [String] = []
    /// From which area which one came; an area from itself was drawn afresh.
    var lineage: [(AreaID, AreaID)] = []

    init(_ areas: [Area], format: AreaCodeFormat, at moment: Instant) {
        before = Dictionary(areas.map { ($0.id, $0) }) { first, _ in first }
        now = before
        self.format = format
        self.moment = moment
        coverage = Coverage(Self.leaves(before).map { Coverage.Face(id: $0.id.rawValue, areas: $0.geometry.areas) })
    }

    static func leaves(_ areas: [AreaID: Area]) -> [Area] {
        let parents = Set(areas.values.filter(\.isInForce).compactMap(\.parent))
        return areas.values.filter { $0.isInForce && !parents.contains($0.id) }
    }

    var note: String { notes.joined(separator: "、") }
    /// Areas that did not exist before.
    var made: [Area] {
        now.values.filter { before[$0.id] == nil }.sorted { $0.kind == $1.kind ? $0.id < $1.id : $0.depth < $1.depth }
    }
    /// Areas that stand otherwise than before.
    var changed: [(old: Area, new: Area)] {
        now.values.compactMap { area in
            guard let old = before[area.id], old.isOther(than: area) else { return nil }
            var new = area
            if new.isInForce { new.validFrom = moment }
            return (old, new)
        }.sorted { $0.0.id < $1.0.id }
    }

    /// What followers need; `nil` when no land changed hands.
    var change: AreaChange? {
        let pairs = changed.filter { $0.old.geometry != $0.new.geometry || $0.old.isInForce != $0.new.isInForce }
        let shapes = pairs.flatMap { [$0.old.geometry, $0.new.geometry] } + made.map(\.geometry)
        guard let box = Box(shapes.flatMap(\.positions)) else { return nil }
        let ended = pairs.filter { !$0.new.isInForce }.map(\.new)
        var heirs: [AreaID: AreaID] = [:]
        for area in ended {
            let next = Set(lineage.filter { $0.0 == area.id && $0.1 != area.id }.map(\.1))
            heirs[area.id] = next.count == 1 ? next.first : area.parent
        }
        return AreaChange(
            box: box, ended: Set(ended.map(\.id)), heirs: heirs, areas: AreaMap(Array(now.values)))
    }

    mutating func apply(_ edit: AreaEdit) throws {
        switch edit {
        case .move(let from, let to): note(try coverage.move(LatticePoint(from), to: LatticePoint(to)))
        case .insert(let point, let a, let b):
            note(try coverage.insert(LatticePoint(point), between: LatticePoint(a), and: LatticePoint(b)))
        case .remove(let point): note(try coverage.remove(LatticePoint(point)))
        case .split(let id, let line, let names): try split(id, along: line, names: names)
        case .merge(let ids, let name): try merge(ids, name: name)
        case .draw(let kind, let parent, let name, let outline):
            try draw(kind, under: parent, name: name, outline: outline)
        case .rename(let id, let name):
            guard now[id]?.isInForce == true else { throw AreaEditError.unknownArea }
            now[id]?.name = try Self.checked(name)
            notes.append(name)
        }
    }

    private mutating func split(_ id: AreaID, along line: [Position], names: [String]) throws {
        guard var area = now[id], area.isInForce, coverage.faces[id.rawValue] != nil else {
            throw AreaEditError.unknownArea
        }
        let parts = (AreaID.next(), AreaID.next())
        note(try coverage.split(id.rawValue, along: line, into: (parts.0.rawValue, parts.1.rawValue)))
        area.validUntil = moment
        now[id] = area
        for (index, part) in [parts.0, parts.1].enumerated() {
            let name = names.indices.contains(index) ? names[index] : "\(area.name)-\(index + 1)"
            now[part] = Area(
                id: part, kind: area.kind, name: try Self.checked(name), parent: area.parent, geometry: area.geometry,
                code: nextCode(area.kind, under: area.parent), validFrom: moment)
            lineage.append((id, part))
            touched.insert(part)
        }
    }

    private mutating func merge(_ ids: [AreaID], name: String) throws {
        let areas = try ids.map { id in
            guard let area = now[id], area.isInForce, coverage.faces[id.rawValue] != nil else {
                throw AreaEditError.unknownArea
            }
            return area
        }
        guard let first = areas.first, areas.allSatisfy({ $0.parent == first.parent && $0.kind == first.kind }) else {
            throw AreaEditError.notSiblings
        }
        let new = AreaID.next()
        try coverage.merge(ids.map(\.rawValue), into: new.rawValue)
        for id in ids {
            now[id]?.validUntil = moment
            lineage.append((id, new))
        }
        now[new] = Area(
            id: new, kind: first.kind, name: try Self.checked(name), parent: first.parent, geometry: first.geometry,
            code: nextCode(first.kind, under: first.parent), validFrom: moment)
        touched.insert(new)
        notes += areas.map(\.name)
    }

    private mutating func draw(_ kind: AreaKind, under parent: AreaID?, name: String, outline: [Position]) throws {
        if let parent {
            guard let whole = now[parent], whole.isInForce, whole.kind.part == kind else {
                throw AreaEditError.unknownArea
            }
            // What had no parts until now is a whole from now on.
            coverage.give(up: parent.rawValue)
        } else if kind != .town {
            throw AreaEditError.unknownArea
        }
        guard let polygon = Polygon(outline: outline) else {
            throw CoverageFault(kind: .tooSmall, place: outline.first ?? Position(lon: 0, lat: 0))
        }
        let id = AreaID.next()
        note(try coverage.draw(outline, as: id.rawValue))
        now[id] = Area(
            id: id, kind: kind, name: try Self.checked(name), parent: parent, geometry: .polygon(polygon),
            code: nextCode(kind, under: parent), validFrom: moment)
        lineage.append((id, id))
        touched.insert(id)
    }

    /// Puts back how areas stood, and ends those that were made.
    mutating func restore(_ kept: [Area], ending made: [AreaID]) {
        for id in made { now[id]?.validUntil = moment }
        for area in kept {
            var again = area
            again.validUntil = nil
            now[area.id] = again
            notes.append(area.name)
        }
        notes = Array(notes.prefix(4))
    }

    /// Checks the whole land and draws every area from its parts' borders.
    mutating func finish() throws {
        try coverage.check()
        for id in touched {
            guard now[id]?.isInForce == true, let shape = coverage.faces[id.rawValue]?.geometry else { continue }
            now[id]?.geometry = shape
        }
        var parts: [AreaID: [AreaID]] = [:]
        for area in now.values where area.isInForce {
            if let parent = area.parent { parts[parent, default: []].append(area.id) }
        }
        func leaves(of id: AreaID, _ depth: Int = 0) -> [Int64] {
            guard depth < 8, let own = parts[id] else { return [id.rawValue] }
            return own.flatMap { leaves(of: $0, depth + 1) }
        }
        for id in parts.keys {
            let below = leaves(of: id)
            guard below.contains(where: { touched.contains(AreaID(rawValue: $0)) }),
                let shape = coverage.outline(of: below)
            else { continue }
            now[id]?.geometry = shape
        }
    }

    private mutating func note(_ faces: Set<Int64>) {
        for face in faces {
            let id = AreaID(rawValue: face)
            touched.insert(id)
            if notes.count < 4, let name = now[id]?.name, !notes.contains(name) { notes.append(name) }
        }
    }

    func nextCode(_ kind: AreaKind, under parent: AreaID?) -> String {
        guard let above = parent.flatMap({ now[$0]?.code }), !above.isEmpty else { return "" }
        return format.next(kind, under: above, used: now.values.lazy.map(\.code)) ?? ""
    }

    static func checked(_ name: String) throws -> String {
        guard (1...40).contains(name.count), !name.contains(where: \.isNewline) else { throw AreaEditError.badName }
        return name
    }
}

extension Area {
    fileprivate func isOther(than other: Area) -> Bool {
        name != other.name || parent != other.parent || geometry != other.geometry || code != other.code
            || validUntil != other.validUntil
    }

    fileprivate var depth: Int { AreaKind.allCases.firstIndex(of: kind) ?? 0 }
}
