import Kernel
import Storage
import StorageTesting
import Testing

@Suite("Writers, events and other nodes")
struct WriterTests {
    @Test(
        "Sixteen writers on two nodes lose no count of a number that each reads and then writes",
        arguments: Engine.allCases)
    func counter(_ engine: Engine) async throws {
        let storage = try await storage(engine)
        let nodes = [storage.database, try storage.another()]
        _ = try await nodes[0].write { db in try db.execute("INSERT INTO thing (id, weight) VALUES (1, 0.0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<16 {
                group.addTask {
                    for _ in 0..<15 {
                        try await nodes[worker % 2].write { db in
                            let weight = try db.value(Double.self, "SELECT weight FROM thing WHERE id = 1") ?? 0
                            try db.execute("UPDATE thing SET weight = \(weight + 1) WHERE id = 1")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let weight = try await nodes[1].read { db in try db.value(Double.self, "SELECT weight FROM thing WHERE id = 1")
        }
        #expect(weight == 240)
    }

    @Test(
        "Whoever reads the log never sees a number before a lower one, with eight writers on two nodes",
        arguments: Engine.allCases)
    func order(_ engine: Engine) async throws {
        let storage = try await storage(engine)
        let nodes = [storage.database, try storage.another()]
        let total = 8 * 25
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for number in 0..<25 {
                        try await nodes[writer % 2].write { db in
                            try db.publish(NewEvent(type: "t", subject: "\(writer)/\(number)", permission: "x"))
                        }
                    }
                }
            }
            group.addTask {
                var seen: Int64 = 0
                while seen < total {
                    let after = seen
                    let new = try await nodes[0].read { db in
                        try db.values(Int64.self, "SELECT seq FROM event WHERE seq > \(after) ORDER BY seq")
                    }
                    #expect(new == new.indices.map { after + Int64($0) + 1 })
                    seen = new.last ?? seen
                }
            }
            // Followers of both nodes' feeds, who read the log where the feed tells them to.
            for node in nodes {
                group.addTask {
                    var seen: Int64 = 0
                    while seen < total {
                        await node.feed.wait(after: seen)
                        let after = seen
                        let new: [Int64]
                        switch node.feed.news(after: after) {
                        case .events(let events): new = events.map(\.seq)
                        case .readLog:
                            new = try await node.read { db in
                                try db.values(Int64.self, "SELECT seq FROM event WHERE seq > \(after) ORDER BY seq")
                            }
                        case nil: new = []
                        }
                        #expect(new == new.indices.map { after + Int64($0) + 1 })
                        seen = new.last ?? seen
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("A follower that comes back resumes after the last number it saw", arguments: Engine.allCases)
    func resume(_ engine: Engine) async throws {
        let storage = try await storage(engine)
        for number in 1...5 {
            try await storage.database.write { db in
                try db.publish(NewEvent(type: "t", subject: "\(number)", permission: "x", area: 7, data: "{\"智\":1}"))
            }
        }
        let again = try storage.another()
        try await Migrator.migrate(again, thingSchema)
        #expect(again.feed.last == 5)
        let rest = try await again.read { db in
            try db.all(Event.self, "SELECT \(raw: Event.columns) FROM event WHERE seq > 3 ORDER BY seq")
        }
        #expect(rest.map(\.content.subject) == ["4", "5"] && rest.allSatisfy { $0.content.data == "{\"智\":1}" })
        #expect(rest.first?.content.area == 7)
    }

    @Test("A commit on one node wakes a waiter and a follower on the other")
    func notify() async throws {
        let storage = try await storage(.postgresql)
        let other = try storage.another()
        let before = Instant.now
        async let woken: Void = other.wakeups.wait("work", atMostMs: 10_000)
        async let followed: Void = other.feed.wait(after: 0)
        try await storage.database.write { db in
            db.wake("work")
            try db.publish(NewEvent(type: "t", subject: "s", permission: "x"))
        }
        await woken
        await followed
        #expect(Instant.now - before < 5_000)
        guard case .events(let events)? = other.feed.news(after: 0) else {
            Issue.record("the other node's feed has not heard of it")
            return
        }
        #expect(events.map(\.content.subject) == ["s"])
    }

    @Test("More topics than a notification holds wake everybody")
    func manyTopics() async throws {
        let storage = try await storage(.postgresql)
        let other = try storage.another()
        async let woken: Void = other.wakeups.wait("topic-77", atMostMs: 20_000)
        let before = Instant.now
        try await Task.sleep(for: .milliseconds(50))
        try await storage.database.write { db in for number in 0..<2_000 { db.wake("topic-\(number)") } }
        await woken
        #expect(Instant.now - before < 10_000)
    }

    @Test("A server that goes away is an error to those who ask, and is found again: reads, writes and notices")
    func restart() async throws {
        let cluster = try await TestCluster()
        let storage = try await TestDatabase(.postgresql, cluster: cluster)
        let database = storage.database
        let other = try storage.another()
        try await Migrator.migrate(database, thingSchema)
        _ = try await database.write { db in try db.execute("INSERT INTO thing (id) VALUES (1)") }
        try await cluster.stop()
        await #expect(throws: StorageError.self) {
            _ = try await database.write { db in try db.execute("INSERT INTO thing (id) VALUES (2)") }
        }
        await #expect(throws: StorageError.self) {
            try await database.read { db in try db.value(Int.self, "SELECT 1") }
        }
        try await cluster.start()
        try await database.write { db in
            try db.execute("INSERT INTO thing (id) VALUES (3)")
            try db.publish(NewEvent(type: "t", subject: "back", permission: "x"))
        }
        let ids = try await database.read { db in try db.values(Int.self, "SELECT id FROM thing ORDER BY id") }
        #expect(ids == [1, 3])
        await other.feed.wait(after: 0)
        #expect(other.feed.last == 1)
    }

    @Test("An address is shown without its password, and one that is none is refused without repeating it")
    func address() throws {
        let address = try PostgresAddress("postgres://zhili:geheim@db.example:5433/town")
        #expect(address.description == "postgres://zhili@db.example:5433/town")
        #expect(throws: StorageError.self) { try PostgresAddress("mysql://a:geheim@b/c") }
        do {
            _ = try PostgresDatabase(url: "postgres://zhili:geheim@127.0.0.1:25499/town")
            Issue.record("connected to nothing")
        } catch {
            #expect(!"\(error)".contains("geheim"))
        }
    }
}
