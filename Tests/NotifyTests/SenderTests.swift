import Foundation
import Identity
import Kernel
import Logging
import Storage
import StorageTesting
import Synchronization
import Testing

@testable import Notify

/// A carrier that answers as it is told and keeps what it was given.
private final class Phone: Carrier {
    let got = Mutex<[Message]>([])
    let answer: @Sendable (Message) -> Delivery

    init(_ answer: @escaping @Sendable (Message) -> Delivery) { self.answer = answer }

    func send(_ message: Message) async -> Delivery {
        got.withLock { $0.append(message) }
        return answer(message)
    }
}

@Suite("The outbox")
struct SenderTests {
    private let start = Instant(ms: 1_790_000_000_000)

    private func open(_ engine: Engine) async throws -> TestDatabase {
        let storage = try await TestDatabase(engine)
        try await Migrator.migrate(storage.database, try IdentityRoom.schema() + NotifyRoom.schema())
        return storage
    }

    private func queue(_ key: String, priority: Priority = .emergency, in database: any Database) async throws {
        let start = start
        try await database.write { db in
            try Outbox().enqueue(
                NewMessage(
                    channel: .sms, to: Recipient(name: "示例", phone: "13800000000", role: "owner"), text: key,
                    caseID: CaseID(rawValue: 7), subject: "alarms/1", key: key, priority: priority, at: start), in: db)
        }
    }

    private func sender(_ database: any Database, _ carrier: Phone, owner: Int64 = 1, after ms: Int64 = 0) -> Sender {
        let at = start + ms
        return Sender(
            database: database, carrier: carrier, owner: owner, logger: Logger(label: "test"), now: { at })
    }

    private func states(_ database: any Database) async throws -> [MessageState] {
        try await database.read { db in try MessageList.page(MessageFilter(), limit: 100, in: db).map(\.state) }
    }

    @Test("A message goes out once; its key queues it once", arguments: Engine.allCases)
    func once(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let database = storage.database
        try await queue("a", in: database)
        try await queue("a", in: database)
        let phone = Phone { _ in .taken(providerID: "p-1") }
        #expect(try await sender(database, phone).step() == 1)
        #expect(try await sender(database, phone, after: 60_000).step() == 0)
        #expect(phone.got.withLock { $0.count } == 1)
        #expect(try await states(database) == [.sent])
    }

    @Test("A fire goes before routine work that waits longer", arguments: Engine.allCases)
    func priority(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let database = storage.database
        for number in 0..<40 { try await queue("work \(number)", priority: .routine, in: database) }
        try await queue("fire", in: database)
        let phone = Phone { _ in .taken(providerID: nil) }
        _ = try await sender(database, phone).step()
        #expect(phone.got.withLock { $0.contains { $0.text == "fire" } })
    }

    @Test(
        "What a dead worker held is taken over after its lease, and is marked as a possible repeat",
        arguments: Engine.allCases)
    func takeOver(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let database = storage.database
        try await queue("a", in: database)
        let start = start
        _ = try await database.write { db in
            try MessageStore.claim(.sms, owner: 1, at: start, leaseMs: Sender.leaseMs, limit: 10, in: db)
        }
        let phone = Phone { _ in .taken(providerID: nil) }
        #expect(try await sender(database, phone, owner: 2, after: 1_000).step() == 0)
        #expect(try await sender(database, phone, owner: 2, after: Sender.leaseMs).step() == 1)
        #expect(phone.got.withLock { $0.map(\.mayRepeat) } == [true])
    }

    @Test(
        "A gateway that is down is tried again after a pause; what may have gone out is marked, what has not is not",
        arguments: Engine.allCases)
    func again(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let database = storage.database
        try await queue("a", in: database)
        let down = Phone { _ in .again("refused", mayHaveGoneOut: false) }
        _ = try await sender(database, down).step()
        #expect(try await sender(database, down, after: 1_000).step() == 0)
        let broken = Phone { _ in .again("broken", mayHaveGoneOut: true) }
        _ = try await sender(database, broken, after: 2_000).step()
        #expect(broken.got.withLock { $0.map(\.mayRepeat) } == [false])
        let up = Phone { _ in .taken(providerID: nil) }
        _ = try await sender(database, up, after: 60_000).step()
        #expect(up.got.withLock { $0.map(\.mayRepeat) } == [true])
        #expect(try await states(database) == [.sent])
    }

    @Test("A message that is refused for good fails, and is tried again by hand alone", arguments: Engine.allCases)
    func refused(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let database = storage.database
        try await queue("a", in: database)
        _ = try await sender(database, Phone { _ in .refused("HTTP 400") }).step()
        #expect(try await states(database) == [.failed])
        let start = start
        try await database.write { db in
            let message = try #require(try MessageList.page(MessageFilter(), limit: 1, in: db).first)
            _ = try MessageStore.again(message, at: start + 5_000, in: db)
        }
        let phone = Phone { _ in .taken(providerID: nil) }
        #expect(try await sender(database, phone, after: 5_000).step() == 1)
    }

    @Test("Tries come to an end", arguments: Engine.allCases)
    func end(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let database = storage.database
        try await queue("a", in: database)
        let phone = Phone { _ in .again("down", mayHaveGoneOut: false) }
        for hour in 0..<20 { _ = try await sender(database, phone, after: Int64(hour) * 3_600_000).step() }
        #expect(phone.got.withLock { $0.count } == 8)
        #expect(try await states(database) == [.failed])
    }

    @Test("What was taken back before it was sent is not sent", arguments: Engine.allCases)
    func withdrawn(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let database = storage.database
        try await queue("a", in: database)
        let start = start
        try await database.write { db in try Outbox().withdraw(subject: "alarms/1", at: start, in: db) }
        let phone = Phone { _ in .taken(providerID: nil) }
        #expect(try await sender(database, phone).step() == 0)
    }
}
