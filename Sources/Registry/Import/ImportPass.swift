import Kernel
import Office
import Storage

/// One pass over a file's rows, on the thread that reads it.
struct ImportPass {
    /// A row that can be stored.
    private struct Ready: Sendable {
        var line: Int
        var values: FieldValues
        var key: String
    }

    private let importer: Importer
    private let job: ImportJob
    private let category: Category
    private let reading: RowReading
    private let writer: RecordWriter
    private let done: Int64
    private let now: Instant
    private var ready: [Ready] = []
    private var refused: [(line: Int, flaws: [Flaw])] = []
    private var seen: Set<String> = []
    private(set) var counts: ImportCounts
    private(set) var line: Int64 = 0

    init(importer: Importer, job: ImportJob, category: Category, is1904: Bool, done: Int64, at now: Instant) {
        self.importer = importer
        self.job = job
        self.category = category
        self.done = done
        self.now = now
        reading = RowReading(category: category, plan: job.plan, is1904: is1904, today: now.dayNumber)
        writer = importer.desk.writer
        counts = done > 0 ? job.counts : ImportCounts()
    }

    mutating func take(_ row: SheetRow) throws {
        guard row.line > job.plan.headLine, !row.isEmpty, !TableHead.isNote(row) else { return }
        let (values, flaws) = reading.read(row)
        let isNew = Int64(row.line) > done
        if !flaws.isEmpty {
            if isNew { refused.append((row.line, flaws)) }
        } else if !values.all.isEmpty {
            let key = importer.desk.search.rowKey(values, category)
            if !seen.insert(key).inserted {
                // Which of the two holds is for a person to say.
                if isNew { refused.append((row.line, [Flaw(field: category.label, code: "twice-in-file")])) }
            } else if isNew {
                ready.append(Ready(line: row.line, values: values, key: key))
            }
        }
        line = Int64(row.line)
        if ready.count + refused.count >= Importer.batch { try flush() }
    }

    /// Deals with what was gathered, in one transaction with how far the import has come.
    mutating func flush() throws {
        guard !ready.isEmpty || !refused.isEmpty else { return }
        let (rows, bad, before, last) = (ready, refused, counts, line)
        let (job, category, writer, now) = (job, category, writer, now)
        let database = importer.desk.database
        counts = try Blocking.wait {
            try await database.write { db in
                var counts = before
                counts.refused += Int64(bad.count)
                for (line, flaws) in bad { try ImportStore.refuse(job.id, line: line, flaws, in: db) }
                let known = try RecordStore.find(keys: rows.map(\.key), in: db)
                let hand = Hand(staff: job.byStaff, name: job.byName, source: .import, at: now)
                for row in rows {
                    if let record = known[row.key] {
                        let isChanged = try Self.merge(
                            row.values, into: record, category, writer, hand, isDry: job.plan.isDry, in: db)
                        if isChanged { counts.changed += 1 } else { counts.same += 1 }
                    } else {
                        counts.added += 1
                        if job.plan.isDry { continue }
                        let facts = Facts(Fact(source: .import, seenAt: now, seenBy: hand.name))
                        try writer.insert(row.values, facts: facts, category, by: hand, in: db)
                    }
                }
                try ImportStore.progress(job.id, done: last, counts, state: .running, in: db)
                return counts
            }
        }
        ready.removeAll(keepingCapacity: true)
        refused.removeAll(keepingCapacity: true)
    }

    /// Takes what a table says into a record. What somebody saw at the place stays, and the difference sends somebody
    /// to look again; an empty cell says nothing.
    private static func merge(
        _ values: FieldValues, into record: Record, _ category: Category, _ writer: RecordWriter, _ hand: Hand,
        isDry: Bool, in db: any Writing
    ) throws -> Bool {
        var merged = record.values
        var facts = record.facts
        for (field, value) in values.all where value != record.values[field] {
            let fact = record.facts[field]
            if record.values[field] != nil, fact.verifiedAt > 0 {
                facts[field].isDisputed = true
            } else {
                merged[field] = value
                facts[field] = Fact(source: .import, seenAt: hand.at, seenBy: hand.name)
            }
        }
        guard merged != record.values || facts != record.facts else { return false }
        if !isDry { try writer.update(record, to: merged, facts: facts, category, by: hand, in: db) }
        return true
    }
}
