import Cases
import Kernel
import Places
import Storage
import Web

/// The three rates of a time, of all and of each department or area.
struct RateTable: Sendable {
    /// What rows are of.
    enum Kind: String, Sendable, CaseIterable { case department, area }

    /// Fewer cases than this in an area are told with those of other areas: in a village of some houses a number can be
    /// a neighbour.
    static let fewest = 5

    var rows: [RateRow]

    /// Reads and counts.
    /// - Parameter words: the names of the first row, of no department or area, and of small areas.
    static func read(
        _ kind: Kind, from: Instant, to: Instant, at now: Instant, cases: CaseDesk, areas: AreaIndex,
        words: (all: String, none: String, few: String), in db: any Reading
    ) throws -> RateTable {
        let found = try ReportCaseStore.due(from: from, to: to, in: db)
        let phases = try cases.phases(of: found.map(\.id), in: db)
        let ratings = try ReportCaseStore.ratings(dueFrom: from, to: to, in: db)
        let reached = try CallBackStore.reached(dueFrom: from, to: to, in: db)
        let items = found.map { row -> (row: ReportCase, item: Rates.Item) in
            (
                row,
                Rates.Item(
                    dueAt: row.firstDueAt, answerDueAt: row.answerDueAt, answeredAt: row.answeredAt,
                    finishedAt: row.finishedAt, outcome: row.outcome, isVerified: phases[row.id] == .closed,
                    ratings: ratings[row.id] ?? [], returns: row.returns, extensions: row.extensions,
                    reopened: row.reopened, suspensions: row.suspensions,
                    reached: reached[row.id])
            )
        }
        func row(_ name: String, _ items: [Rates.Item]) -> RateRow {
            RateRow(name, Rates(items, from: from, to: to, at: now))
        }
        var rows = [row(words.all, items.map(\.item))]
        switch kind {
        case .department:
            let returns = try ReportCaseStore.returns(dueFrom: from, to: to, in: db)
            let groups = Dictionary(grouping: items) { $0.row.department }
            for department in try DepartmentStore.all(in: db) {
                let own = groups[department.id]?.map(\.item) ?? []
                guard !own.isEmpty || returns[department.id] != nil else { continue }
                var one = row(department.name, own)
                // What a department gave back stands beside its rates, though the case is another's now.
                one.rates.returns = returns[department.id] ?? 0
                rows.append(one)
            }
            if let left = groups[nil], !left.isEmpty { rows.append(row(words.none, left.map(\.item))) }
        case .area:
            let groups = Dictionary(grouping: items) { $0.row.area }.mapValues { $0.map(\.item) }
            let (large, small) = Self.parted(groups.map { (key: $0.key, items: $0.value) })
            for (area, own) in large { rows.append(row(area.map(areas.name(of:)) ?? words.none, own)) }
            if !small.isEmpty { rows.append(row(words.few, small)) }
        }
        return RateTable(rows: rows)
    }

    /// Groups that may stand alone, the largest first, and the items of all others: never those of a single small one,
    /// which the sum would tell.
    static func parted<Key>(_ groups: [(key: Key, items: [Rates.Item])]) -> (
        large: [(key: Key, items: [Rates.Item])], small: [Rates.Item]
    ) {
        var large = groups.sorted { $0.items.count > $1.items.count }
        var small: [Rates.Item] = []
        var folded = 0
        while let last = large.last, last.items.count < fewest || (folded > 0 && (folded < 2 || small.count < fewest)) {
            small += last.items
            folded += 1
            large.removeLast()
        }
        return (large, small)
    }
}

/// The rates of one department or area, or of all.
struct RateRow: Encodable, Sendable {
    var name: String
    var rates: Rates

    init(_ name: String, _ rates: Rates) {
        self.name = name
        self.rates = rates
    }

    static let columns = [
        "due", "answeredRate", "solvedRate", "satisfiedRate", "rated", "late", "returns", "extensions", "suspended",
        "merged", "notOurs", "voided", "reopened", "called", "reached",
    ]

    var values: [Double?] {
        [
            Double(rates.due), Rates.share(rates.answered, of: rates.answerDue),
            Rates.share(rates.solved, of: rates.due),
            Rates.share(rates.satisfied, of: rates.due), Double(rates.rated), Double(rates.late), Double(rates.returns),
            Double(rates.extensions), Double(rates.suspended), Double(rates.merged), Double(rates.notOurs),
            Double(rates.voided), Double(rates.reopened), Double(rates.called), Double(rates.reached),
        ]
    }

    /// The values as people read them.
    var texts: [String] {
        zip(Self.columns, values).map { column, value in
            let text = value.map { $0 == $0.rounded() ? String(Int($0)) : String($0) } ?? "—"
            return column.hasSuffix("Rate") && value != nil ? text + "%" : text
        }
    }

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: Key(stringValue: "name"))
        for (column, value) in zip(Self.columns, values) {
            if let value { try container.encode(value, forKey: Key(stringValue: column)) }
        }
    }
}
