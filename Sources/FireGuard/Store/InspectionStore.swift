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
            """
            SELECT \(raw: Inspection.columns) FROM inspection WHERE \(filter.sql)
            ORDER BY \(raw: filter.owedOnly ? "due_at, id" : "due_at DESC, id DESC") LIMIT \(limit)
            """)
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

/// Which inspections a list shows: the last due first, of those that are owed the next first.
struct InspectionFilter: Sendable {
    /// Only those behind this one.
    var after: ID<Inspection>?
    var site: SiteID?
    /// Only those that are still owed.
    var owedOnly = false
    /// Only those that were done, and well or not.
    var passed: Bool?
    var kind: Inspection.Kind?
    /// Only those due before this moment.
    var dueBefore: Instant?
    /// Only those due on or after this day.
    var from: Instant?
    /// Only those due before this day.
    var to: Instant?
    /// Part of the site's name.
    var siteText: String?
    var areas: [AreaID]?
    var owner: StaffID?

    fileprivate var sql: SQL {
        var conditions: [SQL] = ["1 = 1"]
        if let after {
            let last: SQL = "(SELECT due_at, id FROM inspection WHERE id = \(after))"
            conditions.append(owedOnly ? "(due_at, id) > \(last)" : "(due_at, id) < \(last)")
        }
        if let site { conditions.append("site = \(site)") }
        if owedOnly { conditions.append("done_at IS NULL") }
        if let passed { conditions.append("done_at IS NOT NULL AND passed = \(passed)") }
        if let kind { conditions.append("kind = \(kind)") }
        if let dueBefore { conditions.append("due_at < \(dueBefore)") }
        if let from { conditions.append("due_at >= \(from)") }
        if let to { conditions.append("due_at < \(to)") }
        if let siteText {
            let pattern = "%" + siteText.filter { $0 != "%" && $0 != "_" && $0 != "\\" } + "%"
            conditions.append("site IN (SELECT id FROM site WHERE name LIKE \(pattern))")
        }
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
