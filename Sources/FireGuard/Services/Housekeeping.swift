import Kernel
import Logging
import ServiceLifecycle
import Storage

/// What falls due by the clock: works that end, roll-calls without an answer, inspections.
public struct Housekeeping: Service {
    let database: any Database
    let desk: any Desk
    let logger: Logger

    /// Looks every two seconds, and once a minute at what is slow.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var lastSlow: Instant?
            while !Task.isCancelled {
                let now = Instant.now
                do {
                    _ = try await Works(database: database, desk: desk).sweep(at: now)
                    if lastSlow.map({ now - $0 >= 60_000 }) ?? true {
                        lastSlow = now
                        try await slow(at: now)
                    }
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("what fell due could not be done", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: .seconds(2))
            }
        }
    }

    func slow(at now: Instant) async throws {
        let desk = desk
        try await database.write { db in
            _ = try RollCallStore.expire(at: now, in: db)
            for site in try InspectionStore.overdue(at: now, limit: 100, in: db) {
                try Troubles(desk: desk).openInspection(site, at: now, in: db)
            }
        }
    }
}
