import Foundation
import Identity
import Kernel
import Storage
import StorageTesting
import Synchronization
import Testing
import Web

@testable import Notify

@Suite("Escalation")
struct EscalationTests {
    private let start = Instant(ms: 1_790_000_000_000)

    private func open(_ engine: Engine) async throws -> TestDatabase {
        let storage = try await TestDatabase(engine)
        try await Migrator.migrate(storage.database, try IdentityRoom.schema() + NotifyRoom.schema())
        return storage
    }

    @Test(
        "The first step comes at 30 s, not before; the last is repeated; taking the alarm ends it",
        arguments: Engine.allCases)
    func climb(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let database = storage.database
        let notes = NoteBook()
        let escalations = Escalations(onDuty: { _, _, _, _ in Escalations.OnDuty(people: []) }) { text, _, _, _ in
            notes.lines.withLock { $0.append(text) }
        } word: { key, values in
            key + (values["step"] ?? "")
        }
        let start = start
        try await database.write { db in
            try escalations.start(
                policy: "fire", subject: "alarms/1", caseID: CaseID(rawValue: 7), area: nil, text: "火警", at: start,
                in: db)
        }
        func climb(_ seconds: Int64) async throws -> Int {
            try await database.write { db in try escalations.climb(at: start + seconds * 1_000, in: db) }
        }
        #expect(try await climb(29) == 0)
        #expect(try await climb(30) == 1)
        #expect(try await climb(59) == 0)
        #expect(try await climb(60) == 1)
        #expect(try await climb(120) == 1)
        #expect(try await climb(121) == 0)
        #expect(try await climb(120 + 900) == 1)
        // There are no people in this store: that is said, not hidden.
        #expect(notes.lines.withLock { $0.first } == "notify.escalation.nobody1")
        try await database.write { db in try escalations.acknowledge(subject: "alarms/1", at: start, in: db) }
        #expect(try await climb(100_000) == 0)
    }

    @Test("A policy without an end goes on with its last step")
    func rungs() throws {
        let policy = EscalationPolicy.fire
        let last = try #require(policy.step(Int64(policy.steps.count) - 1))
        let later = try #require(policy.step(1_000))
        #expect(last.step == later.step)
        #expect(later.pauseMs == policy.repeatSeconds * 1_000)
        #expect(policy.firstPauseMs == 30_000)
    }
}

private final class NoteBook: Sendable {
    let lines = Mutex<[String]>([])

    private struct Plan: RowDecodable {
        var detail: String

        init(row: inout Row) throws {
            for _ in 0..<3 { _ = try row.next(Int64.self) }
            detail = try row.next()
        }
    }

    @Test("What is due is found by its time, however many policies run")
    func byIndex() async throws {
        let storage = try await TestDatabase(.sqlite)
        try await Migrator.migrate(storage.database, NotifyRoom.schema())
        for query in [
            EscalationStore.dueQuery(at: .now, limit: 100), EscalationStore.steppedBackQuery(at: .now, limit: 100),
        ] {
            let plan = try await storage.database.read { db in
                try db.all(Plan.self, "EXPLAIN QUERY PLAN \(query)").map(\.detail)
            }
            #expect(plan.count == 1 && plan.allSatisfy { $0.hasPrefix("SEARCH escalation USING INDEX") }, "\(plan)")
        }
    }
}
