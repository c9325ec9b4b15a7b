import Kernel
import Logging
import ServiceLifecycle
import Storage

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
    var now: @Sendable () -> Instant = { .now }

    /// Longer than the carrier may take for one message.
    static let leaseMs: Int64 = 15_000
    /// Messages on their way at once.
    static let parallel: Int64 = 32

    private static let sent = Metrics.shared.counter("zhili_messages_sent_total", "Messages that a gateway has taken")
    private static let tries = Metrics.shared.counter("zhili_message_tries_total", "Tries to hand a message over")

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    if try await step() > 0 { continue }
                    let due = try await database.read { db in try MessageStore.nextDue(in: db) }
                    let pause = due.map { min(60_000, max(10, $0 - now())) } ?? 60_000
                    await database.wakeups.wait(Outbox.topic, atMostMs: pause)
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("the outbox could not be worked on", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    /// Sends what is due; returns how many were tried.
    func step() async throws -> Int {
        let (owner, start) = (owner, now())
        let due = try await database.read { db in try MessageStore.nextDue(in: db) }
        guard let due, due <= start else { return 0 }
        let (taken, late) = try await database.write { db in
            let late = try MessageStore.missing(at: start, limit: 100, in: db)
            for message in late { try undeliverable?(message, start, db) }
            return (
                try MessageStore.claim(owner: owner, at: start, leaseMs: Self.leaseMs, limit: Self.parallel, in: db),
                late.count
            )
        }
        await withTaskGroup { group in
            for message in taken { group.addTask { await send(message) } }
        }
        return taken.count + late
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
