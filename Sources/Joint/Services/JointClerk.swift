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
            await database.work(on: Self.topic, failing: "joint tasks could not be looked at", logger: logger) {
                try await step(at: .now)
                return 30_000
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
