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

    /// Puts the borders of a file in the place of those in force.
    /// - Throws: ``AreaEditError``; nothing is changed then.
    public func bring(
        _ rows: [AreaRow], base: ID<AreaRevision>?, by actor: StaffID?, name: String, at now: Instant,
        in db: any Writing
    ) throws -> AreaRevision {
        let last = try RevisionStore.last(in: db)
        guard base == last else { throw AreaEditError.stale(last) }
        let (draft, counts) = try Self.drafted(rows, at: now, in: db)
        guard counts.added + counts.changed + counts.ended > 0 else { throw AreaEditError.nothingNew }
        return try store(draft, kind: "import", undoes: nil, by: actor, name: name, at: now, in: db)
    }

    /// What ``bring(_:base:by:name:at:in:)`` would change; nothing is changed.
    public static func tried(_ rows: [AreaRow], at now: Instant, in db: any Reading) throws -> AreaImportCounts {
        try drafted(rows, at: now, in: db).1
    }

    private static func drafted(
        _ rows: [AreaRow], at now: Instant, in db: any Reading
    ) throws -> (AreaDraft, AreaImportCounts) {
        var draft = AreaDraft(try AreaStore.all(in: db), format: try AreaStore.codeFormat(in: db), at: now)
        do {
            try draft.take(rows)
        } catch let fault as CoverageFault {
            throw AreaEditError.fault(fault)
        }
        return (draft, draft.counts)
    }

    /// How areas are numbered.
    public static func codeFormat(in db: any Reading) throws -> AreaCodeFormat { try AreaStore.codeFormat(in: db) }

    /// Numbers areas in another format from now on; codes in force get its lengths, with the numbers that they have.
    public func setCodeFormat(
        _ format: AreaCodeFormat, by actor: StaffID?, name: String, at now: Instant, in db: any Writing
    ) throws -> AreaRevision {
        var draft = AreaDraft(try AreaStore.all(in: db), format: format, at: now)
        try draft.recode(to: format)
        try AreaStore.setCodeFormat(format, in: db)
        return try store(draft, kind: "codes", undoes: nil, by: actor, name: name, at: now, in: db)
    }

    /// Takes the newest change back.
    public func undo(by actor: StaffID?, name: String, at now: Instant, in db: any Writing) throws -> AreaRevision {
        guard let target = try RevisionStore.undoable(in: db) else { throw AreaEditError.nothingToUndo }
        // A format is not taken back with the codes: whoever wants the old one sets it again.
        guard target.kind != "codes" else { throw AreaEditError.nothingToUndo }
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

    /// The areas as they stood at a moment, each with the border it had then.
    public static func areas(at moment: Instant, in db: any Reading) throws -> [Area] {
        try AreaStore.all(at: moment, in: db)
    }

    /// Which areas an area came from, and which it became.
    public static func lineage(of id: AreaID, in db: any Reading) throws -> (from: [AreaID], to: [AreaID]) {
        let found = try RevisionStore.lineage(of: id, in: db)
        return (found.from.filter { $0 != id }, found.to.filter { $0 != id })
    }
}
