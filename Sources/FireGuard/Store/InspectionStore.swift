import Kernel
import Storage

/// The inspections' table: for each site and kind one that is owed, and those that were done.
enum InspectionStore {
    /// Makes the first ones of a new site owed.
    static func start(_ site: SiteID, at now: Instant, in db: any Writing) throws {
        for kind in Inspection.Kind.allCases {
            try owe(site, kind, by: now + Int64(kind.periodDays) * CivilTime.dayMs, in: db)
        }
    }

    static func owe(_ site: SiteID, _ kind: Inspection.Kind, by due: Instant, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO inspection (id, site, kind, due_at, done_at, done_by, passed, note)
            VALUES (\(ID<Inspection>.next()), \(site), \(kind), \(due), \(Instant?.none), '', 0, '')
            ON CONFLICT (site, kind) WHERE done_at IS NULL DO NOTHING
            """)
    }

    static func find(_ id: ID<Inspection>, in db: any Reading) throws -> Inspection? {
        try db.first(Inspection.self, "SELECT \(raw: Inspection.columns) FROM inspection WHERE id = \(id)")
    }

    /// Records what was done and owes the next one.
    static func record(
        _ inspection: Inspection, passed: Bool, note: String, by name: String, at now: Instant, in db: any Writing
    ) throws {
        let changed = try db.execute(
            """
            UPDATE inspection SET done_at = \(now), done_by = \(name), passed = \(passed), note = \(note)
            WHERE id = \(inspection.id) AND done_at IS NULL
            """)
        guard changed == 1 else { throw Problem.conflict("inspection.done") }
        try owe(
            inspection.site, inspection.kind, by: now + Int64(inspection.kind.periodDays) * CivilTime.dayMs, in: db)
    }

    static func list(_ filter: InspectionFilter, limit: Int, in db: any Reading) throws -> [Inspection] {
        try db.all(
            Inspection.self,
            "SELECT \(raw: Inspection.columns) FROM inspection WHERE \(filter.sql) ORDER BY id DESC LIMIT \(limit)")
    }

    /// Inspections whose day is over and which have no open trouble yet.
    static func overdue(at now: Instant, limit: Int, in db: any Reading) throws -> [Inspection] {
        try db.all(
            Inspection.self,
            """
            SELECT \(raw: Inspection.columns) FROM inspection WHERE done_at IS NULL AND due_at < \(now)
              AND NOT EXISTS (SELECT 1 FROM trouble WHERE trouble.site = inspection.site
                AND trouble.kind = \(Trouble.Kind.inspectionOverdue) AND trouble.ended_at IS NULL)
            ORDER BY due_at LIMIT \(limit)
            """)
    }
}

/// Which inspections a list shows.
struct InspectionFilter: Sendable {
    var before: ID<Inspection>?
    var site: SiteID?
    /// Only those that are still owed.
    var owedOnly = false
    var areas: [AreaID]?
    var owner: StaffID?

    fileprivate var sql: SQL {
        var conditions: [SQL] = ["1 = 1"]
        if let before { conditions.append("id < \(before)") }
        if let site { conditions.append("site = \(site)") }
        if owedOnly { conditions.append("done_at IS NULL") }
        if let areas { conditions.append("site IN (SELECT id FROM site WHERE area IN \(list: areas))") }
        if let owner { conditions.append("site IN (SELECT id FROM site WHERE owner = \(owner))") }
        return SQL.joined(conditions, by: " AND ")
    }
}

extension Inspection: RowDecodable {
    static let columns = "id, site, kind, due_at, done_at, done_by, passed, note"

    /// Reads the columns of an inspection.
    public init(row: inout Row) throws {
        id = try row.next()
        site = try row.next()
        kind = try row.next()
        dueAt = try row.next()
        doneAt = try row.next()
        doneBy = try row.next()
        passed = try row.next()
        note = try row.next()
    }
}
