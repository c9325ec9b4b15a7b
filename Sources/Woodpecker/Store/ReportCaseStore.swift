import Kernel
import Storage

/// What a list of report cases is narrowed to.
struct ReportFilter: Sendable {
    /// `new` 待分派, `assigned`, `waiting` for a word to a reporter, `done`.
    var stage: String?
    var category: String?
    var department: DepartmentID?
    var area: AreaID?
    var overdueAt: Instant?
    var from: Instant?
    var to: Instant?
    var before: CaseID?
    /// Who reads sees the cases of these departments alone; `nil` sees all.
    var departments: [DepartmentID]?
    /// Whether what is said about the centre itself is shown.
    var seesLeaderOnly = false
    /// Holders about which who reads sees nothing: the own departments.
    var notAbout: [String] = []

    var conditions: SQL {
        var all: [SQL] = ["1 = 1"]
        switch stage {
        case "new": all.append("department IS NULL AND outcome = ''")
        case "assigned": all.append("department IS NOT NULL AND outcome = ''")
        case "waiting": all.append("waits = 1")
        case "done": all.append("outcome <> ''")
        default: break
        }
        if let category { all.append("category = \(category)") }
        if let department { all.append("department = \(department)") }
        if let area { all.append("area = \(area)") }
        if let overdueAt { all.append("outcome = '' AND due_at < \(overdueAt)") }
        if let from { all.append("opened_at >= \(from)") }
        if let to { all.append("opened_at < \(to)") }
        if let before { all.append("case_id < \(before)") }
        if let departments {
            all.append(
                """
                (department IN \(list: departments) OR case_id IN (SELECT case_id FROM report_assist
                WHERE department IN \(list: departments)))
                """)
        }
        if !seesLeaderOnly { all.append("about <> 'desk'") }
        if !notAbout.isEmpty { all.append("about NOT IN \(list: notAbout)") }
        return SQL.joined(all, by: " AND ")
    }
}

enum ReportCaseStore {
    struct NewRow: Sendable {
        var id: CaseID
        var category: String
        var area: AreaID?
        var point: GeoPoint?
        var about: String
        var openedAt: Instant
        var dueAt: Instant
        var answerDueAt: Instant
    }

    static func insert(_ new: NewRow, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO report_case (\(raw: ReportCase.columns)) VALUES (\(new.id), \(new.category), \(new.area),
            \(new.point?.lat), \(new.point?.lon), \(new.about), NULL, \(new.openedAt), \(new.dueAt),
            \(new.answerDueAt), NULL, NULL, '', NULL, 0, 0, 0, 1, '', NULL, \(new.dueAt), 0, 0)
            """)
    }

    static func find(_ id: CaseID, in db: any Reading) throws -> ReportCase? {
        try db.first(ReportCase.self, "SELECT \(raw: ReportCase.columns) FROM report_case WHERE case_id = \(id)")
    }

    static func page(_ filter: ReportFilter, limit: Int, in db: any Reading) throws -> [ReportCase] {
        try db.all(
            ReportCase.self,
            """
            SELECT \(raw: ReportCase.columns) FROM report_case WHERE \(filter.conditions)
            ORDER BY case_id DESC LIMIT \(Int64(limit))
            """)
    }

    /// Open cases of a category in a square around a place.
    static func near(
        _ category: String, south: Double, north: Double, west: Double, east: Double, in db: any Reading
    ) throws -> [ReportCase] {
        try db.all(
            ReportCase.self,
            """
            SELECT \(raw: ReportCase.columns) FROM report_case WHERE category = \(category) AND outcome = ''
            AND about = '' AND lat BETWEEN \(south) AND \(north) AND lon BETWEEN \(west) AND \(east)
            ORDER BY case_id DESC LIMIT 20
            """)
    }

    /// Cases of which something was due in a time: the end, or the first word.
    static func due(from: Instant, to: Instant, in db: any Reading) throws -> [ReportCase] {
        try db.all(
            ReportCase.self,
            """
            SELECT \(raw: ReportCase.columns) FROM report_case WHERE (first_due_at >= \(from)
            AND first_due_at < \(to)) OR (answer_due_at >= \(from) AND answer_due_at < \(to))
            ORDER BY case_id LIMIT 100000
            """)
    }

    /// What Open311 lists: nothing that is not for everybody.
    static func open311(
        categories: [String], isOpen: Bool?, from: Instant, to: Instant, limit: Int, offset: Int, in db: any Reading
    ) throws -> [ReportCase] {
        let state: SQL = isOpen.map { $0 ? "outcome = ''" : "outcome <> ''" } ?? "1 = 1"
        return try db.all(
            ReportCase.self,
            """
            SELECT \(raw: ReportCase.columns) FROM report_case WHERE opened_at BETWEEN \(from) AND \(to)
            AND about = '' AND category IN \(list: categories) AND \(state)
            ORDER BY opened_at DESC, case_id DESC LIMIT \(limit) OFFSET \(offset)
            """)
    }

    /// Cases of which something became known in a time.
    static func changed(from: Instant, to: Instant, in db: any Reading) throws -> [ReportCase] {
        try db.all(
            ReportCase.self,
            """
            SELECT \(raw: ReportCase.columns) FROM report_case WHERE finished_at BETWEEN \(from) AND \(to)
            OR (finished_at IS NULL AND handed_at BETWEEN \(from) AND \(to)) ORDER BY case_id LIMIT 1000
            """)
    }

    static func handOver(_ id: CaseID, to department: DepartmentID?, at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE report_case SET department = \(department), handed_at = \(department == nil ? nil : now)
            WHERE case_id = \(id)
            """)
    }

    static func answered(_ id: CaseID, at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE report_case SET answered_at = COALESCE(answered_at, \(now)), waits = 0 WHERE case_id = \(id)
            """)
    }

    static func setOutcome(_ id: CaseID, _ outcome: Outcome?, at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE report_case SET outcome = \(outcome?.rawValue ?? ""), finished_at = \(outcome == nil ? nil : now),
            waits = 0 WHERE case_id = \(id)
            """)
    }

    static func reopened(_ id: CaseID, due: Instant, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE report_case SET outcome = '', finished_at = NULL, waits = 1, reopened = reopened + 1,
            due_at = \(due), public_words = '', published_at = NULL WHERE case_id = \(id)
            """)
    }

    static func waits(_ id: CaseID, in db: any Writing) throws {
        try db.execute("UPDATE report_case SET waits = 1 WHERE case_id = \(id)")
    }

    static func returned(_ id: CaseID, by department: DepartmentID, at now: Instant, in db: any Writing) throws {
        try db.execute(
            "UPDATE report_case SET returns = returns + 1, department = NULL, handed_at = NULL WHERE case_id = \(id)")
        try db.execute(
            """
            INSERT INTO report_return (id, case_id, department, at)
            VALUES (\(ID<ReportCase>.next()), \(id), \(department), \(now))
            """)
    }

    static func extended(_ id: CaseID, days: Int, due: Instant, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE report_case SET extensions = extensions + 1, extended_days = extended_days + \(Int64(days)),
            due_at = \(due) WHERE case_id = \(id)
            """)
    }

    static func suspended(_ id: CaseID, in db: any Writing) throws {
        try db.execute("UPDATE report_case SET suspensions = suspensions + 1 WHERE case_id = \(id)")
    }

    /// How often each department gave back a case that was due in a time.
    static func returns(dueFrom from: Instant, to: Instant, in db: any Reading) throws -> [DepartmentID: Int] {
        var counts: [DepartmentID: Int] = [:]
        try db.query(
            """
            SELECT report_return.department, COUNT(DISTINCT report_return.case_id) FROM report_return
            JOIN report_case ON report_case.case_id = report_return.case_id
            WHERE first_due_at >= \(from) AND first_due_at < \(to) GROUP BY report_return.department
            """
        ) { row in
            var row = row
            counts[try row.next()] = Int(try row.next(Int64.self))
            return true
        }
        return counts
    }

    /// What reporters said of cases of which something was due in a time.
    static func ratings(dueFrom from: Instant, to: Instant, in db: any Reading) throws -> [CaseID: [Rating]] {
        var ratings: [CaseID: [Rating]] = [:]
        try db.query(
            """
            SELECT report.case_id, report.rating FROM report JOIN report_case ON report_case.case_id = report.case_id
            WHERE first_due_at >= \(from) AND first_due_at < \(to) AND report.rating <> ''
            """
        ) { row in
            var row = row
            let id: CaseID = try row.next()
            if let rating = Rating(rawValue: try row.next(String.self)) { ratings[id, default: []].append(rating) }
            return true
        }
        return ratings
    }

    static func publish(_ id: CaseID, words: String, at now: Instant?, in db: any Writing) throws {
        try db.execute(
            "UPDATE report_case SET public_words = \(words), published_at = \(now) WHERE case_id = \(id)")
    }

    static func published(before: Instant?, limit: Int, in db: any Reading) throws -> [ReportCase] {
        try db.all(
            ReportCase.self,
            """
            SELECT \(raw: ReportCase.columns) FROM report_case WHERE published_at < \(before ?? Instant(ms: .max))
            ORDER BY published_at DESC, case_id DESC LIMIT \(Int64(limit))
            """)
    }
}
