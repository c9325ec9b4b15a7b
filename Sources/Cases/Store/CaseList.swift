import Kernel
import Storage

/// What a list of cases is narrowed to.
public struct CaseFilter: Sendable {
    /// Open ones alone.
    public var onlyOpen = false
    /// Those alone that a leader watches.
    public var onlySupervised = false
    /// Where it stands.
    public var phase: CasePhase?
    /// What kind it is.
    public var kind: CaseKind?
    /// What it turned out to be.
    public var verdict: Verdict?
    /// How grave, 1…4.
    public var severity: Severity?
    /// The area it lies in.
    public var area: AreaID?
    /// Those of these areas and of no known place; `nil` is the whole town.
    public var areas: [AreaID]?
    /// What it is about, such as `sites/…`; empty where there is nothing.
    public var subject: String?
    /// Those that a clock has run out on at this moment.
    public var overdueAt: Instant?
    /// Opened at or after.
    public var from: Instant?
    /// To whom.
    public var to: Instant?
    /// The words.
    public var text: String?
    /// The last case seen: the list goes on with older ones.
    public var before: CaseID?

    /// Everything.
    public init() {}

    var conditions: SQL {
        var all: [SQL] = ["1 = 1"]
        if onlyOpen { all.append("is_open = 1") }
        if onlySupervised { all.append("supervised = 1") }
        if let phase { all.append("state = \(phase.rawValue)") }
        if let kind { all.append("kind = \(kind.rawValue)") }
        if let verdict { all.append("verdict = \(verdict.rawValue)") }
        if let severity { all.append("severity = \(Int64(severity.rawValue))") }
        if let area { all.append("area = \(area.rawValue)") }
        if let areas { all.append("(area IS NULL OR area IN \(list: areas))") }
        if let subject { all.append("subject = \(subject)") }
        if let overdueAt { all.append("is_open = 1 AND due_at < \(overdueAt)") }
        if let from { all.append("opened_at >= \(from)") }
        if let to { all.append("opened_at < \(to)") }
        if let before { all.append("id < \(before.rawValue)") }
        if let text {
            let pattern = "%" + text.replacing("%", with: "").replacing("_", with: "") + "%"
            all.append("(title LIKE \(pattern) OR place LIKE \(pattern) OR number LIKE \(pattern))")
        }
        return SQL.joined(all, by: " AND ")
    }
}

enum CaseList {
    static func page(_ filter: CaseFilter, limit: Int, in db: any Reading) throws -> [CaseRecord] {
        try db.all(
            CaseRecord.self,
            """
            SELECT \(raw: CaseRecord.columns) FROM case_record WHERE \(filter.conditions)
            ORDER BY id DESC LIMIT \(Int64(limit))
            """)
    }

    /// Numbers of the desk's head: open cases, and those that a clock has run out on.
    static func counts(
        of areas: [AreaID]?, at now: Instant, in db: any Reading
    ) throws -> (open: Int64, overdue: Int64) {
        var filter = CaseFilter()
        filter.onlyOpen = true
        filter.areas = areas
        let open =
            try db.value(Int64.self, "SELECT COUNT(*) FROM case_record WHERE \(filter.conditions)") ?? 0
        filter.overdueAt = now
        let overdue =
            try db.value(Int64.self, "SELECT COUNT(*) FROM case_record WHERE \(filter.conditions)") ?? 0
        return (open, overdue)
    }
}
