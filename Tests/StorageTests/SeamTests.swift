import Kernel
import Storage
import StorageTesting
import Testing

/// A table for the tests of this folder.
let thingSchema = [
    Migration(
        id: "test/0001-thing",
        sql: """
            CREATE TABLE thing (
              id BIGINT PRIMARY KEY, name TEXT, weight DOUBLE PRECISION, raw BYTEA, other TEXT UNIQUE,
              text TEXT
            );
            ALTER TABLE thing ADD COLUMN later TEXT;
            """)
]

/// An empty database with the ground's tables and ``thingSchema``.
func storage(_ engine: Engine) async throws -> TestDatabase {
    let storage = try await TestDatabase(engine)
    try await Migrator.migrate(storage.database, thingSchema)
    return storage
}

private struct Broken: Error {}

@Suite("The storage seam")
struct SeamTests {
    @Test("Every kind of value comes back as it was stored, at its limits too", arguments: Engine.allCases)
    func roundTrip(_ engine: Engine) async throws {
        let storage = try await storage(engine)
        let integers: [Int64] = [0, 1, -1, .max, .min]
        let doubles = [0.0, -1.5, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity, 1 / 3]
        let texts = ["", "智理 👨‍👩‍👧‍👦", "it's \"?\" $1 \\ %", String(repeating: "长", count: 100_000)]
        let blobs: [[UInt8]] = [[], [0, 1, 255], Array(repeating: 0, count: 70_000)]
        try await storage.database.write { db in
            for id in integers { try db.execute("INSERT INTO thing (id) VALUES (\(id))") }
            for (place, value) in doubles.enumerated() {
                try db.execute("INSERT INTO thing (id, weight) VALUES (\(place + 10), \(value))")
            }
            for (place, value) in texts.enumerated() {
                try db.execute("INSERT INTO thing (id, name) VALUES (\(place + 20), \(value))")
            }
            for (place, value) in blobs.enumerated() {
                try db.execute("INSERT INTO thing (id, raw) VALUES (\(place + 30), \(value))")
            }
        }
        try await storage.database.read { (db: any Reading) throws -> Void in
            for id in integers { #expect(try db.value(Int64.self, "SELECT id FROM thing WHERE id = \(id)") == id) }
            #expect(
                try db.values(Double.self, "SELECT weight FROM thing WHERE id >= 10 AND id < 20 ORDER BY id") == doubles
            )
            #expect(
                try db.values(String.self, "SELECT name FROM thing WHERE id >= 20 AND id < 30 ORDER BY id") == texts)
            #expect(
                try db.values([UInt8].self, "SELECT raw FROM thing WHERE id >= 30 AND id < 40 ORDER BY id") == blobs)
            #expect(try db.value(String?.self, "SELECT name FROM thing WHERE id = 0") == .some(nil))
            #expect(try db.value(Int64.self, "SELECT SUM(id) FROM thing WHERE id >= 0 AND id < 12") == 22)
            #expect(try db.value(Int64.self, "SELECT COUNT(*) FROM thing") == Int64(5 + 6 + 4 + 3))
            #expect(try db.value(Bool.self, "SELECT EXISTS (SELECT 1 FROM thing WHERE id = 1)") == true)
        }
    }

    @Test("Text is ordered byte by byte, so that a list goes on where its last page ended", arguments: Engine.allCases)
    func textOrder(_ engine: Engine) async throws {
        let storage = try await storage(engine)
        let names = ["b", "A", "a", "B", "_", "Z", "智", "é", "理", "10", "9", "a-b", "ab", "a b"]
        try await storage.database.write { db in
            for (place, name) in names.enumerated() {
                try db.execute("INSERT INTO thing (id, name) VALUES (\(place), \(name))")
            }
        }
        let paged = try await storage.database.read { db in
            var result: [String] = []
            while true {
                let after = result.last ?? ""
                let page = try db.values(
                    String.self, "SELECT name FROM thing WHERE name > \(after) ORDER BY name LIMIT 2")
                if page.isEmpty { return result }
                result += page
            }
        }
        #expect(paged == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    @Test(
        "A search by LIKE tells no capitals from small letters and takes a backslash as it is",
        arguments: Engine.allCases)
    func like(_ engine: Engine) async throws {
        let storage = try await storage(engine)
        try await storage.database.write { db in
            for (place, name) in ["Toy Works", "toy\\shop", "纸厂"].enumerated() {
                try db.execute("INSERT INTO thing (id, name) VALUES (\(place), \(name))")
            }
        }
        try await storage.database.read { (db: any Reading) throws -> Void in
            for (pattern, found) in [("%TOY%", 2), ("%y\\s%", 1), ("%厂", 1), ("%É%", 0)] {
                let names = try db.values(String.self, "SELECT name FROM thing WHERE (name LIKE \(pattern) OR id = -1)")
                #expect(names.count == found, "\(pattern)")
            }
        }
    }

    @Test(
        "What a failing transaction did is gone, and its neighbours in the same commit stay", arguments: Engine.allCases
    )
    func rollback(_ engine: Engine) async throws {
        let storage = try await storage(engine)
        let database = storage.database
        await withTaskGroup(of: Void.self) { group in
            for id in 0..<100 {
                group.addTask {
                    _ = try? await database.write { db in
                        try db.execute("INSERT INTO thing (id) VALUES (\(id))")
                        try db.publish(NewEvent(type: "thing", subject: "things/\(id)", permission: "x"))
                        if id % 3 == 0 { throw Broken() }
                    }
                }
            }
        }
        let (ids, events) = try await database.read { db in
            (
                try db.values(Int.self, "SELECT id FROM thing ORDER BY id"),
                try db.values(Int64.self, "SELECT seq FROM event ORDER BY seq")
            )
        }
        #expect(ids == (0..<100).filter { $0 % 3 != 0 })
        #expect(events == (1...Int64(ids.count)).map { $0 })
    }

    @Test(
        "A duplicate is told apart from other errors, and catching it does not keep the rest",
        arguments: Engine.allCases)
    func duplicate(_ engine: Engine) async throws {
        let database = try await storage(engine)
        _ = try await database.database.write { db in try db.execute("INSERT INTO thing (id, other) VALUES (1, 'x')") }
        do {
            try await database.database.write { db in
                try db.execute("INSERT INTO thing (id) VALUES (2)")
                _ = try? db.execute("INSERT INTO thing (id, other) VALUES (3, 'x')")
            }
            Issue.record("was taken")
        } catch StorageError.duplicate {}
        do {
            _ = try await database.database.write { db in try db.execute("INSERT INTO thing (id) VALUES (NULL), (NULL)")
            }
            if engine == .postgresql { Issue.record("was taken") }
        } catch StorageError.constraint {}
        let count = try await database.database.read { db in try db.value(Int.self, "SELECT id FROM thing WHERE id = 2")
        }
        #expect(count == nil)
        await #expect(throws: StorageError.self) {
            _ = try await database.database.write { db in
                try db.execute("INSERT INTO thing (id, name) VALUES (5, \("a\0b"))")
            }
        }
        await #expect(throws: StorageError.self) {
            try await database.database.read { try $0.value(Int.self, "NONSENSE") }
        }
    }

    @Test("A read sees one moment, whatever is written meanwhile", arguments: Engine.allCases)
    func snapshot(_ engine: Engine) async throws {
        let storage = try await storage(engine)
        let database = storage.database
        _ = try await database.write { db in try db.execute("INSERT INTO thing (id, weight) VALUES (1, 0.0), (2, 0.0)")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<50 {
                    try await database.write { db in
                        try db.execute("UPDATE thing SET weight = weight + 1 WHERE id = 1")
                        try db.execute("UPDATE thing SET weight = weight + 1 WHERE id = 2")
                    }
                }
            }
            group.addTask {
                for _ in 0..<50 {
                    let pair = try await database.read { db in
                        (
                            try db.value(Double.self, "SELECT weight FROM thing WHERE id = 1"),
                            try db.value(Double.self, "SELECT weight FROM thing WHERE id = 2")
                        )
                    }
                    #expect(pair.0 == pair.1)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("A scan of many rows may be left early, and runs beside another query", arguments: Engine.allCases)
    func scan(_ engine: Engine) async throws {
        let storage = try await storage(engine)
        try await storage.database.write { db in
            for id in 0..<2_500 { try db.execute("INSERT INTO thing (id) VALUES (\(id))") }
        }
        try await storage.database.read { (db: any Reading) throws -> Void in
            var all = 0
            try db.scan("SELECT id FROM thing WHERE id >= \(100) ORDER BY id") { row in
                if try row.next(Int.self) == 1_500 {
                    let nested = try db.value(Int.self, "SELECT 7")
                    #expect(nested == 7)
                    let same = try db.value(Int.self, "SELECT id FROM thing WHERE id >= \(2_400) ORDER BY id")
                    #expect(same == 2_400, "the same statement inside itself")
                }
                all += 1
                return true
            }
            #expect(all == 2_400)
            var some = 0
            try db.scan("SELECT id FROM thing") { _ in
                some += 1
                return some < 10
            }
            #expect(some == 10)
        }
    }

    @Test(
        "A migration runs once, an edited one is refused, and so is a database newer than the program",
        arguments: Engine.allCases)
    func migrations(_ engine: Engine) async throws {
        let storage = try await storage(engine)
        try await Migrator.migrate(storage.database, thingSchema)
        await #expect(throws: StorageError.self) { try await Migrator.migrate(storage.database, []) }
        let edited = [Migration(id: thingSchema[0].id, sql: thingSchema[0].sql + " ")]
        await #expect(throws: StorageError.self) { try await Migrator.migrate(storage.database, edited) }
    }
}
