import Foundation
import Kernel
import Logging
import ServiceLifecycle
import Storage

/// What the registry does by itself, once a night: duplicates, contradictions over several records, retention.
struct NightWorker: Service {
    let desk: RegistryDesk
    /// Where the files of imports lie.
    let imports: URL

    /// The hour, in China, at which it works.
    private static let hour: Int64 = 3

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let now = Instant.now
                let today = Int64(now.dayNumber) * CivilTime.dayMs - CivilTime.offsetMs + Self.hour * 3_600_000
                let next = today > now.ms ? today : today + CivilTime.dayMs
                do {
                    try await Task.sleep(for: .milliseconds(next - now.ms))
                    try await work(at: .now)
                } catch is CancellationError {
                    break
                } catch {
                    desk.logger.error("the night's work failed", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    func work(at now: Instant) async throws {
        _ = try await Duplicates(desk: desk).search(at: now)
        try await SharedDoubts(desk: desk).search(at: now)
        try await retire(at: now)
        try await Erasure(desk: desk, imports: imports).run(at: now)
    }

    /// Deletes what nobody has touched for as long as its category may be kept, some hundred a transaction.
    func retire(at now: Instant) async throws {
        let writer = desk.writer
        for category in desk.book.all {
            let oldest = now - Int64(category.retentionDays) * CivilTime.dayMs
            while true {
                let count = try await desk.database.write { db in
                    let old = try db.all(
                        Record.self,
                        """
                        SELECT \(raw: Record.columns) FROM registry_record r WHERE r.category = \(category.key)
                        AND r.changed_at < \(oldest) ORDER BY r.id LIMIT 200
                        """)
                    for record in old { try writer.delete(record, reason: "retention", at: now, in: db) }
                    return old.count
                }
                if count < 200 { break }
            }
        }
    }
}
