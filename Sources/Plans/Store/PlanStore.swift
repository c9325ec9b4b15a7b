import Cases
import Kernel
import Storage
import Web

enum PlanStore {
    static func find(_ id: PlanID, in db: any Reading) throws -> Plan? {
        try db.first(Plan.self, "SELECT \(raw: Plan.columns) FROM plan WHERE id = \(id)")
    }

    /// Those in force, by kind and name.
    static func current(in db: any Reading) throws -> [Plan] {
        try db.all(
            Plan.self,
            "SELECT \(raw: Plan.columns) FROM plan WHERE until_at IS NULL ORDER BY kind, severity, name, id LIMIT 500")
    }

    /// The version of a plan that is in force.
    static func current(of family: PlanID, in db: any Reading) throws -> Plan? {
        try db.first(
            Plan.self,
            "SELECT \(raw: Plan.columns) FROM plan WHERE family = \(family) AND until_at IS NULL ORDER BY id DESC LIMIT 1"
        )
    }

    /// All versions for a kind of case that came into force until a moment.
    static func all(for kind: String, until moment: Instant, in db: any Reading) throws -> [Plan] {
        try db.all(
            Plan.self,
            """
            SELECT \(raw: Plan.columns) FROM plan WHERE kind = \(kind) AND from_at <= \(moment)
            AND (until_at IS NULL OR until_at > \(moment)) ORDER BY id LIMIT 500
            """)
    }

    static func insert(_ plan: Plan, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO plan (\(raw: Plan.columns)) VALUES (\(plan.id), \(plan.family), \(plan.name),
            \(plan.kind.rawValue), \(Int64(plan.severity.rawValue)), \(try JSON.text(plan.content)), \(plan.from),
            \(plan.until))
            """)
    }

    static func retire(_ family: PlanID, at now: Instant, in db: any Writing) throws {
        try db.execute("UPDATE plan SET until_at = \(now) WHERE family = \(family) AND until_at IS NULL")
    }

    static func ticks(of id: CaseID, plan: PlanID, in db: any Reading) throws -> [Tick] {
        try db.all(
            Tick.self,
            """
            SELECT step, at, name, note FROM plan_tick WHERE case_id = \(id) AND plan = \(plan) ORDER BY step LIMIT 200
            """)
    }

    /// - Returns: whether it was not done before.
    static func add(_ tick: Tick, of id: CaseID, plan: PlanID, by staff: StaffID, in db: any Writing) throws -> Bool {
        try db.execute(
            """
            INSERT INTO plan_tick (id, case_id, plan, step, at, staff, name, note) VALUES (\(PlanID.next()), \(id),
            \(plan), \(Int64(tick.step)), \(tick.at), \(staff), \(tick.name), \(tick.note))
            ON CONFLICT (case_id, plan, step) DO NOTHING
            """) == 1
    }
}

enum DrillStore {
    static func find(_ id: DrillID, in db: any Reading) throws -> Drill? {
        try db.first(Drill.self, "SELECT \(raw: Drill.columns) FROM drill WHERE id = \(id)")
    }

    /// Newest first.
    static func page(before: (Instant, DrillID)? = nil, limit: Int, in db: any Reading) throws -> [Drill] {
        let older: SQL =
            before.map { "planned_at < \($0.0) OR (planned_at = \($0.0) AND id < \($0.1))" } ?? "1 = 1"
        return try db.all(
            Drill.self,
            """
            SELECT \(raw: Drill.columns) FROM drill WHERE \(older) ORDER BY planned_at DESC, id DESC
            LIMIT \(Int64(limit))
            """)
    }

    /// Those that begin by themselves, and whose time has come.
    static func due(at now: Instant, in db: any Reading) throws -> [Drill] {
        try db.all(
            Drill.self,
            """
            SELECT \(raw: Drill.columns) FROM drill WHERE ended_at IS NULL AND started_at IS NULL AND by_itself = 1
            AND planned_at <= \(now) ORDER BY planned_at, id LIMIT 20
            """)
    }

    /// Those whose frame was announced and not heard yet.
    static func unheard(in db: any Reading) throws -> [Drill] {
        try db.all(
            Drill.self,
            """
            SELECT \(raw: Drill.columns) FROM drill WHERE ended_at IS NULL AND started_at IS NOT NULL
            AND case_id IS NULL AND detector IS NOT NULL ORDER BY planned_at, id LIMIT 20
            """)
    }

    static func insert(_ drill: Drill, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO drill (\(raw: Drill.columns)) VALUES (\(drill.id), \(drill.family), \(drill.title),
            \(drill.place), \(drill.plannedAt), \(drill.caseID), \(drill.startedAt), \(drill.endedAt),
            \(drill.madeBy), \(drill.lesson), \(drill.detector), \(drill.startsItself), \(drill.failure))
            """)
    }

    static func update(_ drill: Drill, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE drill SET case_id = \(drill.caseID), started_at = \(drill.startedAt),
            ended_at = \(drill.endedAt), lesson = \(drill.lesson), failure = \(drill.failure) WHERE id = \(drill.id)
            """)
    }
}
