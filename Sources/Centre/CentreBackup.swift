import Crypt
import Foundation
import Identity
import Kernel
import Logging
import Storage
import Woodpecker

/// What a backup consists of, so that a flipped bit or a missing file is found before anything is touched.
struct BackupManifest: Codable, Sendable {
    struct Part: Codable, Sendable {
        var path: String
        var bytes: Int
        var sha256: String
    }

    var madeAt: String
    var steps: [String]
    var rows: [String: Int64]
    var parts: [Part]

    static let name = "manifest.json"
}

extension Centre {
    /// Files that a backup makes itself or that belong to a running process alone.
    private static let ownFiles: Set<String> = ["zhili.db", "zhili.db-wal", "zhili.db-shm", "audit.anchor"]

    /// Writes a verified copy of database and files into a new folder while the centre runs.
    public func backUp(to folder: URL) async throws {
        let manager = FileManager.default
        guard !manager.fileExists(atPath: folder.path) else {
            throw CentreError(description: "\(folder.path) is there already; name a new folder")
        }
        try manager.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let file = folder.appendingPathComponent("zhili.db")
        let rows = try await BackupFile.write(from: database, to: file.path, steps: steps)
        var parts = ["zhili.db"]
        for path in try Self.files(in: configuration.folder) where !Self.ownFiles.contains(path) {
            let target = folder.appendingPathComponent(path)
            try manager.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try manager.copyItem(at: configuration.folder.appendingPathComponent(path), to: target)
            parts.append(path)
        }
        // The anchor of the copy, not of the log that has grown since.
        let copy = try SQLiteDatabase(path: file.path)
        let copied = try Audit(folder: folder)
        try await copied.writeAnchor(copy)
        let report = try await copied.verify(copy)
        await copy.close()
        if let flaw = report.flaw { throw CentreError(description: "the audit log of the copy is broken: \(flaw)") }
        guard try BackupFile.check(file.path) == rows else {
            throw CentreError(description: "the copy does not hold what was read")
        }
        for rest in ["zhili.db-wal", "zhili.db-shm"] {
            try? manager.removeItem(at: folder.appendingPathComponent(rest))
        }
        if manager.fileExists(atPath: copied.anchor.path) { parts.append("audit.anchor") }
        let manifest = BackupManifest(
            madeAt: Instant.now.rfc3339, steps: (Migrator.ground + steps).map(\.id), rows: rows,
            parts: try parts.sorted().map { try Self.part($0, in: folder) })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try encoder.encode(manifest).write(to: folder.appendingPathComponent(BackupManifest.name), options: .atomic)
    }

    /// Makes a data folder, and with `database` a PostgreSQL database, of a backup. Nothing is touched before the whole
    /// backup was found to be what its manifest says.
    public static func restore(
        from folder: URL, to configuration: CentreConfiguration, logger: Logger
    ) async throws {
        let manager = FileManager.default
        guard let data = manager.contents(atPath: folder.appendingPathComponent(BackupManifest.name).path),
            let manifest = try? JSONDecoder().decode(BackupManifest.self, from: data)
        else { throw CentreError(description: "\(folder.path) is no backup: it has no \(BackupManifest.name)") }
        for part in manifest.parts {
            guard !part.path.hasPrefix("/"), !part.path.split(separator: "/").contains(".."),
                let found = try? Self.part(part.path, in: folder), found.sha256 == part.sha256
            else { throw CentreError(description: "\(part.path) is damaged or missing in the backup") }
        }
        let target = configuration.folder
        if let held = try? manager.contentsOfDirectory(atPath: target.path), !held.isEmpty {
            throw CentreError(description: "\(target.path) is not empty; a backup is restored into an empty folder")
        }
        try manager.createDirectory(at: target, withIntermediateDirectories: true)
        for part in manifest.parts where configuration.database == nil || part.path != "zhili.db" {
            let place = target.appendingPathComponent(part.path)
            try manager.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try manager.copyItem(at: folder.appendingPathComponent(part.path), to: place)
        }
        let centre = try await Centre(configuration, logger: logger)
        if configuration.database != nil {
            guard Set(manifest.steps) == Set((Migrator.ground + centre.steps).map(\.id)) else {
                throw CentreError(description: "the backup was made by another version; restore it with that one")
            }
            let isUsed = try await centre.database.read { db in
                try db.value(Int64.self, "SELECT id FROM staff LIMIT 1") != nil
            }
            guard !isUsed else { throw CentreError(description: "the database holds a centre already") }
            try await BackupFile.read(folder.appendingPathComponent("zhili.db").path, into: centre.database)
        }
        let report = try await centre.verifyAudit()
        await centre.close()
        if let flaw = report.flaw { throw CentreError(description: "the restored audit log is broken: \(flaw)") }
    }

    private static func part(_ path: String, in folder: URL) throws -> BackupManifest.Part {
        let bytes = Array(try Data(contentsOf: folder.appendingPathComponent(path)))
        return BackupManifest.Part(path: path, bytes: bytes.count, sha256: Secret.hex(Digest.sha256(bytes)))
    }

    private static func files(in folder: URL) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { path in
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(
                atPath: folder.appendingPathComponent(path).path, isDirectory: &isFolder)
            return exists && !isFolder.boolValue && !WoodpeckerRoom.passingFiles.contains(where: path.hasPrefix)
        }
    }
}
