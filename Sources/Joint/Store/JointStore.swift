import Kernel
import Storage

enum JointStore {
    static func find(_ id: CaseID, in db: any Reading) throws -> JointCase? {
        try db.first(JointCase.self, "SELECT \(raw: JointCase.columns) FROM joint_case WHERE case_id = \(id)")
    }

    /// The newest first.
    static func all(limit: Int, in db: any Reading) throws -> [JointCase] {
        try db.all(
            JointCase.self,
            "SELECT \(raw: JointCase.columns) FROM joint_case ORDER BY opened_at DESC, case_id LIMIT \(limit)")
    }

    static func save(_ joint: JointCase, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO joint_case (\(raw: JointCase.columns)) VALUES (\(joint.caseID), \(joint.lead), \(joint.goal),
            \(joint.openedAt), \(joint.openedBy)) ON CONFLICT (case_id) DO UPDATE SET lead = excluded.lead,
            goal = excluded.goal
            """)
    }

    static func tasks(of id: CaseID, in db: any Reading) throws -> [JointTask] {
        try db.all(
            JointTask.self,
            "SELECT \(raw: JointTask.columns) FROM joint_task WHERE case_id = \(id) ORDER BY id LIMIT 200")
    }

    static func task(_ id: JointTaskID, in db: any Reading) throws -> JointTask? {
        try db.first(JointTask.self, "SELECT \(raw: JointTask.columns) FROM joint_task WHERE id = \(id)")
    }

    /// Open tasks of departments, what falls due first.
    static func open(of offices: [OfficeID], in db: any Reading) throws -> [JointTask] {
        guard !offices.isEmpty else { return [] }
        return try db.all(
            JointTask.self,
            """
            SELECT \(raw: JointTask.columns) FROM joint_task WHERE office IN \(list: offices.map(\.rawValue))
            AND state = 'open' ORDER BY due_at, id LIMIT 200
            """)
    }

    /// Open tasks whose time is over, and nobody said so yet.
    static func late(at now: Instant, in db: any Reading) throws -> [JointTask] {
        try db.all(
            JointTask.self,
            """
            SELECT \(raw: JointTask.columns) FROM joint_task WHERE state = 'open' AND due_at <= \(now)
            AND late_at IS NULL ORDER BY due_at, id LIMIT 100
            """)
    }

    static func insert(_ task: JointTask, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO joint_task (\(raw: JointTask.columns)) VALUES (\(task.id), \(task.caseID), \(task.office),
            \(task.text), \(task.dueAt), \(task.state.rawValue), \(task.result), \(task.madeBy), \(task.madeAt),
            \(task.doneBy), \(task.doneAt), \(task.lateAt))
            """)
    }

    static func update(_ task: JointTask, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE joint_task SET due_at = \(task.dueAt), state = \(task.state.rawValue), result = \(task.result),
            done_by = \(task.doneBy), done_at = \(task.doneAt), late_at = \(task.lateAt) WHERE id = \(task.id)
            """)
    }
}

enum TalkStore {
    /// Oldest first.
    static func list(of id: CaseID, in db: any Reading) throws -> [Talk] {
        try db.all(
            Talk.self,
            """
            SELECT \(raw: Talk.columns) FROM (SELECT \(raw: Talk.columns) FROM joint_message WHERE case_id = \(id)
            ORDER BY id DESC LIMIT 500) AS newest ORDER BY id
            """)
    }

    static func insert(_ talk: Talk, calling people: [(id: StaffID, name: String)], in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO joint_message (\(raw: Talk.columns)) VALUES (\(talk.id), \(talk.caseID), \(talk.staff),
            \(talk.name), \(talk.at), \(talk.text))
            """)
        for person in people {
            try db.execute(
                """
                INSERT INTO joint_mention (message, staff, name, case_id) VALUES (\(talk.id), \(person.id),
                \(person.name), \(talk.caseID)) ON CONFLICT (message, staff) DO NOTHING
                """)
        }
    }

    /// Messages that call somebody and that they have not read, newest first.
    static func calling(_ staff: StaffID, in db: any Reading) throws -> [Talk] {
        try db.all(
            Talk.self,
            """
            SELECT m.id, m.case_id, m.staff, m.name, m.at, m.text FROM joint_mention AS c
            JOIN joint_message AS m ON m.id = c.message WHERE c.staff = \(staff) AND c.read_at IS NULL
            ORDER BY m.id DESC LIMIT 50
            """)
    }

    /// - Returns: whether anything was unread.
    static func read(_ id: CaseID, by staff: StaffID, at now: Instant, in db: any Writing) throws -> Bool {
        try db.execute(
            """
            UPDATE joint_mention SET read_at = \(now) WHERE staff = \(staff) AND case_id = \(id) AND read_at IS NULL
            """) > 0
    }
}

enum ReviewStore {
    static func of(_ week: Int, in db: any Reading) throws -> [Conclusion] {
        try db.all(
            Conclusion.self, "SELECT kind, place, text, by_name, at FROM joint_review WHERE week = \(week) LIMIT 500")
    }

    static func save(
        _ text: String, of kind: String, at place: String, week: Int, by name: String, now: Instant,
        in db: any Writing
    ) throws {
        try db.execute(
            """
            INSERT INTO joint_review (week, kind, place, text, by_name, at) VALUES (\(week), \(kind), \(place), \(text),
            \(name), \(now)) ON CONFLICT (week, kind, place) DO UPDATE SET text = excluded.text,
            by_name = excluded.by_name, at = excluded.at
            """)
    }
}
