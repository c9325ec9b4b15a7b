import Kernel
import Logging
import ServiceLifecycle
import Storage

/// Plans walks ahead, and opens the case of what was not walked.
struct PatrolClerk: Service {
    static let topic = "patrol"

    let database: any Database
    let desk: PatrolDesk
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await database.work(on: Self.topic, failing: "the rounds could not be worked on", logger: logger) {
                try await step(at: .now)
                return 15_000
            }
        }
    }

    /// Everything that is due at `now`; reads first, and writes only where there is something to write.
    func step(at now: Instant) async throws {
        let end = now.dayNumber + WalkTimes.horizon
        let (behind, overdue) = try await database.read { db in
            (
                try RoundStore.all(in: db).contains { $0.isActive && $0.plannedTo < end },
                try !WalkStore.overdue(at: now, in: db).isEmpty
            )
        }
        guard behind || overdue else { return }
        try await database.write { [desk] db in
            for round in try RoundStore.all(in: db) { try desk.plan(round, at: now, in: db) }
            for walk in try WalkStore.overdue(at: now, in: db) { try desk.miss(walk, at: now, in: db) }
        }
    }
}
