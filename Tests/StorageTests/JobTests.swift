import Kernel
import Logging
import StorageTesting
import Synchronization
import Testing

@testable import Storage

@Suite("Jobs", .serialized)
struct JobTests {
    private let now = Instant(ms: 1_800_000_000_000)

    private func opened(_ engine: Engine) async throws -> TestDatabase {
        let made = try await TestDatabase(engine)
        try await Migrator.migrate(made.database, [])
        return made
    }

    private func runner(
        _ database: any Database, _ owner: String, _ workers: [JobWorker], leaseMs: Int64 = 30_000
    ) -> JobRunner {
        var logger = Logger(label: "jobs")
        logger.logLevel = .critical
        return JobRunner(database: database, workers: workers, owner: owner, leaseMs: leaseMs, logger: logger)
    }

    private func count(_ database: any Database) async throws -> Int64 {
        try await database.read { db in try db.value(Int64.self, "SELECT COUNT(*) FROM job") ?? -1 }
    }

    @Test("A job is done once and gone; another of the same key is not added", arguments: Engine.allCases)
    func once(_ engine: Engine) async throws {
        let made = try await opened(engine)
        let seen = Mutex<[String]>([])
        let first = runner(
            made.database, "a", [JobWorker(kind: "k") { job in seen.withLock { $0.append(job.payload) } }])
        let due = now
        let added = try await made.database.write { db in
            [
                try Jobs.add(NewJob(kind: "k", key: "1", payload: "x", runAt: due), in: db),
                try Jobs.add(NewJob(kind: "k", key: "1", payload: "y", runAt: due), in: db),
                try Jobs.add(NewJob(kind: "k", payload: "later", runAt: due + 10_000), in: db),
                try Jobs.add(NewJob(kind: "other", payload: "not mine", runAt: due), in: db),
            ]
        }
        #expect(added == [true, false, true, true])
        #expect(try await first.step(at: now))
        #expect(try await !first.step(at: now))
        #expect(seen.withLock { $0 } == ["x"])
        #expect(try await first.step(at: now + 10_000))
        #expect(seen.withLock { $0 } == ["x", "later"])
        #expect(try await count(made.database) == 1)
    }

    @Test(
        "What a dead node had taken is taken over when its lease has run out, and not before",
        arguments: Engine.allCases)
    func takenOver(_ engine: Engine) async throws {
        let made = try await opened(engine)
        let other = try made.another()
        let due = now
        _ = try await made.database.write { db in try Jobs.add(NewJob(kind: "k", runAt: due), in: db) }
        // The first node takes the job and is never heard of again.
        let taken = try await made.database.write { db in
            try Jobs.claim(["k"], owner: "dead", leaseMs: 30_000, limit: 1, at: due, in: db)
        }
        #expect(taken.map(\.attempts) == [1])
        let attempts = Mutex<[Int64]>([])
        let second = runner(
            other, "b", [JobWorker(kind: "k") { job in attempts.withLock { $0.append(job.attempts) } }])
        #expect(try await !second.step(at: now + 30_000))
        #expect(
            try await other.read { db in try Jobs.nextDue(["k"], in: db) } == now + 30_001)
        #expect(try await second.step(at: now + 30_001))
        #expect(attempts.withLock { $0 } == [2])
        // The first one wakes up too late: nothing of it counts.
        let late = taken[0].id
        let holds = try await made.database.write { db in
            try Jobs.prolong(late, owner: "dead", leaseMs: 30_000, at: due, in: db)
        }
        #expect(!holds)
        #expect(try await count(made.database) == 0)
    }

    @Test(
        "A job that fails is tried again after a growing pause, then parked with its error", arguments: Engine.allCases)
    func failing(_ engine: Engine) async throws {
        struct Broken: Error {}
        let made = try await opened(engine)
        let begin = Instant.now
        let one = runner(made.database, "a", [JobWorker(kind: "k", attempts: 2) { _ in throw Broken() }])
        _ = try await made.database.write { db in try Jobs.add(NewJob(kind: "k", runAt: begin), in: db) }
        #expect(try await one.step(at: begin))
        let next = try await made.database.read { db in try Jobs.nextDue(["k"], in: db) }
        #expect(try #require(next) >= begin + 2_000)
        #expect(try await !one.step(at: begin + 1_000))
        #expect(try await one.step(at: begin + 3_600_000))
        #expect(try await made.database.read { db in try Jobs.nextDue(["k"], in: db) } == nil)
        let error = try await made.database.read { db in try db.value(String.self, "SELECT last_error FROM job") }
        #expect(error?.contains("Broken") == true)
        #expect((1...30).map { JobRunner.pauseMs(after: $0) }.max() == 3_600_000)
    }

    @Test("While the work goes on its lease is prolonged, and a lost lease cancels it", arguments: Engine.allCases)
    func prolonged(_ engine: Engine) async throws {
        let made = try await opened(engine)
        let begin = Instant.now
        _ = try await made.database.write { db in try Jobs.add(NewJob(kind: "k", runAt: begin), in: db) }
        let wasCancelled = Mutex(false)
        let database = made.database
        let one = runner(
            database, "a",
            [
                JobWorker(kind: "k") { job in
                    while try await database.read({ db in
                        try db.value(Int64.self, "SELECT lease_until FROM job") ?? 0
                    }) <= begin.ms + 350 { try await Task.sleep(for: .milliseconds(10)) }
                    // Prolonged at least once. Now another node takes it away.
                    _ = try await database.write { db in
                        try db.execute("UPDATE job SET lease_owner = 'b'")
                    }
                    do { try await Task.sleep(for: .seconds(60)) } catch {
                        wasCancelled.withLock { $0 = true }
                        throw error
                    }
                }
            ], leaseMs: 300)
        #expect(try await one.step(at: begin))
        #expect(wasCancelled.withLock { $0 })
        let owner = try await database.read { db in try db.value(String.self, "SELECT lease_owner FROM job") }
        #expect(owner == "b")
    }

    @Test("A recurring job waits for its next time, and a new one wakes the runner", arguments: Engine.allCases)
    func running(_ engine: Engine) async throws {
        let made = try await opened(engine)
        let seen = Mutex<[String]>([])
        let one = runner(
            made.database, "a",
            [
                JobWorker(kind: "hourly", everyMs: 3_600_000) { _ in seen.withLock { $0.append("hourly") } },
                JobWorker(kind: "k") { _ in seen.withLock { $0.append("k") } },
            ])
        let running = Task { await one.run() }
        defer { running.cancel() }
        func until(_ wanted: [String]) async throws {
            for _ in 0..<1_000 where seen.withLock({ $0 }) != wanted { try await Task.sleep(for: .milliseconds(10)) }
            #expect(seen.withLock { $0 } == wanted)
        }
        try await until(["hourly"])
        _ = try await made.database.write { db in try Jobs.add(NewJob(kind: "k", runAt: .now), in: db) }
        try await until(["hourly", "k"])
        // The work is done a moment before its row is gone.
        for _ in 0..<1_000 where try await count(made.database) != 1 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try await count(made.database) == 1)
    }

    @Test("What is older than its days goes, piece by piece, and the newest event stays", arguments: Engine.allCases)
    func retention(_ engine: Engine) async throws {
        let made = try await opened(engine)
        let now = Instant.now
        let old = now - 100 * CivilTime.dayMs
        _ = try await made.database.write { db in
            for number in 0..<2_500 {
                try db.publish(NewEvent(type: "t", subject: "s\(number)", permission: "p"))
            }
            try db.execute("UPDATE event SET at = \(old) WHERE seq <= 2300")
        }
        let removed = try await Retention.enforce([.events(days: 90), .events(days: 0)], at: now, in: made.database)
        #expect(removed == ["events": 2_300])
        _ = try await made.database.write { db in try db.execute("UPDATE event SET at = \(old)") }
        #expect(try await Retention.enforce([.events(days: 90)], at: now, in: made.database) == ["events": 199])
        let left = try await made.database.read { db in try db.values(Int64.self, "SELECT seq FROM event") }
        #expect(left == [2_500])
    }
}
