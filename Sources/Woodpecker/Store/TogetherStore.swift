import Kernel
import Storage
import Web

/// Departments that help the one in charge.
enum AssistStore {
    static func departments(of id: CaseID, in db: any Reading) throws -> [DepartmentID] {
        try db.values(
            DepartmentID.self, "SELECT department FROM report_assist WHERE case_id = \(id) ORDER BY at, department")
    }

    static func add(_ id: CaseID, _ department: DepartmentID, at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO report_assist (case_id, department, at) VALUES (\(id), \(department), \(now))
            ON CONFLICT (case_id, department) DO NOTHING
            """)
    }

    static func remove(_ id: CaseID, _ department: DepartmentID, in db: any Writing) throws {
        try db.execute("DELETE FROM report_assist WHERE case_id = \(id) AND department = \(department)")
    }
}

/// Calls back to reporters.
enum CallBackStore {
    /// What came of a call.
    enum Result: String, Sendable, CaseIterable {
        case satisfied, acceptable, dissatisfied, unreached

        var rating: Rating? { Rating(rawValue: rawValue) }
    }

    static func add(
        _ id: CaseID, _ report: ReportID, by staff: StaffID, _ result: Result, at now: Instant, in db: any Writing
    ) throws {
        try db.execute(
            """
            INSERT INTO report_call (id, case_id, report, staff, at, result) VALUES (\(ID<Result>.next()), \(id),
            \(report), \(staff), \(now), \(result.rawValue))
            """)
    }

    /// Of cases that were due in a time: those whose reporters were called, each with whether one was reached.
    static func reached(dueFrom from: Instant, to: Instant, in db: any Reading) throws -> [CaseID: Bool] {
        var reached: [CaseID: Bool] = [:]
        try db.query(
            """
            SELECT report_call.case_id, report_call.result FROM report_call
            JOIN report_case ON report_case.case_id = report_call.case_id
            WHERE first_due_at >= \(from) AND first_due_at < \(to)
            """
        ) { row in
            var row = row
            let id: CaseID = try row.next()
            let result = try row.next(String.self)
            reached[id] = (reached[id] ?? false) || result != Result.unreached.rawValue
            return true
        }
        return reached
    }
}

/// Answers that are kept to be used again.
enum TemplateStore {
    struct Template: Sendable, RowDecodable {
        var id: ID<Template>
        var holder: Holder
        var words: String

        init(row: inout Row) throws {
            id = try row.next()
            holder = try row.next()
            words = try row.next()
        }
    }

    /// How many a holder may keep.
    static let limit = 50

    static func list(_ holders: [Holder], in db: any Reading) throws -> [Template] {
        guard !holders.isEmpty else { return [] }
        return try db.all(
            Template.self,
            """
            SELECT id, holder, words FROM answer_template WHERE holder IN \(list: holders.map(\.name))
            ORDER BY id LIMIT 500
            """)
    }

    static func add(_ words: String, of holder: Holder, at now: Instant, in db: any Writing) throws -> ID<Template> {
        guard try list([holder], in: db).count < limit else { throw Problem.conflict("woodpecker.too-many-templates") }
        let id = ID<Template>.next()
        try db.execute(
            "INSERT INTO answer_template (id, holder, words, at) VALUES (\(id), \(holder), \(words), \(now))")
        return id
    }

    static func remove(_ id: ID<Template>, in db: any Writing) throws {
        try db.execute("DELETE FROM answer_template WHERE id = \(id)")
    }
}

/// Photos that everybody may see.
enum PublicPhotoStore {
    struct Photo: Sendable, RowDecodable {
        var id: ID<Photo>
        var caseID: CaseID

        init(row: inout Row) throws {
            id = try row.next()
            caseID = try row.next()
        }
    }

    static func keep(
        _ image: [UInt8], of report: ReportID, _ position: Int, on id: CaseID, at now: Instant, in db: any Writing
    ) throws {
        try db.execute(
            """
            INSERT INTO public_photo (id, case_id, report, position, image, at) VALUES (\(ID<Photo>.next()), \(id),
            \(report), \(Int64(position)), \(image), \(now)) ON CONFLICT (case_id, report, position)
            DO UPDATE SET image = excluded.image, at = excluded.at
            """)
    }

    static func list(of ids: [CaseID], in db: any Reading) throws -> [Photo] {
        guard !ids.isEmpty else { return [] }
        return try db.all(
            Photo.self, "SELECT id, case_id FROM public_photo WHERE case_id IN \(list: ids) ORDER BY id LIMIT 4000")
    }

    /// The picture, where its case is shown to everybody, or to who handles it.
    static func image(_ id: ID<Photo>, of own: CaseID? = nil, in db: any Reading) throws -> [UInt8]? {
        let whose: SQL = own.map { "public_photo.case_id = \($0)" } ?? "report_case.published_at IS NOT NULL"
        return try db.value(
            [UInt8].self,
            """
            SELECT image FROM public_photo JOIN report_case ON report_case.case_id = public_photo.case_id
            WHERE public_photo.id = \(id) AND \(whose)
            """)
    }

    static func remove(_ id: ID<Photo>, of own: CaseID, in db: any Writing) throws -> Bool {
        try db.execute("DELETE FROM public_photo WHERE id = \(id) AND case_id = \(own)") > 0
    }

    static func erase(_ report: ReportID, in db: any Writing) throws {
        try db.execute("DELETE FROM public_photo WHERE report = \(report)")
    }
}
