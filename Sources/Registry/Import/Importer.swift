import Crypt
import Foundation
import Kernel
import Office
import Storage
import Web

/// Brings tables in: takes the file, proposes its columns, tries or stores its rows, and goes on after a break where
/// it stopped.
struct Importer: Sendable {
    let desk: RegistryDesk
    /// Where the files lie while they are needed.
    let folder: URL

    /// Rows of one transaction: large enough to share an fsync, small enough that an alarm waits some ten
    /// milliseconds for the writer.
    static let batch = 500

    func file(_ id: RecordID) -> URL { folder.appendingPathComponent("\(id).table") }

    /// Keeps a file and proposes how to read it.
    /// - Throws: a 422 ``Problem`` when it is no table or has no head that the category knows.
    func take(
        _ bytes: [UInt8], name: String, _ category: Category, viewer: Viewer, by caller: (id: StaffID?, name: String),
        at now: Instant
    ) async throws -> ImportJob {
        let id = RecordID.next()
        let (place, data) = (file(id), Data(bytes))
        let fields = Self.fields(category, viewer)
        let looked = try await Blocking.run { () throws -> (head: TableHead, total: Int64) in
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            guard
                FileManager.default.createFile(
                    atPath: place.path, contents: data, attributes: [.posixPermissions: 0o600])
            else { throw StorageError.full }
            do {
                return try Self.look(place.path, fields)
            } catch {
                try? FileManager.default.removeItem(at: place)
                throw Self.problem(error)
            }
        }
        let hash = Secret.hex(Digest.sha256(bytes))
        return try await desk.database.write { db in
            var columns = looked.head.columns
            let heads = looked.head.fingerprint
            if let known = try ImportStore.remembered(category.key, heads: heads, in: db) { columns = known }
            let plan = ImportPlan(names: looked.head.names, columns: columns, headLine: looked.head.lastLine)
            try ImportStore.insert(
                id: id, category: category.key, fileName: String(name.prefix(120)), sha256: hash, plan: plan,
                total: looked.total, staff: caller.id, name: caller.name, at: now, in: db)
            guard let job = try ImportStore.find(id, in: db) else { throw Problem.notFound }
            return job
        }
    }

    /// Forgets an import that was not begun, with its file.
    func drop(_ id: RecordID) async throws {
        let place = file(id)
        try await Blocking.run { try? FileManager.default.removeItem(at: place) }
        try await desk.database.write { db in try ImportStore.remove(id, in: db) }
    }

    /// Fields that a table may bring: what the importer sees at all, and what one person may change.
    static func fields(_ category: Category, _ viewer: Viewer) -> [Field] {
        category.fields.filter {
            $0.twoPeople != true && Policy.sight(of: $0, in: category, for: viewer) != .hidden
        }
    }

    private static func look(_ path: String, _ fields: [Field]) throws -> (head: TableHead, total: Int64) {
        let table = try TableFile(path: path)
        var first: [SheetRow] = []
        var total: Int64 = 0
        try table.rows { row in
            if first.count < TableHead.depth + 20 { first.append(row) }
            total = Int64(row.line)
            return true
        }
        guard let head = TableHead.find(in: first, fields: fields) else { throw Problem.invalid(["file": "no-head"]) }
        return (head, max(0, total - Int64(head.lastLine)))
    }

    /// What is wrong with a file, for who sent it.
    static func problem(_ error: any Error) -> any Error {
        switch error {
        case TableError.locked: Problem.invalid(["file": "locked"])
        case TableError.tooLarge: Problem.invalid(["file": "too-large"])
        case TableError.unknownKind: Problem.invalid(["file": "not-a-table"])
        case TableError.damaged(let place): Problem(422, "registry.table-damaged", detail: place)
        case TableError.unreadable: Problem.invalid(["file": "not-a-table"])
        default: error
        }
    }

    /// Works an import off. A row that was dealt with before a break is read again and not stored again.
    func run(_ job: ImportJob) async throws {
        guard let category = desk.book[job.category] else { throw Problem.notFound }
        let path = file(job.id).path
        let start = job
        let done = job.state == .running ? job.done : 0
        let counts = try await Blocking.run { () throws -> (ImportCounts, Int64) in
            let table = try TableFile(path: path)
            var pass = ImportPass(
                importer: self, job: start, category: category, is1904: table.is1904, done: done, at: .now)
            do {
                try table.rows { row in
                    try pass.take(row)
                    return true
                }
                try pass.finish()
            } catch {
                // What is said of the import afterwards must not be overtaken by a batch on its way.
                try? pass.settle()
                throw error
            }
            return (pass.counts, pass.line)
        }
        let state: ImportJob.State = job.plan.isDry ? .checked : .done
        try await desk.database.write { db in
            try ImportStore.progress(job.id, done: counts.1, counts.0, state: state, finished: .now, in: db)
            if !job.plan.isDry { try RecordWriter.touch(db) }
        }
    }

    /// The refused rows with what is wrong with each, as a workbook.
    func refusedRows(
        _ job: ImportJob, _ refusals: [(line: Int, flaws: [Flaw])], heads: (line: String, why: String),
        words: @escaping @Sendable (Flaw) -> String
    ) async throws -> [UInt8] {
        let path = file(job.id).path
        let flaws = Dictionary(refusals.map { ($0.line, $0.flaws) }) { first, _ in first }
        return try await Blocking.run {
            let book = try Workbook(
                sheet: "Zhili",
                columns: [(heads.line, 8), (heads.why, 60)] + job.plan.names.map { ($0, 18) })
            try TableFile(path: path).rows { row in
                if let found = flaws[row.line] {
                    book.add(
                        [.number(Double(row.line)), .text(found.map(words).joined(separator: "；"))]
                            + row.cells.map { cell in cell == .empty ? .empty : .text(cell.words) })
                }
                return true
            }
            return try book.bytes()
        }
    }
}

/// Runs blocking work on a thread of its own, and lets it wait for the store there.
enum Blocking {
    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Result(catching: work)) }
            thread.stackSize = 1 << 21
            thread.start()
        }
    }

    /// Waits on this thread, which must be one of ``run(_:)``, for asynchronous work.
    static func wait<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
        try Later(work).value()
    }

    /// Work that goes on beside the thread that started it, until that asks for what came of it, once.
    struct Later<Value: Sendable>: Sendable {
        private let done = DispatchSemaphore(value: 0)
        private let box = Box<Value>()

        init(_ work: @escaping @Sendable () async throws -> Value) {
            let (done, box) = (done, box)
            Task.detached {
                do { box.put(.success(try await work())) } catch { box.put(.failure(error)) }
                done.signal()
            }
        }

        func value() throws -> Value {
            done.wait()
            return try box.take()
        }
    }

    private final class Box<Value: Sendable>: @unchecked Sendable {
        // Written before the signal and read after the wait: the semaphore orders them.
        private var result: Result<Value, any Error>?
        func put(_ result: Result<Value, any Error>) { self.result = result }
        func take() throws -> Value {
            guard let result else { throw CancellationError() }
            return try result.get()
        }
    }
}
