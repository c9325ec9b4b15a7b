import Foundation
import Identity
import Kernel
import Logging
import Storage
import StorageTesting
import Synchronization
import Testing

@testable import Notify

/// A carrier that takes everything.
private final class Taker: Carrier {
    let got = Mutex<[Message]>([])
    func send(_ message: Message) async -> Delivery {
        got.withLock { $0.append(message) }
        return .taken(providerID: nil)
    }
}

@Suite("A clock that jumps")
struct ClockTests {
    private let start = Instant(ms: 1_790_000_000_000)
    private let hour: Int64 = 3_600_000

    private func open(_ engine: Engine) async throws -> TestDatabase {
        let storage = try await TestDatabase(engine)
        try await Migrator.migrate(storage.database, try IdentityRoom.schema() + NotifyRoom.schema())
        return storage
    }

    private func sender(_ database: any Database, _ carrier: Taker, owner: Int64 = 1, at moment: Instant) -> Sender {
        Sender(database: database, carrier: carrier, owner: owner, logger: Logger(label: "test"), now: { moment })
    }

    private func queue(in database: any Database) async throws {
        let start = start
        try await database.write { db in
            try Outbox().enqueue(
                NewMessage(
                    channel: .sms, to: Recipient(name: "示例", phone: "1", role: "owner"), text: "a",
                    caseID: CaseID(rawValue: 7), subject: "alarms/1", key: "k", priority: .emergency, at: start), in: db
            )
        }
    }

    @Test(
        "A message that was queued before the clock went back an hour goes out at once, once",
        arguments: Engine.allCases)
    func back(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let carrier = Taker()
        try await queue(in: storage.database)
        #expect(try await sender(storage.database, carrier, at: start - hour).step() == 1)
        #expect(try await sender(storage.database, carrier, at: start - hour + 1_000).step() == 0)
        #expect(try await sender(storage.database, carrier, at: start + hour).step() == 0)
        #expect(carrier.got.withLock { $0.map(\.mayRepeat) } == [false])
    }

    @Test("What a dead worker held before the clock went back is taken over, marked", arguments: Engine.allCases)
    func held(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let carrier = Taker()
        try await queue(in: storage.database)
        let start = start
        _ = try await storage.database.write { db in
            try MessageStore.claim(.sms, owner: 1, at: start, leaseMs: Sender.leaseMs, limit: 1, in: db)
        }
        // A few seconds between the clocks of two nodes take nothing away from who is at work.
        #expect(try await sender(storage.database, carrier, owner: 2, at: start - 5_000).step() == 0)
        #expect(try await sender(storage.database, carrier, owner: 2, at: start - hour).step() == 1)
        #expect(carrier.got.withLock { $0.map(\.mayRepeat) } == [true])
    }

    @Test("A climb goes on when the clock goes back, and does not run when it goes ahead", arguments: Engine.allCases)
    func climb(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let told = Mutex<[String]>([])
        let escalations = Escalations(onDuty: { _, _, _, _ in Escalations.OnDuty(people: []) }) { text, _, _, _ in
            told.withLock { $0.append(text) }
        } word: { key, values in
            "\(key) \(values["step"] ?? "")"
        }
        let start = start
        func climb(at moment: Instant) async throws -> Int {
            try await storage.database.write { db in try escalations.climb(at: moment, in: db) }
        }
        try await storage.database.write { db in
            try escalations.start(
                policy: "fire", subject: "alarms/1", caseID: CaseID(rawValue: 7), area: nil, text: "火警", at: start,
                in: db)
        }
        #expect(try await climb(at: start + 29_000) == 0)
        // Back an hour: the first step, due in an hour by then, comes now rather than never.
        #expect(try await climb(at: start - hour) == 1)
        #expect(try await climb(at: start - hour + 1_000) == 0)
        #expect(try await climb(at: start - hour + 30_000) == 1)
        // Ahead an hour: the next step, and not all that an hour would have held.
        #expect(try await climb(at: start + hour) == 1)
        #expect(try await climb(at: start + hour + 1_000) == 0)
        #expect(told.withLock { $0.count } == 3)
        let next = try await storage.database.read { db in try EscalationStore.nextDue(at: start + hour, in: db) }
        #expect(next == start + hour + 900_000)
    }
}
