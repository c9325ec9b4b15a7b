import Foundation
import Identity
import Kernel
import Logging
import Storage
import StorageTesting
import Testing

@testable import Centre

@Suite("Backup and restore")
struct BackupTests {
    private let logger = Logger(label: "backup")

    private func centre(_ place: TestDatabase, _ engine: Engine, folder: String) async throws -> Centre {
        try await Centre(configuration(place, engine, folder: folder), logger: logger)
    }

    private func configuration(_ place: TestDatabase, _ engine: Engine, folder: String) -> CentreConfiguration {
        var configuration = CentreConfiguration(folder: place.folder.appendingPathComponent(folder))
        if engine == .postgresql { configuration.database = place.address }
        return configuration
    }

    @Test("A copy made while others write is restored into either engine", arguments: Engine.allCases, Engine.allCases)
    func roundTrip(_ from: Engine, _ into: Engine) async throws {
        let (source, target) = (try await TestDatabase(from), try await TestDatabase(into))
        let centre = try await centre(source, from, folder: "data")
        _ = try await centre.setUp(sample: true, trialPassword: "trial-password-1")
        let areas = try await centre.database.read { db in
            try db.value(Int64.self, "SELECT COUNT(*) FROM area") ?? 0
        }
        let photo = centre.configuration.folder.appendingPathComponent("files/a/photo.jpg")
        try FileManager.default.createDirectory(
            at: photo.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("picture".utf8).write(to: photo)
        let writer = Task {
            for number in 1...200 {
                try await centre.addLoadSites(1, gateway: 0xB0_0000 + UInt64(number))
                try Task.checkCancellation()
            }
        }
        let backup = source.folder.appendingPathComponent("backup")
        try await centre.backUp(to: backup)
        writer.cancel()
        _ = await writer.result
        await centre.close()

        let restored = configuration(target, into, folder: "restored")
        try await Centre.restore(from: backup, to: restored, logger: logger)
        let again = try await Centre(restored, logger: logger)
        let counts = try await again.database.read { db in
            (
                staff: try db.value(Int64.self, "SELECT COUNT(*) FROM staff") ?? 0,
                areas: try db.value(Int64.self, "SELECT COUNT(*) FROM area") ?? 0,
                parts: try db.value(Int64.self, "SELECT COUNT(*) FROM area WHERE parent IS NOT NULL") ?? 0,
                orphans: try db.value(
                    Int64.self, "SELECT COUNT(*) FROM detector WHERE site NOT IN (SELECT id FROM site)") ?? -1
            )
        }
        #expect(counts.staff >= Town.people.count)
        #expect(counts.areas == areas)
        #expect(counts.parts == areas - 1)
        // One snapshot: no detector without the site that was made in the same transaction.
        #expect(counts.orphans == 0)
        #expect(try await again.verifyAudit().flaw == nil)
        #expect(
            FileManager.default.contents(atPath: restored.folder.appendingPathComponent("files/a/photo.jpg").path)
                == Data("picture".utf8))
        await again.close()
    }

    @Test("A flipped byte and a folder that is not empty are refused before anything is touched")
    func refused() async throws {
        let place = try await TestDatabase(.sqlite)
        let centre = try await centre(place, .sqlite, folder: "data")
        _ = try await centre.setUp(sample: true, trialPassword: "trial-password-1")
        let backup = place.folder.appendingPathComponent("backup")
        try await centre.backUp(to: backup)
        await #expect(throws: CentreError.self) { try await centre.backUp(to: backup) }
        await #expect(throws: CentreError.self) {
            try await Centre.restore(from: backup, to: centre.configuration, logger: logger)
        }
        await centre.close()
        let file = backup.appendingPathComponent("zhili.db")
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: file)
        let target = configuration(place, .sqlite, folder: "restored")
        await #expect(throws: CentreError.self) {
            try await Centre.restore(from: backup, to: target, logger: logger)
        }
        #expect(!FileManager.default.fileExists(atPath: target.folder.path))
    }
}
