import Kernel
import Storage

/// Which records a list shows, in what order, from where.
struct RecordQuery: Sendable {
    enum Sort: String, Sendable, CaseIterable { case newest, name, due }

    /// Only these categories; all of them must be seen by the viewer.
    var categories: [Category]
    /// What was typed into the search box.
    var text: SearchQuery?
    /// Only those with these values.
    var facets: [(field: Field, value: String)] = []
    /// Only those of this village.
    var village: AreaID?
    /// Only those that fell due, have contradictions, or lack something.
    var state: State?
    /// In which order; a search has its own.
    var sort = Sort.newest
    /// Where the last page ended.
    var after: Cursor?

    enum State: String, Sendable, CaseIterable { case due, doubt, missing }

    /// Where a page ends: the way of a search, the sorted column, the record.
    struct Cursor: Sendable, Equatable {
        var way: Int
        var key: String
        var id: RecordID

        /// `way.id.key`, as links carry it. The key is empty unless a list is sorted by what the viewer sees plainly.
        var text: String { "\(way).\(id).\(key)" }

        init(way: Int = 0, key: String = "", id: RecordID) {
            self.way = way
            self.key = key
            self.id = id
        }

        init?(_ text: String) {
            let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, let way = Int(parts[0]), (0...9).contains(way), let id = RecordID(String(parts[1])),
                parts[2].utf8.count <= 300
            else { return nil }
            self.init(way: way, key: String(parts[2]), id: id)
        }
    }

    /// One page, judged, and where the next one starts.
    struct Page: Sendable {
        var records: [JudgedRecord]
        var next: Cursor?
    }
}

/// Runs ``RecordQuery``. Candidates come by tokens; every one of them is compared again with what the viewer may see,
/// so that neither a hidden field nor a child's masked one finds a record.
struct RecordFinder: Sendable {
    let search: SearchText
    let viewer: Viewer
    let now: Instant

    /// Candidates that are looked at for one page at most: a search that finds little must end.
    private static let bound = 20_000

    func page(_ query: RecordQuery, limit: Int, in db: any Reading) throws -> RecordQuery.Page {
        if let text = query.text { return try searched(query, text, limit: limit, in: db) }
        return try listed(query, limit: limit, in: db)
    }

    private func listed(_ query: RecordQuery, limit: Int, in db: any Reading) throws -> RecordQuery.Page {
        var found: [JudgedRecord] = []
        var cursor = query.after
        var looked = 0
        while true {
            var rows = 0
            var isFull = false
            try fetch(query, groups: nil, after: cursor, limit: limit + 1, in: db) { record, key in
                if found.count == limit {
                    isFull = true
                    return false
                }
                rows += 1
                cursor = RecordQuery.Cursor(key: query.sort == .newest ? "" : key, id: record.id)
                if let judged = judge(record, query) { found.append(judged) }
                return true
            }
            if isFull { return RecordQuery.Page(records: found, next: cursor) }
            looked += rows
            guard rows > limit, looked < Self.bound else { return RecordQuery.Page(records: found, next: nil) }
        }
    }

    private func searched(
        _ query: RecordQuery, _ text: SearchQuery, limit: Int, in db: any Reading
    ) throws -> RecordQuery.Page {
        var found: [JudgedRecord] = []
        var seen: Set<RecordID> = []
        var looked = 0
        for (number, way) in text.ways.enumerated() where number >= query.after?.way ?? 0 {
            let searchable = query.categories.filter { canSearch($0, way) }
            let groups = search.groups(way, in: searchable.map(\.key))
            guard !searchable.isEmpty, !groups.isEmpty else { continue }
            var narrowed = query
            narrowed.categories = searchable
            // Behind the last one that was looked at; at first before all.
            var position = number == query.after?.way ? query.after?.id : nil
            let better = text.ways[..<number]
            let size = max(limit + 1, 64)
            while looked < Self.bound {
                var rows = 0
                var next: RecordQuery.Cursor?
                let after = position.map { RecordQuery.Cursor(id: $0) }
                try fetch(narrowed, groups: groups, after: after, limit: size, in: db) { record, _ in
                    rows += 1
                    defer { position = record.id }
                    guard let judged = self.found(record, searchable, query, way, better: better),
                        seen.insert(record.id).inserted
                    else { return true }
                    if found.count == limit {
                        next = .init(way: number, id: position ?? RecordID(rawValue: .max))
                        return false
                    }
                    found.append(judged)
                    return true
                }
                if let next { return RecordQuery.Page(records: found, next: next) }
                looked += rows
                if rows < size { break }
            }
        }
        return RecordQuery.Page(records: found, next: nil)
    }

    /// The record, where the viewer may find it that way; what a better way found was shown before.
    private func found(
        _ record: Record, _ categories: [Category], _ query: RecordQuery, _ way: SearchQuery.Way,
        better: ArraySlice<SearchQuery.Way>
    ) -> JudgedRecord? {
        guard let category = categories.first(where: { $0.key == record.category }) else { return nil }
        let isChild = Policy.isChild(record.values, category, today: now.dayNumber)
        func isFound(_ way: SearchQuery.Way) -> Bool {
            search.matches(record, category, way, for: viewer, isChild: isChild)
        }
        return isFound(way) && !better.contains(where: isFound) ? judge(record, query) : nil
    }

    private func canSearch(_ category: Category, _ way: SearchQuery.Way) -> Bool {
        category.fields.contains {
            $0.search == way.field
                && Policy.sight(of: $0, in: category, for: viewer) >= SearchText.needed(for: $0)
        }
    }

    /// The record as the viewer sees it, where it is one that the list asks for by fields the viewer sees plainly.
    private func judge(_ record: Record, _ query: RecordQuery) -> JudgedRecord? {
        guard let category = query.categories.first(where: { $0.key == record.category }),
            let judged = Policy.judge(record, in: category, for: viewer, today: now.dayNumber)
        else { return nil }
        for (field, value) in query.facets {
            guard let shown = judged.values.first(where: { $0.field.key == field.key }), shown.sight == .plain,
                shown.value == value
            else { return nil }
        }
        return judged
    }

    /// Hands over the candidates in their order, each with what the list is sorted by, until `each` returns `false`.
    private func fetch(
        _ query: RecordQuery, groups: [[String]]?, after: RecordQuery.Cursor?, limit: Int, in db: any Reading,
        each: (Record, String) throws -> Bool
    ) throws {
        var groups = groups ?? []
        let isTokened = !groups.isEmpty || !query.facets.isEmpty
        for (field, value) in query.facets { groups.append([SearchText.facet(field.key, value)]) }
        var conditions: [SQL] = []
        if let village = query.village { conditions.append("r.village = \(village)") }
        if let areas = viewer.areas {
            let list = areas.sorted()
            conditions.append("(r.area IN \(list: list) OR r.village IN \(list: list))")
        }
        switch query.state {
        case .due?: conditions.append("r.due_at <= \(now)")
        case .doubt?: conditions.append("r.doubts > 0")
        case .missing?: conditions.append("r.missing > 0")
        case nil: break
        }
        let keys = query.categories.map(\.key)
        conditions.append(keys.count == 1 ? "r.category = \(keys[0])" : "r.category IN \(list: keys)")
        let sort = isTokened ? RecordQuery.Sort.newest : query.sort
        if let after { conditions.append(Self.beyond(after, sort)) }
        if isTokened { conditions.append(Self.tokens(groups, db.engine)) }
        let order: SQL =
            switch sort {
            case .newest: isTokened && db.engine == .sqlite ? "s.rowid DESC" : "r.id DESC"
            case .name: "r.sort_key, r.id"
            case .due: "r.due_at, r.id"
            }
        let key: SQL = sort == .due ? "r.due_at" : "r.sort_key"
        let from: SQL =
            if !isTokened {
                "registry_record r"
            } else if db.engine == .sqlite {
                // The order of the words' lists leads; without CROSS the planner may walk the records.
                "registry_search s CROSS JOIN registry_record r ON r.id = s.rowid"
            } else {
                "registry_token s JOIN registry_record r ON r.id = s.record"
            }
        try db.query(
            """
            SELECT \(raw: Record.columns), \(key) FROM \(from) WHERE \(SQL.joined(conditions, by: " AND "))
            ORDER BY \(order) LIMIT \(limit)
            """
        ) { row in
            let record = try Record(row: &row)
            let key = try row.next(SQLValue.self)
            let text: String =
                switch key {
                case .text(let text): text
                case .integer(let number): String(number)
                default: ""
                }
            return try each(record, text)
        }
    }

    private static func beyond(_ after: RecordQuery.Cursor, _ sort: RecordQuery.Sort) -> SQL {
        switch sort {
        case .newest: "r.id < \(after.id)"
        case .name: "(r.sort_key > \(after.key) OR (r.sort_key = \(after.key) AND r.id > \(after.id)))"
        case .due:
            """
            (r.due_at > \(Int64(after.key) ?? 0) OR (r.due_at = \(Int64(after.key) ?? 0) AND r.id > \(after.id)))
            """
        }
    }

    /// The one condition in which the engines differ: both look up the same tokens.
    private static func tokens(_ groups: [[String]], _ engine: Engine) -> SQL {
        switch engine {
        case .sqlite:
            let text = groups.map { group in "(" + group.map { "\"\($0)\"" }.joined(separator: " OR ") + ")" }
                .joined(separator: " AND ")
            return "s.registry_search MATCH \(text)"
        case .postgresql:
            let parts = groups.map { group -> SQL in
                let text = group.joined(separator: " ")
                return group.count == 1
                    ? "string_to_array(s.tokens, ' ') @> string_to_array(\(text), ' ')"
                    : "string_to_array(s.tokens, ' ') && string_to_array(\(text), ' ')"
            }
            return SQL.joined(parts, by: " AND ")
        }
    }
}
