import Kernel
import Logging
import ServiceLifecycle
import Storage

/// Destroys what reports said when its time is over: seals, content, photos, messages. What is counted stays.
struct Eraser: Service {
    let database: any Database
    let keepDays: Int
    let logger: Logger
    private static let batch = 100

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    while try await erase(at: .now) == Self.batch {}
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("reports could not be erased", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: .seconds(3_600))
            }
        }
    }

    /// Erases at most a hundred reports whose outcome is older than `keepDays`; returns how many.
    func erase(at now: Instant) async throws -> Int {
        let moment = now - Int64(keepDays) * CivilTime.dayMs
        return try await database.write { db in
            let due = try ReportStore.expired(before: moment, limit: Self.batch, in: db)
            for report in due {
                if let id = try ReportStore.find(report, in: db)?.caseID { try Open311Store.erase(id, in: db) }
                try PublicPhotoStore.erase(report, in: db)
                try AccountStore.dropFollow(report, in: db)
                try ReportStore.erase(report, at: now, in: db)
            }
            return due.count
        }
    }
}
