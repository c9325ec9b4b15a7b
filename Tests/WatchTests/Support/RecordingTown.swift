import Foundation
import Kernel
import Logging
import Media
import Simulator
import Storage
import StorageTesting
import Testing

@testable import Watch

/// Cameras that are recorded through the media process and the keeper, and what must hold of what lies on the disk.
final class RecordingTown: Sendable {
    let town: WatchTown
    let media: RealMedia
    let folder: URL
    let health = RecordingHealth()
    private let isCaseOpen: @Sendable (CaseID) -> Bool

    init(
        _ engine: Engine = .sqlite, in folder: URL, isCaseOpen: @escaping @Sendable (CaseID) -> Bool = { _ in false }
    ) async throws {
        self.folder = folder
        self.isCaseOpen = isCaseOpen
        media = try await RealMedia()
        town = try await WatchTown(engine, media: media.plane)
    }

    func keeper() -> RecordingKeeper {
        var logger = Logger(label: "keeper")
        logger.logLevel = .critical
        return RecordingKeeper(
            database: town.database, media: media.plane, folder: folder,
            open: { [town] camera in try await town.platform.open(camera, in: town.database) },
            isCaseOpen: { [isCaseOpen] id, _ in isCaseOpen(id) }, health: health, segmentSeconds: 1, logger: logger)
    }

    /// Records so many cameras while `body` runs; afterwards nothing runs any more.
    func record(cameras: Int, _ body: ([Camera]) async throws -> Void) async throws {
        let sender = try #require(FeedSender())
        defer { sender.stop() }
        try await town.register()
        do {
            try await town.play({
                $0.cameras = cameras
                $0.sender = sender
            }) { _ in
                try await expectSoon { try await town.cameras().count == cameras }
                let found = try await town.cameras()
                try await town.database.write { db in
                    for camera in found {
                        try RecordingStore.save(
                            RecordingRule(camera: camera.id, mode: .continuous, keepDays: 30), at: .now, in: db)
                    }
                }
                let keeper = keeper()
                let keeping = Task { try await keeper.run() }
                do {
                    try await body(found)
                } catch {
                    keeping.cancel()
                    throw error
                }
                keeping.cancel()
                _ = try? await keeping.value
                await town.platform.calls?.endAll()
            }
        } catch {
            await stop()
            throw error
        }
        await stop()
    }

    private func stop() async {
        await town.stop()
        await media.stop()
    }

    /// What the index has, oldest first.
    func segments() async throws -> [Segment] {
        try await town.database.read { db in
            try RecordingStore.oldest(after: Instant(ms: 0), limit: 10_000, in: db)
        }
    }

    /// The files of all cameras with that ending, as `CAMERA/DAY/FILE`.
    func files(_ ending: String) -> Set<String> {
        let found = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return Set(found.filter { $0.hasSuffix(ending) })
    }

    func name(_ segment: Segment) -> String { "\(segment.camera)/\(segment.file)" }

    /// As after a start: every file has its row and every row its file, nothing is half, and everything plays.
    func checkEverything() async throws {
        // The media process may need a moment to end.
        try await expectSoon { await !keeper().repair() }
        let rows = try await segments()
        #expect(Set(rows.map(name)) == files(".mp4"))
        #expect(Set(rows.map(name)).count == rows.count)
        #expect(files(".part").isEmpty)
        for row in rows {
            let file = folder.appendingPathComponent(name(row))
            let size = try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int64
            #expect(size == row.bytes, "\(row.file)")
            let (status, said) = try Self.decode(file)
            #expect(status == 0 && said.isEmpty, "\(row.file), \(row.end - row.start) ms: \(said)")
        }
    }

    /// Decodes a file with libav, which tells of everything that is not as it should be.
    private static func decode(_ file: URL) throws -> (Int32, String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/ffmpeg")
        process.arguments = [
            "-nostdin", "-v", "error", "-xerror", "-threads", "1", "-i", file.path, "-f", "null", "-",
        ]
        let output = Pipe()
        process.standardError = output
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }
}
