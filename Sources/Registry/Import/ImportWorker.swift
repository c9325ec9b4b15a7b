import Foundation
import Kernel
import Logging
import ServiceLifecycle
import Storage

/// Works imports off one after the other, those first that a stop broke off.
struct ImportWorker: Service {
    let importer: Importer

    /// Days for which a file lies here for its refused rows to be fetched.
    private static let days: Int64 = 30

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let pending = try await importer.desk.database.read { db in try ImportStore.pending(in: db) }
                    // Another node has the files that came in there.
                    guard
                        let job = pending.first(where: {
                            FileManager.default.fileExists(atPath: importer.file($0.id).path)
                        })
                    else {
                        removeOld()
                        await importer.desk.database.wakeups.wait(ImportStore.topic, atMostMs: 3_600_000)
                        continue
                    }
                    await work(job)
                } catch {
                    if Task.isCancelled { break }
                    try? await Task.sleep(for: .seconds(5))
                }
            }
        }
    }

    private func work(_ job: ImportJob) async {
        do {
            try await importer.run(job)
        } catch {
            importer.desk.logger.error("import failed", metadata: ["import": "\(job.id)", "error": "\(error)"])
            _ = try? await importer.desk.database.write { db in
                guard let now = try ImportStore.find(job.id, in: db) else { return }
                try ImportStore.progress(
                    job.id, done: now.done, now.counts, state: .failed, finished: .now, in: db)
            }
        }
    }

    private func removeOld() {
        let oldest = Date(timeIntervalSince1970: Double((Instant.now - Self.days * CivilTime.dayMs).ms) / 1_000)
        let files =
            (try? FileManager.default.contentsOfDirectory(
                at: importer.folder, includingPropertiesForKeys: [.contentModificationDateKey])) ?? []
        for file in files {
            let changed = (try? file.resourceValues(forKeys: [.contentModificationDateKey]))?.contentModificationDate
            if let changed, changed < oldest { try? FileManager.default.removeItem(at: file) }
        }
    }
}
