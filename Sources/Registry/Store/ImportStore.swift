import Kernel
import Storage
import Web

/// One import, from the file that came in to the last row.
struct ImportJob: Sendable, RowDecodable {
    enum State: String, Sendable, SQLConvertible {
        /// The columns are to be looked at.
        case draft
        /// Waits for the worker: to be tried, or to be stored.
        case queued
        case running
        /// Tried: nothing was stored.
        case checked
        case done
        case failed
    }

    var id: RecordID
    var category: String
    var fileName: String
    var plan: ImportPlan
    var state: State
    var total: Int64
    /// The last line that was dealt with.
    var done: Int64
    var counts: ImportCounts
    var byStaff: StaffID?
    var byName: String
    var at: Instant
    var finishedAt: Instant?

    static let columns = """
        id, category, file_name, plan, state, total, done, added, changed, same, refused, by_staff, by_name, at,
        finished_at
        """

    init(row: inout Row) throws {
        id = try row.next()
        category = try row.next()
        fileName = try row.next()
        plan = try StoredJSON.decode(ImportPlan.self, try row.next())
        state = try row.next()
        total = try row.next()
        done = try row.next()
        counts = ImportCounts(
            added: try row.next(), changed: try row.next(), same: try row.next(), refused: try row.next())
        byStaff = try row.next()
        byName = try row.next()
        at = try row.next()
        finishedAt = try row.next()
    }
}

enum ImportStore {
    static let topic = "registry.imports"

    static func insert(
        id: RecordID, category: String, fileName: String, sha256: String, plan: ImportPlan, total: Int64,
        staff: StaffID?,
        name: String, at now: Instant, in db: any Writing
    ) throws {
        try db.execute(
            """
            INSERT INTO registry_import (id, category, file_name, sha256, plan, state, total, done, added, changed, same,
              refused, by_staff, by_name, at)
            VALUES (\(id), \(category), \(fileName), \(sha256), \(try StoredJSON.text(plan)), \(ImportJob.State.draft),
              \(total), 0, 0, 0, 0, 0, \(staff?.rawValue), \(name), \(now))
            """)
    }

    static func remove(_ id: RecordID, in db: any Writing) throws {
        try db.execute("DELETE FROM registry_import WHERE id = \(id) AND state = \(ImportJob.State.draft)")
    }

    static func find(_ id: RecordID, in db: any Reading) throws -> ImportJob? {
        try db.first(
            ImportJob.self, "SELECT \(raw: ImportJob.columns) FROM registry_import WHERE id = \(id)")
    }

    static func recent(in db: any Reading) throws -> [ImportJob] {
        try db.all(
            ImportJob.self, "SELECT \(raw: ImportJob.columns) FROM registry_import ORDER BY id DESC LIMIT 50")
    }

    /// What waits to be worked on: what was broken off first.
    static func pending(in db: any Reading) throws -> [ImportJob] {
        try db.all(
            ImportJob.self,
            """
            SELECT \(raw: ImportJob.columns) FROM registry_import WHERE state IN ('running', 'queued')
            ORDER BY state DESC, id LIMIT 50
            """)
    }

    /// Sets a plan and queues it from the first row on.
    static func queue(_ id: RecordID, _ plan: ImportPlan, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE registry_import SET plan = \(try StoredJSON.text(plan)), state = 'queued', done = 0, added = 0,
              changed = 0, same = 0, refused = 0, finished_at = NULL
            WHERE id = \(id)
            """)
        try db.execute("DELETE FROM registry_refusal WHERE import_id = \(id)")
        db.wake(topic)
    }

    static func progress(
        _ id: RecordID, done: Int64, _ counts: ImportCounts, state: ImportJob.State, finished: Instant? = nil,
        in db: any Writing
    ) throws {
        try db.execute(
            """
            UPDATE registry_import SET done = \(done), added = \(counts.added), changed = \(counts.changed),
              same = \(counts.same), refused = \(counts.refused), state = \(state), finished_at = \(finished)
            WHERE id = \(id)
            """)
        try db.publish(
            NewEvent(
                type: "import.progress", subject: "imports/\(id)", permission: Permission.registryImport.name,
                data: "{\"done\":\(done)}"))
    }

    static func refuse(_ id: RecordID, line: Int, _ flaws: [Flaw], in db: any Writing) throws {
        let text = flaws.map { "\($0.field):\($0.code)" }.joined(separator: " ")
        try db.execute(
            """
            INSERT INTO registry_refusal (import_id, line, flaws) VALUES (\(id), \(line), \(text))
            ON CONFLICT (import_id, line) DO UPDATE SET flaws = excluded.flaws
            """)
    }

    static func refusals(of id: RecordID, limit: Int, in db: any Reading) throws -> [(line: Int, flaws: [Flaw])] {
        var result: [(Int, [Flaw])] = []
        try db.query(
            "SELECT line, flaws FROM registry_refusal WHERE import_id = \(id) ORDER BY line LIMIT \(limit)"
        ) { row in
            let line = try row.next(Int.self)
            let flaws = try row.next(String.self).split(separator: " ").map { part in
                let pair = part.split(separator: ":", maxSplits: 1)
                return Flaw(field: String(pair.first ?? ""), code: String(pair.last ?? ""))
            }
            result.append((line, flaws))
            return true
        }
        return result
    }

    static func remembered(_ category: String, heads: String, in db: any Reading) throws -> [Int: String]? {
        try db.value(
            String.self,
            "SELECT columns FROM registry_mapping WHERE category = \(category) AND heads = \(heads)"
        ).map { try StoredJSON.decode([Int: String].self, $0) }
    }

    static func remember(
        _ columns: [Int: String], _ category: String, heads: String, at now: Instant, in db: any Writing
    ) throws {
        try db.execute(
            """
            INSERT INTO registry_mapping (category, heads, columns, at)
            VALUES (\(category), \(heads), \(try StoredJSON.text(columns)), \(now))
            ON CONFLICT (category, heads) DO UPDATE SET columns = excluded.columns, at = excluded.at
            """)
    }
}
