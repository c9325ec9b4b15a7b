import Kernel
import Storage
import Web

/// Who changes a record.
struct Hand: Sendable {
    var staff: StaffID?
    var name: String
    var source: Source
    var at: Instant
}

/// The only place that writes records: with each go its history, its tokens, its contradictions, and the event, all in
/// the caller's transaction.
struct RecordWriter: Sendable {
    let search: SearchText
    let areas: TownAreas

    /// Where a record belongs: by its place, else by what its address says.
    func place(_ values: FieldValues, _ category: Category) -> (point: GeoPoint?, area: AreaID?, village: AreaID?) {
        let point = category.point.flatMap { values[$0] }.flatMap { text -> GeoPoint? in
            GeoPoint.parts(text).flatMap { GeoPoint(lat: $0[0], lon: $0[1]) }
        }
        let area =
            point.flatMap(areas.area(at:)) ?? category.address.flatMap { values[$0] }.flatMap(areas.area(named:))
        return (point, area, areas.village(of: area))
    }

    /// A new record as its rows hold it, made without the store: most of an import's work, and none of it on the
    /// writer's thread.
    struct Prepared: Sendable {
        fileprivate var id: RecordID
        fileprivate var row: [SQLValue]
        fileprivate var tokens: String
        fileprivate var breaches: [CrossRules.Breach]
        fileprivate var at: Instant
    }

    /// Makes the rows of a new record.
    /// - Parameter key: what tells it from all others, where that is known already.
    func prepare(
        _ values: FieldValues, facts: Facts, _ category: Category, by hand: Hand, id: RecordID = .next(),
        key: String? = nil
    ) -> Prepared {
        let place = place(values, category)
        let breaches = CrossRules.breaches(values, category, today: hand.at.dayNumber)
        let tokens = search.tokens(of: values, category, area: place.area, village: place.village)
        let row: [SQLValue] = [
            id.sqlValue, category.key.sqlValue, place.area.sqlValue, place.village.sqlValue,
            (place.point?.lat).sqlValue, (place.point?.lon).sqlValue, sortKey(values, category).sqlValue,
            (key ?? search.rowKey(values, category)).sqlValue, values.json.sqlValue, facts.json.sqlValue,
            facts.due(category, values).sqlValue, breaches.count.sqlValue, missing(values, category).sqlValue,
            Int64(1).sqlValue, hand.at.sqlValue, hand.at.sqlValue,
        ]
        return Prepared(id: id, row: row, tokens: tokens.joined(separator: " "), breaches: breaches, at: hand.at)
    }

    /// Records of one statement.
    private static let chunk = 50

    /// Stores new records.
    /// - Throws: ``StorageError/duplicate(_:)`` where there is one with the same identity.
    func insert(_ records: [Prepared], in db: any Writing) throws {
        for start in stride(from: 0, to: records.count, by: Self.chunk) {
            let part = records[start..<min(records.count, start + Self.chunk)]
            try db.execute(
                """
                INSERT INTO registry_record (id, category, area, village, lat, lon, sort_key, row_key, data, facts,
                  due_at, doubts, missing, version, created_at, changed_at)
                VALUES \(rows: part.map(\.row))
                """)
            try db.execute(
                """
                INSERT INTO registry_token (record, tokens)
                VALUES \(rows: part.map { [$0.id.sqlValue, $0.tokens.sqlValue] })
                """)
            // A new record has no contradictions yet that could have been settled.
            for record in part {
                for breach in record.breaches { try DoubtStore.open(breach, of: record.id, at: record.at, in: db) }
            }
        }
    }

    /// Stores a new record.
    /// - Throws: ``StorageError/duplicate(_:)`` where there is one with the same identity.
    func insert(
        _ values: FieldValues, facts: Facts, _ category: Category, by hand: Hand, id: RecordID = .next(),
        in db: any Writing
    ) throws {
        try insert([prepare(values, facts: facts, category, by: hand, id: id)], in: db)
    }

    /// Changes a record's values and facts; returns the fields that changed.
    @discardableResult
    func update(
        _ record: Record, to values: FieldValues, facts: Facts, _ category: Category, by hand: Hand,
        in db: any Writing
    ) throws -> [String] {
        let changed = category.fields.map(\.key).filter { values[$0] != record.values[$0] }
        let place = place(values, category)
        let breaches = CrossRules.breaches(values, category, today: hand.at.dayNumber)
        let due = facts.due(category, values)
        try db.execute(
            """
            UPDATE registry_record SET area = \(place.area), village = \(place.village), lat = \(place.point?.lat),
              lon = \(place.point?.lon), sort_key = \(sortKey(values, category)),
              row_key = \(search.rowKey(values, category)), data = \(values.json), facts = \(facts.json),
              due_at = \(due), missing = \(missing(values, category)), version = version + 1,
              changed_at = \(hand.at)
            WHERE id = \(record.id)
            """)
        if !changed.isEmpty || place.area != record.area {
            let tokens = search.tokens(of: values, category, area: place.area, village: place.village)
            try db.execute(
                "UPDATE registry_token SET tokens = \(tokens.joined(separator: " ")) WHERE record = \(record.id)")
        }
        for field in changed {
            try db.execute(
                """
                INSERT INTO registry_change (id, record, version, at, actor, actor_name, source, field, old_value,
                  new_value)
                VALUES (\(RecordID.next()), \(record.id), \(record.version + 1), \(hand.at), \(hand.staff?.rawValue),
                  \(hand.name), \(hand.source), \(field), \(record.values[field] ?? ""), \(values[field] ?? ""))
                """)
        }
        try DoubtStore.replace(breaches, of: record.id, at: hand.at, in: db)
        return changed
    }

    /// Makes anew what is derived of a record's values; the values themselves stay.
    /// - Parameter key: what tells it from all others; `nil` leaves it as it is.
    func derive(_ record: Record, _ category: Category, key: String?, at now: Instant, in db: any Writing) throws {
        let values = record.values
        let place = place(values, category)
        try db.execute(
            """
            UPDATE registry_record SET area = \(place.area), village = \(place.village), lat = \(place.point?.lat),
              lon = \(place.point?.lon), sort_key = \(sortKey(values, category)),
              due_at = \(record.facts.due(category, values)), missing = \(missing(values, category))
            WHERE id = \(record.id)
            """)
        if let key { try db.execute("UPDATE registry_record SET row_key = \(key) WHERE id = \(record.id)") }
        let tokens = search.tokens(of: values, category, area: place.area, village: place.village)
        try db.execute(
            "UPDATE registry_token SET tokens = \(tokens.joined(separator: " ")) WHERE record = \(record.id)")
        try DoubtStore.replace(
            CrossRules.breaches(values, category, today: now.dayNumber), of: record.id, at: now, in: db)
    }

    /// Removes a record with all that was kept about it: history, tokens, contradictions, pairs, proposals. What stays
    /// is that there was one, when it went and why.
    func delete(_ record: Record, reason: String, at now: Instant, in db: any Writing) throws {
        let id = record.id
        try ExportStore.recall(record, at: now, in: db)
        for table in ["registry_change", "registry_token", "registry_doubt", "registry_grant", "registry_proposal"] {
            try db.execute("DELETE FROM \(raw: table) WHERE record = \(id)")
        }
        try db.execute("DELETE FROM registry_pair WHERE left_record = \(id) OR right_record = \(id)")
        try db.execute("DELETE FROM registry_record WHERE id = \(id)")
        try db.execute(
            """
            INSERT INTO registry_tombstone (record, category, at, reason)
            VALUES (\(id), \(record.category), \(now), \(reason))
            """)
        try Self.touch(db)
        try Self.publish("record.deleted", id, record.category, area: record.area, in: db)
    }

    /// Says on the log that a record changed: which one, and nothing of what it holds.
    static func publish(
        _ type: String, _ id: RecordID, _ category: String, area: AreaID?, in db: any Writing
    ) throws {
        try db.publish(
            NewEvent(
                type: type, subject: "records/\(category)/\(id)", permission: Permission.registryRead.name,
                area: area?.rawValue))
    }

    /// Makes what was drawn of the records old.
    static func touch(_ db: any Writing) throws {
        try db.execute("UPDATE registry_state SET value = value + 1 WHERE name = 'data'")
    }

    private func sortKey(_ values: FieldValues, _ category: Category) -> String {
        Pinyin.sortKey(values[category.label] ?? "")
    }

    private func missing(_ values: FieldValues, _ category: Category) -> Int {
        category.fields.count { $0.list == true && values[$0.key] == nil }
    }
}

/// Contradictions within a record, open until the values agree or somebody has looked.
enum DoubtStore {
    static func replace(
        _ breaches: [CrossRules.Breach], of id: RecordID, at now: Instant, in db: any Writing
    ) throws {
        var open: Set<String> = []
        for breach in breaches {
            open.insert(breach.rule.rawValue + breach.fields.joined(separator: ","))
            try Self.open(breach, of: id, at: now, in: db)
        }
        try settleAgreeing(open, of: id, at: now, in: db)
    }

    static func open(_ breach: CrossRules.Breach, of id: RecordID, at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO registry_doubt (id, record, rule, fields, state, at, settled_by, note)
            VALUES (\(RecordID.next()), \(id), \(breach.rule.rawValue), \(breach.fields.joined(separator: ",")), 'open',
              \(now), '', '')
            ON CONFLICT (record, rule, fields) DO NOTHING
            """)
    }

    /// A doubt whose values agree again is gone; one that a person has settled stays settled.
    private static func settleAgreeing(_ open: Set<String>, of id: RecordID, at now: Instant, in db: any Writing) throws
    {
        let known = try list(of: id, in: db).filter { $0.state == "open" }
        // The rules within one record alone; doubts over several records are settled by their own sweep.
        let kinds = Set(Category.Rule.Kind.allCases.map(\.rawValue))
        for doubt in known where kinds.contains(doubt.rule) && !open.contains(doubt.rule + doubt.fields) {
            try db.execute("DELETE FROM registry_doubt WHERE id = \(doubt.id)")
        }
        if !known.isEmpty || !open.isEmpty { try recount(id, in: db) }
    }

    static func recount(_ id: RecordID, in db: any Writing) throws {
        let count =
            try db.value(
                Int64.self, "SELECT COUNT(*) FROM registry_doubt WHERE record = \(id) AND state = 'open'") ?? 0
        try db.execute("UPDATE registry_record SET doubts = \(count) WHERE id = \(id)")
    }

    struct Doubt: RowDecodable {
        var id: Int64
        var rule: String
        var fields: String
        var state: String
        var at: Instant
        init(row: inout Row) throws {
            id = try row.next()
            rule = try row.next()
            fields = try row.next()
            state = try row.next()
            at = try row.next()
        }
    }

    static func list(of id: RecordID, in db: any Reading) throws -> [Doubt] {
        try db.all(
            Doubt.self, "SELECT id, rule, fields, state, at FROM registry_doubt WHERE record = \(id) ORDER BY id")
    }
}
