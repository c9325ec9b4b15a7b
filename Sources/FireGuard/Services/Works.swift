import Kernel
import Storage

/// Ends maintenance: what works have covered and is still in alarm becomes a full alarm, told to everyone.
struct Works: Sendable {
    let database: any Database
    let desk: any Desk

    /// Looks for alarms whose works are over.
    /// - Returns: how many became full alarms.
    func sweep(at now: Instant) async throws -> Int {
        let due = try await database.read { db in try AlarmStore.leftOverFromWorks(at: now, in: db) }
        guard !due.isEmpty else { return 0 }
        let desk = desk
        try await database.write { db in
            for id in due { try AlarmDesk(desk: desk).endWorks(id, at: now, in: db) }
        }
        return due.count
    }
}
