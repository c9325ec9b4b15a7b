import Kernel
import Storage

/// A subject on its way up a policy.
struct Climb: Sendable, RowDecodable {
    var subject: String
    var policy: String
    var caseID: CaseID
    var area: AreaID?
    var text: String
    /// The number of the step that comes next, from 0.
    var step: Int64
    /// The policy as it was at the start, JSON; `nil` for climbs that began before policies were kept.
    var rule: String?
    /// What templates of its messages are filled with.
    var content: MessageContent?

    init(
        subject: String, policy: String, caseID: CaseID, area: AreaID?, text: String, step: Int64, rule: String?,
        content: MessageContent? = nil
    ) {
        self.content = content
        self.subject = subject
        self.policy = policy
        self.caseID = caseID
        self.area = area
        self.text = text
        self.step = step
        self.rule = rule
    }

    init(row: inout Row) throws {
        subject = try row.next()
        policy = try row.next()
        caseID = try row.next()
        area = try row.next()
        text = try row.next()
        step = try row.next()
        rule = try row.next()
        content = MessageContent(kind: try row.next(), stored: try row.next())
    }
}

enum EscalationStore {
    static func start(_ climb: Climb, at now: Instant, nextAt: Instant, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO escalation (subject, policy, case_id, area, text, started_at, step, next_at, rule,
            kind, variables, set_at)
            VALUES (\(climb.subject), \(climb.policy), \(climb.caseID), \(climb.area), \(climb.text), \(now),
            \(climb.step), \(nextAt), \(climb.rule), \(climb.content?.kind), \(climb.content?.stored), \(now))
            ON CONFLICT (subject) DO NOTHING
            """)
    }

    static func end(_ subject: String, at now: Instant, in db: any Writing) throws {
        try db.execute(
            "UPDATE escalation SET ended_at = \(now), next_at = NULL WHERE subject = \(subject) AND ended_at IS NULL")
    }

    /// Brings the next step of a subject forward to `now`; whether there is one that was to come later. Where the
    /// steps are through and merely repeated, haste would only burn quotas.
    static func hurry(_ subject: String, at now: Instant, in db: any Writing) throws -> Bool {
        try db.execute(
            """
            UPDATE escalation SET next_at = \(now) WHERE subject = \(subject) AND ended_at IS NULL
            AND next_at > \(now) AND step < 8 AND hurried_step < step
            """) > 0
            && db.execute("UPDATE escalation SET hurried_step = step WHERE subject = \(subject)") > 0
    }

    /// What is due, the earliest first, and what a clock that was put back since has set too far ahead: each by an index
    /// of its own, whatever else climbs.
    static func due(at now: Instant, limit: Int64, in db: any Reading) throws -> [Climb] {
        let due = try db.all(Climb.self, dueQuery(at: now, limit: limit))
        guard due.count < limit else { return due }
        return try due + db.all(Climb.self, steppedBackQuery(at: now, limit: limit - Int64(due.count)))
    }

    static func dueQuery(at now: Instant, limit: Int64) -> SQL {
        "SELECT \(raw: columns) FROM escalation WHERE next_at <= \(now) ORDER BY next_at LIMIT \(limit)"
    }

    static func steppedBackQuery(at now: Instant, limit: Int64) -> SQL {
        """
        SELECT \(raw: columns) FROM escalation WHERE set_at > \(now + steppedBackMs) AND next_at > \(now)
        ORDER BY set_at LIMIT \(limit)
        """
    }

    private static let columns = "subject, policy, case_id, area, text, step, rule, kind, variables"

    static func nextDue(at now: Instant, in db: any Reading) throws -> Instant? {
        let early = try db.value(
            Int64.self,
            "SELECT 1 FROM escalation WHERE set_at > \(now + steppedBackMs) AND next_at IS NOT NULL LIMIT 1")
        if early != nil { return now }
        return try db.value(Instant?.self, "SELECT MIN(next_at) FROM escalation") ?? nil
    }

    static func advance(
        _ subject: String, to step: Int64, nextAt: Instant, at now: Instant, in db: any Writing
    ) throws {
        try db.execute(
            """
            UPDATE escalation SET step = \(step), next_at = \(nextAt), set_at = \(now) WHERE subject = \(subject)
            """)
    }

    /// Milliseconds by which clocks of nodes may differ; a step set further ahead comes from a clock that was put back
    /// since, and is done now rather than an hour late.
    private static let steppedBackMs: Int64 = 60_000
}
