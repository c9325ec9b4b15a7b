import Kernel
import Places
import Storage
import Web

/// What a grid worker is asked to look at: contradictions first, then what fell due longest ago.
struct Visits: Sendable {
    let desk: RegistryDesk

    /// Visits that one person is shown at once.
    static let limit = 60

    /// The visits of a viewer; only records of which some field is seen plainly can be verified.
    func due(_ viewer: Viewer, at now: Instant, in db: any Reading) throws -> [JudgedRecord] {
        let categories = desk.book.all.filter { Policy.sees($0, viewer) }
        let keys = categories.map(\.key)
        var scope: SQL = "r.category IN \(list: keys)"
        if let areas = viewer.areas {
            let list = areas.sorted()
            scope = scope + " AND (r.area IN \(list: list) OR r.village IN \(list: list))"
        }
        let doubtful = try db.all(
            Record.self,
            """
            SELECT \(raw: Record.columns) FROM registry_record r
            WHERE r.id IN (SELECT record FROM registry_doubt WHERE state = 'open') AND \(scope)
            ORDER BY r.id LIMIT \(Self.limit / 2)
            """)
        let overdue = try db.all(
            Record.self,
            """
            SELECT \(raw: Record.columns) FROM registry_record r WHERE r.due_at <= \(now) AND \(scope)
            ORDER BY r.due_at, r.id LIMIT \(Self.limit)
            """)
        var seen: Set<RecordID> = []
        return (doubtful + overdue).filter { seen.insert($0.id).inserted }.prefix(Self.limit).compactMap { record in
            guard let category = categories.first(where: { $0.key == record.category }) else { return nil }
            return Policy.judge(record, in: category, for: viewer, today: now.dayNumber)
        }
    }

    /// Notes what somebody saw at the place: fields that are as they stand, and those that are not.
    func report(
        _ id: RecordID, _ category: Category, _ viewer: Viewer, _ caller: Caller, _ seen: VisitReport, at now: Instant,
        in db: any Writing
    ) throws -> RecordEditing.Outcome {
        let hand = caller.hand(.visit, at: seen.seenAt(now))
        let editing = RecordEditing(desk: desk, category: category, viewer: viewer, hand: hand)
        let outcome = try editing.change(
            id, base: seen.version, sent: seen.values ?? [:], verified: seen.verified ?? [], in: db)
        guard case .saved = outcome else { return outcome }
        let looked = Set(seen.verified ?? []).union((seen.values ?? [:]).keys)
        for doubt in try DoubtStore.list(of: id, in: db) where doubt.state == "open" {
            // Somebody has looked at all of its fields: what still disagrees is so in truth.
            guard doubt.fields.split(separator: ",").allSatisfy({ looked.contains(String($0)) }) else { continue }
            try db.execute(
                """
                UPDATE registry_doubt SET state = 'settled', settled_at = \(now), settled_by = \(caller.name)
                WHERE id = \(doubt.id)
                """)
        }
        try DoubtStore.recount(id, in: db)
        try desk.note("record.visit", "records/\(category.key)/\(id)", by: caller, at: now, in: db)
        return outcome
    }
}

/// What a phone sends after a visit.
struct VisitReport: Codable, Sendable {
    /// The version that was seen.
    var version: Int64
    /// Fields that are as they stand.
    var verified: [String]?
    /// Fields that are otherwise, as they should be.
    var values: [String: String]?
    /// When, where the phone had no signal; RFC 3339.
    var at: String?

    /// When it was seen: what a phone says, within the last week and not ahead of the centre.
    func seenAt(_ now: Instant) -> Instant {
        guard let said = at.flatMap({ Instant($0) }) else { return now }
        return min(now, max(said, now - 7 * CivilTime.dayMs))
    }
}
