import Kernel
import Storage
import StorageTesting
import Testing

@testable import Identity

@Suite("The audit log")
struct AuditTests {
    private func log(_ count: Int, _ engine: Engine) async throws -> (TestDatabase, Audit) {
        let storage = try await TestDatabase(engine)
        let database = storage.database
        try await Migrator.migrate(database, try IdentityRoom.schema())
        let audit = try Audit(folder: storage.folder)
        for number in 1...count {
            try await database.write { db in
                try audit.record(
                    AuditEntry(at: .now, actor: nil, actorName: "x", action: "a", subject: "s/\(number)"), in: db)
            }
        }
        try await audit.writeAnchor(database)
        return (storage, audit)
    }

    @Test("An untouched chain holds", arguments: Engine.allCases)
    func holds(_ engine: Engine) async throws {
        let (storage, audit) = try await log(5, engine)
        let database = storage.database
        #expect(try await audit.verify(database) == AuditReport(count: 5, flaw: nil))
    }

    @Test("An edited entry is found", arguments: Engine.allCases)
    func edit(_ engine: Engine) async throws {
        let (storage, audit) = try await log(5, engine)
        let database = storage.database
        _ = try await database.write { db in try db.execute("UPDATE audit SET subject = 'other' WHERE seq = 3") }
        #expect(try await audit.verify(database).flaw == .changed(3))
    }

    @Test("A deleted entry is found", arguments: Engine.allCases)
    func deletion(_ engine: Engine) async throws {
        let (storage, audit) = try await log(5, engine)
        let database = storage.database
        _ = try await database.write { db in try db.execute("DELETE FROM audit WHERE seq = 2") }
        #expect(try await audit.verify(database).flaw == .missing(before: 3))
    }

    @Test("Two entries that changed places are found", arguments: Engine.allCases)
    func reordering(_ engine: Engine) async throws {
        let (storage, audit) = try await log(5, engine)
        let database = storage.database
        try await database.write { db in
            try db.execute("UPDATE audit SET seq = 99 WHERE seq = 2")
            try db.execute("UPDATE audit SET seq = 2 WHERE seq = 3")
            try db.execute("UPDATE audit SET seq = 3 WHERE seq = 99")
        }
        #expect(try await audit.verify(database).flaw == .changed(2))
    }

    @Test("A cut tail is found though the head in the database was set back with it", arguments: Engine.allCases)
    func tail(_ engine: Engine) async throws {
        let (storage, audit) = try await log(5, engine)
        let database = storage.database
        try await database.write { db in
            let hash = try db.value(String.self, "SELECT hash FROM audit WHERE seq = 3") ?? ""
            try db.execute("DELETE FROM audit WHERE seq > 3")
            try db.execute("UPDATE audit_head SET seq = 3, hash = \(hash)")
        }
        #expect(try await audit.verify(database).flaw == .cut(last: 3, known: 5))
    }
}
