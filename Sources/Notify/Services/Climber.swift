import Kernel
import Logging
import ServiceLifecycle
import Storage

/// Does the steps of escalations at their time.
struct Climber: Service {
    let database: any Database
    let escalations: Escalations
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await database.work(
                on: Escalations.topic, failing: "an escalation could not climb", logger: logger, retryMs: 1_000
            ) {
                let due = try await database.read { db in try EscalationStore.nextDue(at: .now, in: db) }
                guard let due else { return 60_000 }
                guard due <= .now else { return min(60_000, max(10, due - .now)) }
                _ = try await database.write { [escalations] db in try escalations.climb(at: .now, in: db) }
                return 0
            }
        }
    }
}
