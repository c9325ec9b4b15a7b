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
    /// Batches on their way, in their order: one is stored while the next is prepared and the one after that is read.
    private var running: [Task<ImportCounts, any Error>] = []
    private static let onTheirWay = 2
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

    /// Deals with what was gathered, and waits until all of it is stored.
    mutating func finish() throws {
        try flush()
        try settle()
    }

    /// Waits for the batches that are on their way; what went wrong with one is told after all have come to an end.
    mutating func settle() throws {
        defer { running = [] }
        var failure: (any Error)?
        for task in running {
            do { counts = try Blocking.wait { try await task.value } } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    /// What becomes of a batch's rows, as far as that can be told before it is stored.
    private struct Batch: Sendable {
        var added: [(key: String, values: FieldValues, record: RecordWriter.Prepared?)] = []
        /// Rows that say something else than the record does.
        var others: [Ready] = []
        var same: Int64 = 0
    }

    /// Sorts what was gathered. Everything that can be made without the writer is made here, on a thread of its own.
    private static func sorted(
        _ rows: [Ready], known: [String: String], _ category: Category, _ writer: RecordWriter, _ hand: Hand,
        isDry: Bool
    ) -> Batch {
        let facts = Facts(Fact(source: .import, seenAt: hand.at, seenBy: hand.name))
        var batch = Batch()
        for row in rows {
            guard let stored = known[row.key] else {
                let record =
                    isDry
                    ? nil : writer.prepare(row.values, facts: facts, category, by: hand, key: row.key)
                batch.added.append((row.key, row.values, record))
                continue
            }
            // An empty cell says nothing, so that the record may hold more than the row.
            let values = FieldValues(json: stored)
            if row.values.all.allSatisfy({ values[$0.key] == $0.value }) {
                batch.same += 1
            } else {
                batch.others.append(row)
            }
        }
        return batch
    }

    private var hand: Hand { Hand(staff: job.byStaff, name: job.byName, source: .import, at: now) }

    /// Stores what was gathered, in one transaction with how far the import has come.
    private mutating func flush() throws {
        guard !ready.isEmpty || !refused.isEmpty else { return }
        if running.count == Self.onTheirWay {
            let first = running.removeFirst()
            counts = try Blocking.wait { try await first.value }
        }
        let (rows, bad, last) = (ready, refused, line)
        let (before, start) = (running.last, counts)
        let (job, category, writer, hand) = (job, category, writer, hand)
        let database = importer.desk.database
        let task = Task.detached { () async throws -> ImportCounts in
            let keys = rows.map(\.key)
            let known = try await database.read { db in try RecordStore.values(keys: keys, in: db) }
            let batch = try await Blocking.run {
                Self.sorted(rows, known: known, category, writer, hand, isDry: job.plan.isDry)
            }
            // How far the import has come is true of all that lies before.
            let counted = try await before?.value ?? start
            return try await database.write { db in
                var counts = counted
                counts.refused += Int64(bad.count)
                counts.same += batch.same
                for (line, flaws) in bad { try ImportStore.refuse(job.id, line: line, flaws, in: db) }
                // Somebody may have made one of them a moment ago.
                let made = try RecordStore.values(keys: batch.added.map(\.key), in: db)
                let others =
                    batch.others.map { ($0.key, $0.values) }
                    + (made.isEmpty ? [] : batch.added.filter { made[$0.key] != nil }.map { ($0.key, $0.values) })
                let added = made.isEmpty ? batch.added : batch.added.filter { made[$0.key] == nil }
                try writer.insert(added.compactMap(\.record), in: db)
                counts.added += Int64(added.count)
                let records = try RecordStore.find(keys: others.map(\.0), in: db)
                for (key, values) in others {
                    guard let record = records[key] else { continue }
                    let isChanged = try Self.merge(
                        values, into: record, category, writer, hand, isDry: job.plan.isDry, in: db)
                    if isChanged { counts.changed += 1 } else { counts.same += 1 }
                }
                try ImportStore.progress(job.id, done: last, counts, state: .running, in: db)
                return counts
            }
        }
        running.append(task)
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
