import FireGuard
import Identity
import Kernel
import Logging
import Patrol
import ServiceLifecycle
import Storage
import Web

/// Keeps this process's number on the database.
struct NodeKeeper: Service {
    let centre: Centre

    func run() async throws {
        guard let node = centre.node else { return try await gracefulShutdown() }
        await cancelWhenGracefulShutdown { await node.keep(logger: centre.logger) }
    }
}

/// Does the centre's jobs beside those of other nodes.
struct JobService: Service {
    let runner: JobRunner

    func run() async throws { await cancelWhenGracefulShutdown { await runner.run() } }
}

extension Centre {
    /// The jobs of the whole house; a room's are added here.
    func jobs() -> JobService {
        JobService(runner: JobRunner(database: database, workers: [retentionWorker], owner: owner, logger: logger))
    }

    /// What is kept for a time and no longer.
    var retention: [Retention] {
        [
            .events(days: configuration.retention.eventDays),
            .idempotency(days: configuration.retention.idempotencyDays),
            IdentityRoom.retention,
            FireGuard.retention(signalDays: configuration.retention.signalDays),
            PatrolRoom.retention(days: configuration.retention.trackDays),
        ]
    }

    /// Once an hour; what was removed is on the record.
    private var retentionWorker: JobWorker {
        let (rules, database, audit) = (retention, database, audit)
        return JobWorker(kind: "retention", everyMs: 3_600_000) { _ in
            let removed = try await Retention.enforce(rules, at: .now, in: database).filter { $0.value > 0 }
            guard !removed.isEmpty else { return }
            let detail = try JSON.text(removed)
            try await database.write { db in
                try audit.record(
                    AuditEntry(
                        at: .now, actor: nil, actorName: "retention", action: "retention", subject: "retention",
                        detail: detail), in: db)
            }
        }
    }
}
