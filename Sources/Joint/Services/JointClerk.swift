import Kernel
import Logging
import ServiceLifecycle
import Storage

/// Says on its case that a task's time is over.
struct JointClerk: Service {
    static let topic = "joint"

    let database: any Database
    let desk: JointDesk
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await step(at: .now)
                    await database.wakeups.wait(Self.topic, atMostMs: 30_000)
                } catch {
                    logger.error("joint tasks could not be looked at", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: .seconds(5))
                }
            }
        }
    }

    func step(at now: Instant) async throws {
        guard try await !database.read({ db in try JointStore.late(at: now, in: db).isEmpty }) else { return }
        try await database.write { [desk] db in
            for task in try JointStore.late(at: now, in: db) { try desk.tellLate(task, at: now, in: db) }
        }
    }
}
