import Geo
import Kernel
import Storage

/// The history of the borders.
enum RevisionStore {
    private static let columns = "id, at, actor_name, kind, note, undoes, undone_by, moved"

    static func last(in db: any Reading) throws -> ID<AreaRevision>? {
        try db.value(ID<AreaRevision>.self, "SELECT id FROM area_revision ORDER BY id DESC LIMIT 1")
    }

    static func find(_ id: ID<AreaRevision>, in db: any Reading) throws -> AreaRevision? {
        try db.first(AreaRevision.self, "SELECT \(raw: columns) FROM area_revision WHERE id = \(id)")
    }

    static func list(before: ID<AreaRevision>?, limit: Int, in db: any Reading) throws -> [AreaRevision] {
        let older: SQL = if let before { "id < \(before)" } else { "1 = 1" }
        return try db.all(
            AreaRevision.self,
            "SELECT \(raw: columns) FROM area_revision WHERE \(older) ORDER BY id DESC LIMIT \(limit)")
    }

    /// The newest change that was not taken back and is no taking back itself.
    static func undoable(in db: any Reading) throws -> AreaRevision? {
        try db.first(
            AreaRevision.self,
            """
            SELECT \(raw: columns) FROM area_revision WHERE undone_by IS NULL AND undoes IS NULL
            ORDER BY id DESC LIMIT 1
            """)
    }

    static func insert(_ revision: AreaRevision, actor: StaffID?, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO area_revision (id, at, actor, actor_name, kind, note, undoes, undone_by, moved)
            VALUES (\(revision.id), \(revision.at), \(actor), \(revision.actorName), \(revision.kind),
              \(revision.note), \(revision.undoes), \(revision.undoneBy), \(revision.moved))
            """)
        if let undone = revision.undoes {
            try db.execute("UPDATE area_revision SET undone_by = \(revision.id) WHERE id = \(undone)")
        }
    }

    /// Keeps how an area stood until now.
    static func keep(_ area: Area, until now: Instant, endedBy: ID<AreaRevision>, in db: any Writing) throws {
        let begun = try db.value(
            Int64.self,
            """
            SELECT ended_by FROM area_version WHERE area = \(area.id) AND ended_by IS NOT NULL
            ORDER BY ended_by DESC LIMIT 1
            """)
        try db.execute(
            """
            INSERT INTO area_version (area, begun_by, name, code, parent, geometry, valid_from, valid_until, ended_by)
            VALUES (\(area.id), \(begun ?? 0), \(area.name), \(area.code), \(area.parent), \(area.geometry.geoJSON),
              \(area.validFrom), \(now), \(endedBy))
            """)
    }

    /// How the areas stood that a revision changed.
    static func kept(by revision: ID<AreaRevision>, in db: any Reading) throws -> [Area] {
        try db.all(
            Area.self,
            """
            SELECT v.area, a.kind, v.name, v.parent, v.geometry, v.code, v.valid_from, v.valid_until
            FROM area_version v JOIN area a ON a.id = v.area WHERE v.ended_by = \(revision) ORDER BY v.area
            """)
    }

    static func link(_ old: AreaID, to new: AreaID, by revision: ID<AreaRevision>, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO area_lineage (revision, predecessor, successor) VALUES (\(revision), \(old), \(new))
            ON CONFLICT (predecessor, successor) DO NOTHING
            """)
    }

    /// The areas that a revision made.
    static func made(by revision: ID<AreaRevision>, in db: any Reading) throws -> [AreaID] {
        try db.values(
            AreaID.self, "SELECT DISTINCT successor FROM area_lineage WHERE revision = \(revision) ORDER BY successor")
    }

    /// Which areas an area came from, and which it became.
    static func lineage(of id: AreaID, in db: any Reading) throws -> (from: [AreaID], to: [AreaID]) {
        (
            try db.values(
                AreaID.self, "SELECT predecessor FROM area_lineage WHERE successor = \(id) ORDER BY predecessor"),
            try db.values(
                AreaID.self, "SELECT successor FROM area_lineage WHERE predecessor = \(id) ORDER BY successor")
        )
    }
}

extension AreaRevision: RowDecodable {
    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        at = try row.next()
        actorName = try row.next()
        kind = try row.next()
        note = try row.next()
        undoes = try row.next()
        undoneBy = try row.next()
        moved = try row.next()
    }
}
