import Kernel
import Storage
import Web

extension Permission {
    /// See cases; also what their events ask for.
    public static let caseRead = Permission(
        "case.read", [.officer, .leader, .brigade, .patrol, .grid, .clerk, .admin, .auditor])
    /// Move cases; which moves is decided by role and state.
    public static let caseMove = Permission("case.move", [.officer, .leader, .clerk, .brigade, .patrol, .grid])
    /// Send units.
    public static let caseDispatch = Permission("case.dispatch", [.officer, .leader])
    /// Report on tasks of the own unit.
    public static let taskReport = Permission("task.report", [.brigade, .patrol, .grid])
    /// See which days count as working days.
    public static let calendarRead = Permission("calendar.read", [.officer, .leader, .clerk, .admin, .auditor])
    /// Change units.
    public static let unitManage = Permission("unit.manage", [.leader, .admin])
}

/// What other rooms may do with cases: each call is a part of the caller's transaction.
public struct CaseDesk: Sendable {
    /// Working time.
    public let calendar: WorkCalendar
    private var store: CaseStore { CaseStore(calendar: calendar) }

    /// A desk that counts working time by `calendar`.
    public init(calendar: WorkCalendar) { self.calendar = calendar }

    /// Opens the case of a signal; a signal that is known already gets its case again.
    public func open(_ new: NewCase, in db: any Writing) throws -> CaseID {
        if let known = try CaseStore.knownCase(new.signal, in: db) { return known }
        let id = new.id ?? CaseID.next()
        var content = CaseEntry.Content(.opened, text: new.title)
        content.kind = new.kind
        content.severity = new.severity
        let first = CaseEntry(seq: 1, at: new.at, actor: .system(new.signal.source), content: content)
        let number = try CaseStore.nextNumber(at: new.at, in: db)
        try store.insert(new, id: id, number: number, first: first, in: db)
        try CaseStore.addSignal(new.signal, to: id, in: db)
        try publish("case.opened", id, area: new.area, at: new.at, in: db)
        return id
    }

    /// Joins one more signal to a case.
    public func join(_ signal: Signal, text: String, to id: CaseID, at: Instant, in db: any Writing) throws {
        guard try CaseStore.knownCase(signal, in: db) == nil else { return }
        try CaseStore.addSignal(signal, to: id, in: db)
        try append([CaseEntry.Content(.joined, text: text)], to: id, by: .system(signal.source), at: at, in: db)
    }

    /// Raises the severity; a lower or equal one changes nothing.
    public func raiseSeverity(
        to severity: Severity, reason: String, of id: CaseID, at: Instant, in db: any Writing
    ) throws {
        guard let record = try CaseStore.record(id, in: db), record.severity < severity else { return }
        var content = CaseEntry.Content(.severityRaised, text: reason)
        content.severity = severity
        try append([content], to: id, by: .system("severity"), at: at, in: db)
    }

    /// Adds a line.
    public func note(_ text: String, on id: CaseID, by actor: Actor, at: Instant, in db: any Writing) throws {
        try append([CaseEntry.Content(.note, text: text)], to: id, by: actor, at: at, in: db)
    }

    /// The desk has taken the alarm.
    public func acknowledged(_ id: CaseID, by actor: Actor, at: Instant, in db: any Writing) throws {
        try append([CaseEntry.Content(.acknowledged)], to: id, by: actor, at: at, in: db)
    }

    /// It is known what the alarm was. A real one is accepted at once.
    public func verified(
        _ id: CaseID, verdict: Verdict, by actor: Actor, at: Instant, in db: any Writing
    ) throws {
        guard let record = try CaseStore.record(id, in: db) else { throw Problem.notFound }
        var content = CaseEntry.Content(.verified)
        content.verdict = verdict
        var contents = [content]
        if verdict == .real, record.phase == .open { contents.append(CaseEntry.Content(.accepted)) }
        try append(contents, to: id, by: actor, at: at, in: db)
    }

    /// The case that a signal opened or joined, or that its case was merged into.
    public func known(_ signal: Signal, in db: any Reading) throws -> CaseID? {
        try CaseStore.knownCase(signal, in: db)
    }

    /// Keys of the signals of a case that came from `source`.
    public func signals(of id: CaseID, from source: String, in db: any Reading) throws -> [String] {
        try db.values(
            String.self,
            "SELECT signal_key FROM case_signal WHERE case_id = \(id.rawValue) AND source = \(source) ORDER BY signal_key"
        )
    }

    /// The case that people name by its number, or programs by its id.
    public func named(_ name: String, in db: any Reading) throws -> CaseRecord? {
        if let id = CaseID(name) { return try CaseStore.record(id, in: db) }
        return try CaseStore.find(number: name, in: db)
    }

    /// Where many cases stand; unknown ones are left out.
    public func phases(of ids: [CaseID], in db: any Reading) throws -> [CaseID: CasePhase] {
        var phases: [CaseID: CasePhase] = [:]
        for start in stride(from: 0, to: ids.count, by: 500) {
            let some = Array(ids[start..<min(start + 500, ids.count)])
            for record in try db.all(
                CaseRecord.self, "SELECT \(raw: CaseRecord.columns) FROM case_record WHERE id IN \(list: some)")
            {
                phases[record.id] = record.phase
            }
        }
        return phases
    }

    /// The case as lists show it.
    public func record(_ id: CaseID, in db: any Reading) throws -> CaseRecord? { try CaseStore.record(id, in: db) }

    /// The case as its timeline makes it.
    public func state(_ id: CaseID, in db: any Reading) throws -> CaseState? {
        CaseState(try CaseStore.timeline(id, in: db))
    }

    /// Who reported it was not helped: the case is open again and, where a department had it, with that one at once.
    /// - Parameter handOver: words of the hand-over, where it goes back to its department.
    public func reopen(
        _ id: CaseID, reason: String, handOver: String?, by actor: Actor, at: Instant, in db: any Writing
    )
        throws
    {
        var contents = [CaseEntry.Content(.reopened, text: reason)]
        if let handOver { contents.append(CaseEntry.Content(.assigned, text: handOver)) }
        try append(contents, to: id, by: actor, at: at, in: db)
    }

    /// Whether the case is still open.
    public func isOpen(_ id: CaseID, in db: any Reading) throws -> Bool {
        try CaseStore.record(id, in: db)?.isOpen ?? false
    }

    /// Cases that meet a filter, newest first.
    public func list(_ filter: CaseFilter, limit: Int, in db: any Reading) throws -> [CaseRecord] {
        try CaseList.page(filter, limit: limit, in: db)
    }

    /// Kinds of the cases that were opened since a moment and turned out to be `verdict`.
    public func kinds(_ verdict: Verdict, since: Instant, in db: any Reading) throws -> Set<CaseKind> {
        Set(
            try db.values(
                String.self,
                """
                SELECT DISTINCT kind FROM case_record WHERE id >= \(CaseID.earliest(at: since)) AND opened_at >= \(since)
                AND verdict = \(verdict.rawValue)
                """
            ).compactMap(CaseKind.init(rawValue:)))
    }

    /// Open cases, the gravest and oldest first.
    public func open(limit: Int, in db: any Reading) throws -> [CaseRecord] {
        try db.all(
            CaseRecord.self,
            """
            SELECT \(raw: CaseRecord.columns) FROM case_record WHERE is_open = 1 ORDER BY severity DESC, id
            LIMIT \(Int64(limit))
            """)
    }

    /// What happened to cases in a stretch of time, oldest first, each with its case.
    public func happened(
        in span: Range<Instant>, limit: Int, in db: any Reading
    ) throws -> [(of: CaseRecord, entry: CaseEntry)] {
        let entries = try CaseStore.entries(in: span, limit: limit, in: db)
        var records: [CaseID: CaseRecord] = [:]
        for (id, _) in entries where records[id] == nil { records[id] = try CaseStore.record(id, in: db) }
        return entries.compactMap { id, entry in records[id].map { (of: $0, entry: entry) } }
    }

    @discardableResult
    func append(
        _ contents: [CaseEntry.Content], to id: CaseID, by actor: Actor, at: Instant, in db: any Writing
    ) throws -> CaseState {
        let state = try store.append(contents, to: id, by: actor, at: at, in: db)
        try publish("case.changed", id, area: try CaseStore.record(id, in: db)?.area, at: at, in: db)
        return state
    }

    private func publish(_ type: String, _ id: CaseID, area: AreaID?, at: Instant, in db: any Writing) throws {
        try db.publish(
            NewEvent(
                type: type, subject: "cases/\(id)", permission: Permission.caseRead.name, area: area?.rawValue,
                at: at, data: "{\"subject\":\"cases/\(id)\",\"caseId\":\"\(id)\"}"))
    }
}
