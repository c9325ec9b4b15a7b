import Kernel
import Storage
import Web

/// Reads and appends timelines, and keeps the row beside them true.
struct CaseStore {
    let calendar: WorkCalendar

    static func record(_ id: CaseID, in db: any Reading) throws -> CaseRecord? {
        try db.first(
            CaseRecord.self, "SELECT \(raw: CaseRecord.columns) FROM case_record WHERE id = \(id.rawValue)")
    }

    static func find(number: String, in db: any Reading) throws -> CaseRecord? {
        try db.first(CaseRecord.self, "SELECT \(raw: CaseRecord.columns) FROM case_record WHERE number = \(number)")
    }

    static func timeline(_ id: CaseID, in db: any Reading) throws -> [CaseEntry] {
        try db.all(
            StoredEntry.self,
            """
            SELECT seq, at, actor, actor_name, content FROM case_entry WHERE case_id = \(id.rawValue) ORDER BY seq
            """
        ).map(\.entry)
    }

    /// Lines of all cases in a stretch of time, oldest first.
    static func entries(
        in span: Range<Instant>, limit: Int, in db: any Reading
    ) throws -> [(of: CaseID, entry: CaseEntry)] {
        var found: [(of: CaseID, entry: CaseEntry)] = []
        try db.query(
            """
            SELECT case_id, seq, at, actor, actor_name, content FROM case_entry
            WHERE at >= \(span.lowerBound) AND at < \(span.upperBound) ORDER BY at, case_id, seq LIMIT \(Int64(limit))
            """
        ) { row in
            let id: CaseID = try row.next()
            found.append((of: id, entry: try StoredEntry(row: &row).entry))
            return true
        }
        return found
    }

    static func knownCase(_ signal: Signal, in db: any Reading) throws -> CaseID? {
        try db.value(
            Int64.self,
            "SELECT case_id FROM case_signal WHERE source = \(signal.source) AND signal_key = \(signal.key)"
        ).map(CaseID.init(rawValue:))
    }

    static func addSignal(_ signal: Signal, to id: CaseID, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO case_signal (source, signal_key, case_id)
            VALUES (\(signal.source), \(signal.key), \(id.rawValue)) ON CONFLICT (source, signal_key) DO NOTHING
            """)
    }

    /// The next number of the day: `261124-0007`.
    static func nextNumber(at now: Instant, in db: any Writing) throws -> String {
        let time = CivilTime(now)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = two(time.year % 100) + two(time.month) + two(time.day)
        try db.execute(
            """
            INSERT INTO case_day (day, last) VALUES (\(day), 1)
            ON CONFLICT (day) DO UPDATE SET last = case_day.last + 1
            """)
        let count = try db.value(Int64.self, "SELECT last FROM case_day WHERE day = \(day)") ?? 1
        let digits = String(count)
        return day + "-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    func insert(_ new: NewCase, id: CaseID, number: String, first: CaseEntry, in db: any Writing) throws {
        guard let state = CaseState(first) else { throw StorageError.failed("a case without an opening") }
        try db.execute(
            """
            INSERT INTO case_record (\(raw: CaseRecord.columns)) VALUES (\(id.rawValue), \(number),
            \(new.kind.rawValue), \(Int64(new.severity.rawValue)), 'open', \(new.title), \(new.placeText),
            \(new.point?.lat), \(new.point?.lon), \(new.area?.rawValue), \(new.subject), '', 0, 1,
            \(state.due(calendar)), \(new.at), NULL, NULL, NULL, NULL, NULL, 0)
            """)
        try write(first, of: id, in: db)
    }

    /// Appends entries to a case and brings its row up to date, in one transaction.
    /// - Returns: the state after them.
    @discardableResult
    func append(
        _ contents: [CaseEntry.Content], to id: CaseID, by actor: Actor, at now: Instant, in db: any Writing
    ) throws -> CaseState {
        let timeline = try Self.timeline(id, in: db)
        guard var state = CaseState(timeline), let last = timeline.last else { throw Problem.notFound }
        // The timeline never goes back in time, whatever a phone's clock says.
        let at = max(now, last.at)
        var seq = last.seq
        for content in contents {
            seq += 1
            let entry = CaseEntry(seq: seq, at: at, actor: actor, content: content)
            try write(entry, of: id, in: db)
            state.apply(entry)
        }
        try project(state, entries: seq, of: id, in: db)
        return state
    }

    private func write(_ entry: CaseEntry, of id: CaseID, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO case_entry (case_id, seq, at, actor, actor_name, content) VALUES (\(id.rawValue),
            \(Int64(entry.seq)), \(entry.at), \(entry.actor.staffID?.rawValue), \(entry.actor.name),
            \(try JSON.text(entry.content)))
            """)
    }

    private func project(_ state: CaseState, entries: Int, of id: CaseID, in db: any Writing) throws {
        let reached = state.reached
        try db.execute(
            """
            UPDATE case_record SET severity = \(Int64(state.severity.rawValue)), state = \(state.phase.rawValue),
            verdict = \(state.verdict?.rawValue ?? ""), supervised = \(state.isSupervised ? 1 : 0 as Int64),
            is_open = \(state.phase.isFinal ? 0 : 1 as Int64), due_at = \(state.due(calendar)),
            acknowledged_at = \(reached[.acknowledged]), dispatched_at = \(reached[.dispatched]),
            arrived_at = \(reached[.arrived]), handled_at = \(reached[.handled]), closed_at = \(reached[.closed]),
            entries = \(Int64(entries)) WHERE id = \(id.rawValue)
            """)
        for (task, taskState) in state.tasks where taskState == .cancelled {
            try db.execute("UPDATE task SET state = 'cancelled' WHERE id = \(task.rawValue) AND state <> 'cancelled'")
        }
    }
}

private struct StoredEntry: RowDecodable {
    var entry: CaseEntry

    init(row: inout Row) throws {
        let seq = Int(try row.next(Int64.self))
        let at = try row.next(Instant.self)
        let actor = try row.next(Int64?.self)
        let name = try row.next(String.self)
        let content = try JSON.decode(CaseEntry.Content.self, Array(try row.next(String.self).utf8))
        entry = CaseEntry(
            seq: seq, at: at, actor: actor.map { .staff(StaffID(rawValue: $0), name) } ?? .system(name),
            content: content)
    }
}
