import Kernel
import Logging
import ServiceLifecycle
import Storage
import Synchronization

/// Takes what waits in the outbox and hands it to the carrier.
///
/// A message is marked `sending` and committed before the carrier hears of it. Where the process dies in between, its
/// lease runs out, and whoever takes it over marks it as a possible repeat: nothing goes out twice unmarked, and
/// nothing is lost.
struct Sender: Service {
    let database: any Database
    let carrier: any Carrier
    let owner: Int64
    let logger: Logger
    /// What is done, in the same transaction, about a message that will not arrive in time.
    var undeliverable: (@Sendable (Message, Instant, any Writing) throws -> Void)?
    /// Messages on their way at once, for each channel: one that is stuck holds up none of another.
    var room: [Channel: Int] = Dictionary(uniqueKeysWithValues: Channel.allCases.map { ($0, 32) })
    var now: @Sendable () -> Instant = { .now }

    /// Longer than a carrier may take for one message, its wait for the carrier's rate included.
    static let leaseMs: Int64 = 15_000

    private static let sent = Metrics.shared.counter("zhili_messages_sent_total", "Messages that a gateway has taken")
    private static let tries = Metrics.shared.counter("zhili_message_tries_total", "Tries to hand a message over")

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let flight = Flight(room)
            await withDiscardingTaskGroup { group in
                while !Task.isCancelled {
                    do {
                        let taken = try await take(flight.free)
                        for message in taken.messages {
                            flight.begin(message.channel)
                            group.addTask {
                                await send(message)
                                flight.end(message.channel)
                                // The place is free for the next one, whatever the others do.
                                database.wakeups.wake(Outbox.topic)
                            }
                        }
                        if !taken.messages.isEmpty || taken.late > 0 { continue }
                        let free = flight.free
                        let due = try await database.read { db in
                            try MessageStore.nextDue(among: Array(free.keys), at: now(), in: db)
                        }
                        // What is due and not taken waits for a place; whoever frees one says so.
                        let pause = due.map { $0 <= now() ? 1_000 : min(60_000, max(10, $0 - now())) } ?? 60_000
                        await database.wakeups.wait(Outbox.topic, atMostMs: pause)
                    } catch is CancellationError {
                        break
                    } catch {
                        logger.error("the outbox could not be worked on", metadata: ["error": "\(error)"])
                        try? await Task.sleep(for: .seconds(1))
                    }
                }
                group.cancelAll()
            }
        }
    }

    /// Sends what is due and waits for all of it; returns how many were tried.
    func step() async throws -> Int {
        let taken = try await take(room)
        await withDiscardingTaskGroup { group in
            for message in taken.messages { group.addTask { await send(message) } }
        }
        return taken.messages.count + taken.late
    }

    /// Claims what is due, at most so many of each channel, and says what no carrier reported on in time.
    private func take(_ room: [Channel: Int]) async throws -> (messages: [Message], late: Int) {
        let (owner, start) = (owner, now())
        let due = try await database.read { db in try MessageStore.nextDue(among: Array(room.keys), at: start, in: db) }
        guard let due, due <= start else { return ([], 0) }
        return try await database.write { db in
            let late = try MessageStore.missing(at: start, limit: 100, in: db)
            for message in late { try undeliverable?(message, start, db) }
            try MessageStore.reclaim(at: start, limit: 100, in: db)
            var messages: [Message] = []
            for channel in Channel.allCases {
                guard let free = room[channel] else { continue }
                // A quarter of the places is kept for emergencies, whatever else waits.
                messages += try MessageStore.claim(
                    channel, owner: owner, at: start, leaseMs: Self.leaseMs, limit: Int64(free),
                    kept: Int64(self.room[channel, default: 0] / 4), in: db)
            }
            return (messages, late.count)
        }
    }

    private func send(_ message: Message) async {
        Self.tries.add()
        let outcome = await carrier.send(message)
        if case .taken = outcome { Self.sent.add() }
        let owner = owner
        let at = now()
        do {
            try await database.write { db in
                try MessageStore.finish(message, owner: owner, outcome, at: at, in: db)
                if let undeliverable, try MessageStore.isLost(message.id, outcome, at: at, in: db) {
                    try undeliverable(message, at, db)
                }
            }
        } catch {
            // Its lease runs out, and the next try is marked.
            logger.error(
                "what came of a message could not be kept",
                metadata: ["message": "\(message.id)", "error": "\(error)"])
        }
    }
}

/// How many messages of each channel are on their way.
private final class Flight: Sendable {
    private let room: [Channel: Int]
    private let under = Mutex<[Channel: Int]>([:])

    init(_ room: [Channel: Int]) { self.room = room }

    /// The places that are free; a channel without one is left out.
    var free: [Channel: Int] {
        under.withLock { under in
            room.reduce(into: [:]) { free, entry in
                let left = entry.value - under[entry.key, default: 0]
                if left > 0 { free[entry.key] = left }
            }
        }
    }

    func begin(_ channel: Channel) { under.withLock { $0[channel, default: 0] += 1 } }
    func end(_ channel: Channel) { under.withLock { $0[channel, default: 1] -= 1 } }
}
