import Kernel
import Logging

/// What does the jobs of one kind.
public struct JobWorker: Sendable {
    /// The kind.
    public var kind: String
    /// Milliseconds between two runs of a job that recurs; `nil` ends a job once it is done.
    public var everyMs: Int64?
    /// How often one job is tried before it is parked; a recurring one is tried without end.
    public var attempts: Int64
    /// The work. It may be begun again after a crash, so doing part of it twice must do no harm.
    public var work: @Sendable (Job) async throws -> Void

    /// A worker.
    public init(
        kind: String, everyMs: Int64? = nil, attempts: Int64 = 10, work: @escaping @Sendable (Job) async throws -> Void
    ) {
        self.kind = kind
        self.everyMs = everyMs
        self.attempts = attempts
        self.work = work
    }
}

/// Does the jobs that fall due, beside the runners of other nodes.
///
/// A job is taken by a lease that the runner prolongs while it works. When the process dies, the lease runs out and
/// another runner begins the job again.
public struct JobRunner: Sendable {
    /// For how long a job stays taken after its runner was last heard of.
    let leaseMs: Int64
    private let database: any Database
    private let workers: [String: JobWorker]
    private let owner: String
    private let logger: Logger

    private static let done = Metrics.shared.counter("zhili_jobs_done_total", "Jobs that were done")
    private static let failures = Metrics.shared.counter("zhili_jobs_failed_total", "Tries of a job that failed")

    /// A runner; `owner` names this process.
    public init(
        database: any Database, workers: [JobWorker], owner: String, leaseMs: Int64 = 30_000, logger: Logger
    ) {
        self.database = database
        self.workers = Dictionary(workers.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
        self.owner = owner
        self.leaseMs = leaseMs
        self.logger = logger
    }

    /// Adds what recurs, then works until the task is cancelled.
    public func run() async {
        let kinds = workers.keys.sorted()
        while !Task.isCancelled {
            do {
                let due = try await start(kinds)
                let pause = due.map { min(60_000, max(10, $0 - .now)) } ?? 60_000
                if pause > 10 { await database.wakeups.wait(Jobs.topic, atMostMs: pause) }
                while !Task.isCancelled, try await step(at: .now) {}
            } catch is CancellationError {
                return
            } catch {
                logger.error("jobs could not be looked for", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(5))
            }
        }
    }

    /// Adds the recurring jobs that are not there yet.
    /// - Returns: when the next job is due.
    private func start(_ kinds: [String]) async throws -> Instant? {
        let recurring = workers.values.filter { $0.everyMs != nil }.map(\.kind)
        let known = try await database.read { db in
            try db.values(String.self, "SELECT DISTINCT kind FROM job WHERE kind IN \(list: recurring)")
        }
        let missing = recurring.filter { !known.contains($0) }
        if !missing.isEmpty {
            try await database.write { db in
                for kind in missing { try Jobs.add(NewJob(kind: kind, key: kind, runAt: .now), in: db) }
            }
        }
        return try await database.read { db in try Jobs.nextDue(kinds, in: db) }
    }

    /// Takes one job that is due and does it.
    /// - Returns: whether there was one.
    func step(at now: Instant) async throws -> Bool {
        let (kinds, owner, leaseMs) = (workers.keys.sorted(), owner, leaseMs)
        let taken = try await database.write { db in
            try Jobs.claim(kinds, owner: owner, leaseMs: leaseMs, limit: 1, at: now, in: db)
        }
        guard let job = taken.first, let worker = workers[job.kind] else { return false }
        do {
            try await withLease(of: job) { try await worker.work(job) }
            Self.done.add()
            try await database.write { db in
                try Jobs.done(job.id, owner: owner, again: worker.everyMs.map { .now + $0 }, in: db)
            }
        } catch {
            guard !Task.isCancelled else {
                try await database.write { db in try Jobs.giveBack(job.id, owner: owner, in: db) }
                throw CancellationError()
            }
            Self.failures.add()
            let isLast = worker.everyMs == nil && job.attempts >= worker.attempts
            logger.error(
                isLast ? "a job was given up" : "a job failed and is tried again",
                metadata: ["kind": "\(job.kind)", "job": "\(job.id)", "error": "\(error)"])
            let again = isLast ? nil : Instant.now + Self.pauseMs(after: job.attempts)
            try await database.write { db in
                try Jobs.failed(job.id, owner: owner, error: "\(error)", again: again, in: db)
            }
        }
        return true
    }

    /// 2 s, 4 s, 8 s … at most an hour.
    static func pauseMs(after attempts: Int64) -> Int64 { min(3_600_000, 1_000 << min(12, max(1, attempts))) }

    /// Prolongs the lease beside the work; when it is lost, the work is cancelled.
    private func withLease(of job: Job, _ work: @escaping @Sendable () async throws -> Void) async throws {
        let (database, owner, leaseMs) = (database, owner, leaseMs)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await work() }
            group.addTask {
                while true {
                    try await Task.sleep(for: .milliseconds(leaseMs / 3))
                    let holds = try await database.write { db in
                        try Jobs.prolong(job.id, owner: owner, leaseMs: leaseMs, at: .now, in: db)
                    }
                    guard holds else { throw StorageError.unavailable("another node has taken the job") }
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
