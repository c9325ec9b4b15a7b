import Geo
import Kernel

/// Borders from a file take the place of those in force.
///
/// An area that the file names by its code or number stays the same area, with its past. Of the levels that the file
/// has, what it does not name ends. Outlines that were drawn apart are joined within a metre; what then still overlaps
/// or leaves a gap is refused with the place. Wholes are drawn of their parts.
extension AreaDraft {
    /// Squares of a whole and of its parts together may differ by this share; more is another border.
    private static let tolerance = 0.005

    mutating func take(_ rows: [AreaRow]) throws {
        guard (1...Coverage.faceLimit).contains(rows.count) else { throw AreaEditError.badRow(0, "count") }
        let known = Dictionary(
            before.values.filter { !$0.code.isEmpty }.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })
        let placed = try rows.enumerated().map { index, row in try place(row, index + 1, known) }
        var named: [String: AreaID] = [:]
        for item in placed {
            for name in [item.row.code, item.row.id] where !name.isEmpty {
                if let other = named.updateValue(item.id, forKey: name), other != item.id {
                    throw AreaEditError.badRow(item.number, "twice")
                }
            }
        }
        let kinds = Set(placed.map(\.kind))
        let kept = Set(placed.map(\.id))
        guard kept.count == placed.count else { throw AreaEditError.badRow(0, "twice") }
        for id in now.keys where now[id]?.isInForce == true && !kept.contains(id) {
            if now[id].map({ kinds.contains($0.kind) }) == true { now[id]?.validUntil = moment }
        }
        for kind in AreaKind.allCases {
            for item in placed where item.kind == kind { try settle(item, named, known) }
        }
        endOrphans()
        joinLeaves()
        linkEnded()
        try finish()
        try checkWholes(placed)
        notes = [now.values.first { $0.kind == .town && $0.isInForce }?.name ?? rows[0].name]
    }

    private struct Placed {
        var number: Int
        var row: AreaRow
        var kind: AreaKind
        var id: AreaID
    }

    private func place(_ row: AreaRow, _ number: Int, _ known: [String: Area]) throws -> Placed {
        let own = AreaID(row.id).flatMap { before[$0] }
        let old = known[row.code] ?? (row.code.isEmpty ? own : nil)
        guard
            let kind = row.kind ?? old?.kind
                ?? AreaKind.allCases.first(where: { format.length(of: $0) == row.code.utf8.count })
        else { throw AreaEditError.badRow(number, "kind") }
        if let old, old.kind != kind { throw AreaEditError.badRow(number, "kind") }
        // The code of an area that has ended is never given again.
        if let old, !old.isInForce { throw AreaEditError.badRow(number, "code") }
        guard !row.geometry.areas.isEmpty else { throw AreaEditError.badRow(number, "outline") }
        return Placed(number: number, row: row, kind: kind, id: old?.id ?? .next())
    }

    private mutating func settle(_ item: Placed, _ named: [String: AreaID], _ known: [String: Area]) throws {
        let row = item.row
        let parent = try parent(of: item, named, known)
        let above = parent.flatMap { now[$0]?.code } ?? ""
        var code = row.code
        if code.isEmpty { code = now[item.id]?.code ?? "" }
        if code.isEmpty, let parent { code = nextCode(item.kind, under: parent) }
        if !code.isEmpty, before[item.id]?.code != code,
            !format.accepts(code, item.kind, under: above.isEmpty ? nil : above)
        {
            throw AreaEditError.badRow(item.number, "code")
        }
        let name: String
        do { name = try Self.checked(row.name) } catch { throw AreaEditError.badRow(item.number, "name") }
        if now[item.id] == nil { lineage.append((item.id, item.id)) }
        now[item.id] = Area(
            id: item.id, kind: item.kind, name: name, parent: parent, geometry: row.geometry, code: code,
            validFrom: before[item.id]?.validFrom ?? moment)
    }

    private func parent(of item: Placed, _ named: [String: AreaID], _ known: [String: Area]) throws -> AreaID? {
        guard let level = AreaKind.allCases.firstIndex(of: item.kind), level > 0 else { return nil }
        let kind = AreaKind.allCases[level - 1]
        var candidate: AreaID?
        if !item.row.parent.isEmpty {
            candidate = named[item.row.parent] ?? known[item.row.parent]?.id ?? AreaID(item.row.parent)
        } else if !item.row.code.isEmpty {
            let prefix = String(item.row.code.prefix(format.length(of: kind)))
            candidate = named[prefix] ?? known[prefix]?.id
        }
        if candidate == nil, item.row.parent.isEmpty {
            let old = now[item.id]?.parent
            let all = now.values.filter { $0.isInForce && $0.kind == kind }
            candidate = old ?? (all.count == 1 ? all.first?.id : nil)
        }
        guard let candidate, let area = now[candidate], area.isInForce, area.kind == kind else {
            throw AreaEditError.badRow(item.number, "parent")
        }
        return candidate
    }

    /// What was a part of something that ended ends with it.
    private mutating func endOrphans() {
        for _ in AreaKind.allCases {
            for id in now.keys where now[id]?.isInForce == true {
                if let parent = now[id]?.parent, now[parent]?.isInForce != true { now[id]?.validUntil = moment }
            }
        }
    }

    private mutating func joinLeaves() {
        let leaves = Self.leaves(now)
        let old = Dictionary(
            leaves.compactMap { area in
                before[area.id].flatMap { old in
                    old.isInForce ? (area.id, Coverage.Face(id: area.id.rawValue, areas: old.geometry.areas)) : nil
                }
            }, uniquingKeysWith: { first, _ in first })
        coverage = Coverage(
            joining: leaves.map { Coverage.Face(id: $0.id.rawValue, areas: $0.geometry.areas) }
                .sorted { $0.id < $1.id })
        for leaf in leaves {
            let face = coverage.faces[leaf.id.rawValue]
            if face.map(\.outlines) == old[leaf.id].map(\.outlines) {
                // Not a corner moved: it keeps its text to the letter.
                now[leaf.id]?.geometry = before[leaf.id]?.geometry ?? leaf.geometry
            } else {
                touched.insert(leaf.id)
            }
        }
    }

    /// Ended areas lead to the new ones that lie where they lay.
    private mutating func linkEnded() {
        let made = Self.leaves(now).filter { before[$0.id] == nil }
        let ended = now.values.filter { !$0.isInForce && before[$0.id]?.isInForce == true }
        for old in ended {
            for new in made where new.kind == old.kind {
                let isOver =
                    [
                        old.geometry.areas.first?.inside.map(new.geometry.contains),
                        new.geometry.areas.first?.inside.map(old.geometry.contains),
                    ].contains(true)
                if isOver { lineage.append((old.id, new.id)) }
            }
        }
    }

    /// A whole whose own outline in the file is not that of its parts would silently be another one.
    private mutating func checkWholes(_ placed: [Placed]) throws {
        let wholes = Set(now.values.filter(\.isInForce).compactMap(\.parent))
        func size(_ geometry: Geometry) -> Double { geometry.areas.reduce(0) { $0 + Measure.squareMetres($1) } }
        for item in placed where wholes.contains(item.id) {
            guard let drawn = now[item.id]?.geometry else { continue }
            let (given, made) = (size(item.row.geometry), size(drawn))
            if touchedBelow(item.id) {
                guard abs(given - made) <= Self.tolerance * max(given, made) else {
                    throw AreaEditError.badRow(item.number, "outline")
                }
            } else {
                guard let old = before[item.id]?.geometry, abs(given - size(old)) <= Self.tolerance * size(old) else {
                    throw AreaEditError.badRow(item.number, "outline")
                }
                now[item.id]?.geometry = old
            }
        }
    }

    private func touchedBelow(_ id: AreaID) -> Bool {
        touched.contains { leaf in
            var here: AreaID? = leaf
            for _ in AreaKind.allCases {
                guard let current = here else { return false }
                if current == id { return true }
                here = now[current]?.parent
            }
            return false
        }
    }

    /// What the draft changes.
    var counts: AreaImportCounts {
        let (made, changed) = (made.count, changed)
        let ended = changed.count { !$0.new.isInForce }
        return AreaImportCounts(
            added: made, changed: changed.count - ended, ended: ended,
            same: now.values.count { $0.isInForce } - made - (changed.count - ended))
    }

    /// Gives every code in force the lengths of another format; the numbers stay.
    mutating func recode(to new: AreaCodeFormat) throws {
        guard new.digits.values.allSatisfy({ (0...12).contains($0) }), new.length(of: .grid) <= 32,
            AreaKind.allCases.allSatisfy({ (new.digits[$0] ?? 0) > 0 })
        else { throw AreaEditError.badRow(0, "digits") }
        for kind in AreaKind.allCases {
            for area in before.values.filter({ $0.isInForce && $0.kind == kind && !$0.code.isEmpty }) {
                let width = new.digits[kind] ?? 0
                let (oldAbove, newAbove) = (
                    area.parent.flatMap { before[$0]?.code } ?? "", area.parent.flatMap { now[$0]?.code } ?? ""
                )
                guard area.code.hasPrefix(oldAbove) else { throw AreaEditError.badRow(0, kind.rawValue) }
                let number = String(area.code.dropFirst(oldAbove.count))
                // The town's own number is the state's and is never padded.
                let bare = kind == .town ? number : String(number.drop { $0 == "0" })
                guard kind == .town ? bare.count == width : bare.count <= width else {
                    throw AreaEditError.badRow(0, kind.rawValue)
                }
                now[area.id]?.code = newAbove + String(repeating: "0", count: width - bare.count) + bare
            }
        }
        let codes = now.values.map(\.code).filter { !$0.isEmpty }
        guard Set(codes).count == codes.count else { throw AreaEditError.badRow(0, "twice") }
        notes = [AreaKind.allCases.map { String(new.digits[$0] ?? 0) }.joined(separator: "+")]
    }
}

extension Coverage.Face {
    /// The outlines apart from where each begins.
    fileprivate var outlines: Set<LatticeRing> {
        Set(
            rings.map { ring in
                guard let least = ring.points.indices.min(by: { ring.points[$0] < ring.points[$1] }) else {
                    return ring
                }
                return LatticeRing(Array(ring.points[least...] + ring.points[..<least]))
            })
    }
}
