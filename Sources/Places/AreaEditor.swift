import Geo
import Kernel
import Storage
import Web

/// Changes the borders: one transaction checks, keeps what was, stores what is, and gives everything that lies on the
/// map the area it lies in now.
public struct AreaEditor: Sendable {
    let followers: [AreaFollower]

    /// An editor that takes these along.
    public init(followers: [AreaFollower]) { self.followers = followers }

    /// Does `edits` one after the other, as one change.
    /// - Parameters:
    ///   - base: the revision that the editor's screen shows; `nil` where there is none yet.
    /// - Throws: ``AreaEditError``; nothing is changed then.
    public func apply(
        _ edits: [AreaEdit], base: ID<AreaRevision>?, by actor: StaffID?, name: String, at now: Instant,
        in db: any Writing
    ) throws -> AreaRevision {
        let last = try RevisionStore.last(in: db)
        guard base == last else { throw AreaEditError.stale(last) }
        var draft = AreaDraft(try AreaStore.all(in: db), format: try AreaStore.codeFormat(in: db), at: now)
        do {
            for edit in edits { try draft.apply(edit) }
            try draft.finish()
        } catch let fault as CoverageFault {
            throw AreaEditError.fault(fault)
        }
        let kinds = Set(edits.map(\.kind))
        return try store(
            draft, kind: kinds.count == 1 ? edits[0].kind : "edit", undoes: nil, by: actor, name: name, at: now, in: db)
    }

    /// Puts whole areas in the place of what is in force, for imports. Their borders are joined first.
    public func replace(
        _ areas: [Area], base: ID<AreaRevision>?, by actor: StaffID?, name: String, at now: Instant, in db: any Writing
    ) throws -> AreaRevision {
        let last = try RevisionStore.last(in: db)
        guard base == last else { throw AreaEditError.stale(last) }
        var draft = AreaDraft(try AreaStore.all(in: db), format: try AreaStore.codeFormat(in: db), at: now)
        do {
            try draft.replace(areas)
            try draft.finish()
        } catch let fault as CoverageFault {
            throw AreaEditError.fault(fault)
        }
        return try store(draft, kind: "import", undoes: nil, by: actor, name: name, at: now, in: db)
    }

    /// Takes the newest change back.
    public func undo(by actor: StaffID?, name: String, at now: Instant, in db: any Writing) throws -> AreaRevision {
        guard let target = try RevisionStore.undoable(in: db) else { throw AreaEditError.nothingToUndo }
        var draft = AreaDraft(try AreaStore.all(in: db), format: try AreaStore.codeFormat(in: db), at: now)
        draft.restore(
            try RevisionStore.kept(by: target.id, in: db), ending: try RevisionStore.made(by: target.id, in: db))
        return try store(draft, kind: "undo", undoes: target, by: actor, name: name, at: now, in: db)
    }

    private func store(
        _ draft: AreaDraft, kind: String, undoes: AreaRevision?, by actor: StaffID?, name: String, at now: Instant,
        in db: any Writing
    ) throws -> AreaRevision {
        var revision = AreaRevision(
            id: .next(), at: now, actorName: name, kind: kind, note: draft.note, undoes: undoes?.id, undoneBy: nil,
            moved: 0)
        try RevisionStore.insert(revision, actor: actor, in: db)
        for area in draft.made { try AreaStore.insert(area, in: db) }
        for (old, new) in draft.changed {
            try RevisionStore.keep(old, until: now, endedBy: revision.id, in: db)
            try AreaStore.update(new, in: db)
        }
        for (old, new) in draft.lineage { try RevisionStore.link(old, to: new, by: revision.id, in: db) }
        if let change = draft.change {
            for follower in followers { revision.moved += try follower.follow(change, db) }
            try db.execute("UPDATE area_revision SET moved = \(revision.moved) WHERE id = \(revision.id)")
        }
        try db.publish(
            NewEvent(
                type: "area.changed", subject: "areas", permission: Permission.areaRead.name,
                data: "{\"subject\":\"areas\",\"revision\":\"\(revision.id)\",\"moved\":\(revision.moved)}"))
        return revision
    }
}

extension AreaEditor {
    /// The history of the borders, newest first.
    public static func revisions(before: ID<AreaRevision>?, limit: Int, in db: any Reading) throws -> [AreaRevision] {
        try RevisionStore.list(before: before, limit: limit, in: db)
    }

    /// Which areas an area came from, and which it became.
    public static func lineage(of id: AreaID, in db: any Reading) throws -> (from: [AreaID], to: [AreaID]) {
        let found = try RevisionStore.lineage(of: id, in: db)
        return (found.from.filter { $0 != id }, found.to.filter { $0 != id })
    }
}
