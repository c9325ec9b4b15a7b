import Kernel
import Logging
import StorageTesting
import Testing

@testable import Storage

@Suite("Leases", .serialized)
struct LeaseTests {
    @Test("One at a time holds a lease; it goes on when it ran out or was given back", arguments: Engine.allCases)
    func lease(_ engine: Engine) async throws {
        let made = try await TestDatabase(engine)
        let (one, two) = (made.database, try made.another())
        try await Migrator.migrate(one, [])
        let now = Instant(ms: 1_000_000)
        func take(_ database: any Database, _ owner: String, at moment: Instant) async throws -> Bool {
            try await database.write { db in try Lease.take("x", for: owner, ms: 1_000, at: moment, in: db) }
        }
        #expect(try await take(one, "a", at: now))
        #expect(try await !take(two, "b", at: now + 500))
        #expect(try await take(one, "a", at: now + 900))
        #expect(try await !take(two, "b", at: now + 1_500))
        #expect(try await take(two, "b", at: now + 1_901))
        #expect(try await !take(one, "a", at: now + 2_000))
        try await two.write { db in try Lease.giveBack("x", of: "a", in: db) }
        #expect(try await one.read { db in try Lease.holder(of: "x", at: now + 2_000, in: db) } == "b")
        try await two.write { db in try Lease.giveBack("x", of: "b", in: db) }
        #expect(try await take(one, "a", at: now + 2_000))
    }

    @Test(
        "Processes at work at once have different numbers; a number of the dead is used again",
        arguments: Engine.allCases)
    func numbers(_ engine: Engine) async throws {
        let made = try await TestDatabase(engine)
        let (one, two) = (made.database, try made.another())
        try await Migrator.migrate(one, [])
        let now = Instant.now
        let first = try await NodeNumber.take(one, owner: "a", at: now)
        let second = try await NodeNumber.take(two, owner: "b", at: now)
        #expect([first.number, second.number] == [0, 1])
        await first.giveBack()
        #expect(try await NodeNumber.take(two, owner: "c", at: now).number == 0)
        #expect(try await NodeNumber.take(two, owner: "d", at: now + NodeNumber.leaseMs + 1).number == 0)
    }
}
