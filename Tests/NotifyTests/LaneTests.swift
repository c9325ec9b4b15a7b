import Foundation
import Identity
import Kernel
import Logging
import Storage
import StorageTesting
import Synchronization
import Testing

@testable import Notify

/// A carrier that keeps what it was given, and answers when it is let.
private final class Gate: Carrier {
    private let state = Mutex<(got: [Message], waiting: [CheckedContinuation<Void, Never>], isOpen: Bool)>(
        (got: [], waiting: [], isOpen: false))

    init(isOpen: Bool) { state.withLock { $0.isOpen = isOpen } }

    /// It hears of no cancellation: what hangs in a library does not either.
    func send(_ message: Message) async -> Delivery {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                state.got.append(message)
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
        return .taken(providerID: nil)
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume() }
    }

    var got: [Message] { state.withLock { $0.got } }
    var count: Int { got.count }
}

@Suite("Carriers side by side")
struct LaneTests {
    private func open(_ engine: Engine) async throws -> TestDatabase {
        let storage = try await TestDatabase(engine)
        try await Migrator.migrate(storage.database, try IdentityRoom.schema() + NotifyRoom.schema())
        return storage
    }

    private func queue(
        _ count: Int, _ channel: Channel, _ priority: Priority = .emergency, in database: any Database
    ) async throws {
        try await database.write { db in
            for number in 0..<count {
                try Outbox().enqueue(
                    NewMessage(
                        channel: channel, to: Recipient(name: "示例", phone: "1990000\(number)", role: "owner"),
                        text: "\(priority)", caseID: nil, subject: "s", key: "\(channel) \(priority) \(number)",
                        priority: priority, at: .now), in: db)
            }
        }
    }

    private func until(_ what: String, _ holds: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while try await !holds() {
            try #require(ContinuousClock.now < end, "not in time: \(what)")
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test(
        "A carrier that hangs holds what it was given and nothing else: its neighbour and other ways go on",
        arguments: Engine.allCases)
    func hangs(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let (hung, good, phone) = (Gate(isOpen: false), Gate(isOpen: true), Gate(isOpen: true))
        var lines = [
            CarrierLine(name: "hung", channel: .sms, carrier: hung),
            CarrierLine(name: "good", channel: .sms, perSecond: 1_000, carrier: good),
            CarrierLine(name: "phone", channel: .call, carrier: phone),
        ]
        for index in lines.indices { lines[index].atOnce = 4 }
        let desk = CarrierDesk(
            lines: lines, database: storage.database, logger: Logger(label: "test"), patienceMs: 3_600_000)
        let sender = Sender(
            database: storage.database, carrier: desk, owner: 1, logger: Logger(label: "test"), room: desk.room)
        try await queue(60, .sms, in: storage.database)
        try await queue(20, .call, in: storage.database)
        let run = Task { try await sender.run() }
        try await until("what does not hang") { good.count == 56 && phone.count == 20 }
        #expect(hung.count == 4)
        // What comes later goes at once, though four still hang.
        try await queue(5, .sms, .routine, in: storage.database)
        try await until("what comes later") { good.count == 61 }
        hung.open()
        try await until("all are sent") {
            try await storage.database.read { db in
                try db.value(Int64.self, "SELECT COUNT(*) FROM message WHERE state = 'sent'")
            } == 85
        }
        #expect(hung.count == 4)
        run.cancel()
        _ = await run.result
    }

    @Test(
        "A carrier that hears no cancellation is left in time, keeps its place, and is not given more",
        arguments: Engine.allCases)
    func deaf(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let (deaf, good) = (Gate(isOpen: false), Gate(isOpen: true))
        var lines = [
            CarrierLine(name: "deaf", channel: .sms, carrier: deaf),
            CarrierLine(name: "good", channel: .sms, carrier: good),
        ]
        lines[0].atOnce = 1
        let desk = CarrierDesk(
            lines: lines, database: storage.database, logger: Logger(label: "test"), patienceMs: 50)
        #expect(await desk.send(message()) == .again("no-answer", mayHaveGoneOut: true))
        #expect(await desk.send(message()) == .taken(providerID: nil))
        #expect((deaf.count, good.count) == (1, 1))
        deaf.open()
        try await until("its place is free again") {
            _ = await desk.send(message())
            return deaf.count == 2
        }
    }

    @Test("What is over a carrier's rate waits for its turn, and is not put back", arguments: Engine.allCases)
    func rate(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let good = Gate(isOpen: true)
        let desk = CarrierDesk(
            lines: [CarrierLine(name: "good", channel: .sms, perSecond: 8, carrier: good)],
            database: storage.database, logger: Logger(label: "test"))
        let start = ContinuousClock.now
        let outcomes = await withTaskGroup(of: Delivery.self) { group in
            for _ in 0..<16 { group.addTask { await desk.send(message()) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.allSatisfy { $0 == .taken(providerID: nil) })
        #expect(good.count == 16)
        // Eight at once, then eight a second.
        #expect(ContinuousClock.now - start >= .milliseconds(900))
    }

    @Test("A quarter of the places is kept for emergencies, whatever else waits", arguments: Engine.allCases)
    func kept(_ engine: Engine) async throws {
        let storage = try await open(engine)
        try await queue(40, .sms, .routine, in: storage.database)
        let claimed = try await storage.database.write { db in
            try MessageStore.claim(.sms, owner: 1, at: .now, leaseMs: 9_000, limit: 16, kept: 4, in: db)
        }
        #expect(claimed.count == 12)
        try await queue(40, .sms, in: storage.database)
        let next = try await storage.database.write { db in
            try MessageStore.claim(.sms, owner: 1, at: .now, leaseMs: 9_000, limit: 4, kept: 4, in: db)
        }
        #expect(next.map(\.text) == Array(repeating: "emergency", count: 4))
    }
}
