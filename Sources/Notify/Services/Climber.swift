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
            while !Task.isCancelled {
                do {
                    let due = try await database.read { db in try EscalationStore.nextDue(at: .now, in: db) }
                    if let due, due <= .now {
                        let escalations = escalations
                        _ = try await database.write { db in try escalations.climb(at: .now, in: db) }
                        continue
                    }
                    await database.wakeups.wait(
                        Escalations.topic, atMostMs: due.map { min(60_000, max(10, $0 - .now)) } ?? 60_000)
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("an escalation could not climb", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }
}
