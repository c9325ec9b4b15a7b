import Cases
import Kernel
import Logging
import ServiceLifecycle
import Storage

/// Begins drills whose time has come, and brings their frames to the wire.
struct DrillClerk: Service {
    static let topic = "drills"
    /// Milliseconds after its time until which a drill still begins: a centre that was off plays none in the night.
    static let lateMs: Int64 = 30 * 60_000
    /// Milliseconds after its start for which a frame is tried.
    static let patienceMs: Int64 = 60_000

    let database: any Database
    let desk: PlanDesk
    let wire: DrillWire
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await database.work(on: Self.topic, failing: "the drills could not be worked on", logger: logger) {
                try await step(at: .now) ? 2_000 : 10_000
            }
        }
    }

    /// Everything that is due at `now`.
    /// - Returns: whether a frame was not heard yet.
    func step(at now: Instant) async throws -> Bool {
        let due = try await database.read { db in try DrillStore.due(at: now, in: db) }
        for drill in due { try await begin(drill, at: now) }
        let unheard = try await database.read { db in try DrillStore.unheard(in: db) }
        for drill in unheard { try await play(drill, at: now) }
        return !unheard.isEmpty
    }

    private func begin(_ drill: Drill, at now: Instant) async throws {
        try await database.write { [desk, wire] db in
            guard now - drill.plannedAt <= Self.lateMs else {
                return try desk.fail(drill.id, "late", at: now, in: db)
            }
            do {
                _ = try desk.start(drill.id, by: .system("drill"), at: now, over: wire, in: db)
            } catch let problem as Problem where problem.status < 500 {
                // Its plan or its detector has gone since it was scheduled.
                try desk.fail(drill.id, problem.code == "plans.retired" ? "retired" : "detector", at: now, in: db)
            }
        }
    }

    /// Sends a drill's frame until it is heard, or says that the gateway did not answer.
    private func play(_ drill: Drill, at now: Instant) async throws {
        let isConfirmed = try await wire.send(drill.reference)
        try await database.write { [desk, wire] db in
            if let caseID = try wire.caseOf(drill.reference, db) {
                try desk.heard(drill.id, as: caseID, at: max(now, .now), in: db)
            } else if !isConfirmed, let started = drill.startedAt, now - started > Self.patienceMs {
                try desk.fail(drill.id, "silent", at: now, in: db)
            }
        }
    }
}
