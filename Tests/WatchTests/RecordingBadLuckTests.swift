import Foundation
import Kernel
import Media
import Storage
import StorageTesting
import Synchronization
import Testing

@testable import Watch

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Recordings over bad luck", .serialized)
struct RecordingBadLuckTests {
    private static var isRoot: Bool { geteuid() == 0 }

    @Test(
        "Killed at any moment, the recorder loses at most what it was writing, and that is mended",
        arguments: Engine.allCases)
    func killed(_ engine: Engine) async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let town = try await RecordingTown(engine, in: folder)
        try await town.record(cameras: 2) { cameras in
            for _ in 0..<4 {
                // Both cameras write again.
                try await expectSoon(within: 60) {
                    let parts = town.files(".part")
                    return cameras.allSatisfy { camera in parts.contains { $0.hasPrefix("\(camera.id)/") } }
                }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...2_500)))
                let pid = try #require(town.media.plane.processID)
                let before = try await town.segments()
                let begun = Instant.now
                #expect(Glibc.kill(pid, SIGKILL) == 0)
                try await expectSoon { town.media.plane.processID.map { $0 != pid } ?? false }
                // What was written by then is a segment, or held no whole picture; what was known is still there.
                try await expectSoon {
                    town.files(".part").allSatisfy { Self.startMs($0) ?? 0 > begun.ms }
                }
                let after = Set(try await town.segments().map(town.name))
                #expect(Set(before.map(town.name)).isSubset(of: after))
                #expect(Set(before.map(town.name)).isSubset(of: town.files(".mp4")))
                // The last picture kept of each camera is not long before the end: one segment is all there was to lose.
                try await expectSoon {
                    let rows = try await town.segments().filter { $0.start < begun }
                    return cameras.allSatisfy { camera in
                        rows.contains { $0.camera == camera.id && $0.end > begun - 2_500 }
                    }
                }
            }
        }
        try await town.checkEverything()
        #expect(try await town.segments().count > 8)
    }

    @Test("What only the index or only the disk has is set right at the start")
    func strays() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let town = try await RecordingTown(in: folder)
        try await town.record(cameras: 1) { _ in try await expectSoon { try await town.segments().count >= 4 } }
        let rows = try await town.segments()
        let (lost, forgotten, cut) = (rows[0], rows[1], rows[2])
        try FileManager.default.removeItem(at: folder.appendingPathComponent(town.name(lost)))
        try await town.town.database.write { db in
            try RecordingStore.remove(forgotten.id, in: db)
            try RecordingStore.remove(cut.id, in: db)
        }
        // As a power cut leaves it: some of the last picture is missing.
        let whole = folder.appendingPathComponent(town.name(cut))
        let part = whole.appendingPathExtension("part")
        try FileManager.default.moveItem(at: whole, to: part)
        #expect(truncate(part.path, off_t(cut.bytes - 100)) == 0)
        let hollow = whole.deletingLastPathComponent().appendingPathComponent("5.mp4")
        try Data("no picture".utf8).write(to: hollow)
        try await town.checkEverything()
        let files = Set(try await town.segments().map(\.file))
        #expect(!files.contains(lost.file) && files.contains(forgotten.file) && files.contains(cut.file))
        #expect(try await town.segments().first { $0.file == cut.file }.map { $0.end < cut.end } == true)
    }

    @Test("What is still being written is not mended")
    func busy() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let town = try await RecordingTown(in: folder)
        try await town.record(cameras: 1) { _ in
            for _ in 0..<10 {
                try await expectSoon { !town.files(".part").isEmpty }
                _ = await town.keeper().repair()
                try await Task.sleep(for: .milliseconds(100))
            }
            try await expectSoon { try await town.segments().count >= 3 }
        }
        try await town.checkEverything()
        // A segment that was cut while it was being written would be shorter than what follows it would allow.
        let rows = try await town.segments()
        for (one, next) in zip(rows, rows.dropFirst()) { #expect(abs(next.start - one.end) < 200) }
    }

    @Test(
        "A full disk loses at most what is being written, is said, takes nothing of an open case, and recording goes on",
        .enabled(if: isRoot))
    func full() async throws {
        let folder = try Self.folder()
        guard try Self.run("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", folder.path]) == 0 else {
            // A container may forbid mounting even to root.
            return
        }
        defer {
            _ = try? Self.run("/usr/bin/umount", ["-l", folder.path])
            try? FileManager.default.removeItem(at: folder)
        }
        let isOpen = Switch()
        let town = try await RecordingTown(in: folder) { _ in isOpen.value }
        try await town.record(cameras: 1) { cameras in
            let camera = try #require(cameras.first)
            try await expectSoon { try await town.segments().count >= 3 }
            let held = try await town.segments()
            let last = try #require(held.last)
            // All there is and will be within a minute belongs to an open case.
            try await town.hold(camera.id, from: held[0].start, to: last.end + 600_000)
            let filler = folder.appendingPathComponent("filler")
            _ = try Self.run("/usr/bin/dd", ["if=/dev/zero", "of=\(filler.path)", "bs=4k"])
            try await expectSoon { town.health.fault(of: camera.id)?.isFull == true }
            #expect(town.health.count == 1)
            #expect(Metrics.shared.text().contains("zhili_recording_breaks_total"))
            // While it is full: the picture is still there for viewers, and nothing of the case is gone.
            #expect(town.media.plane.isRunning)
            try await town.keeper().letGo(at: .now)
            #expect(Set(held.map(\.file)).isSubset(of: Set(try await town.segments().map(\.file))))

            try FileManager.default.removeItem(at: filler)
            let room = Instant.now
            try await expectSoon {
                try await town.segments().contains { $0.start > room }
                    && town.health.fault(of: camera.id) == nil
            }
            // Full again, and the case is closed: now the oldest make room by themselves.
            isOpen.value = false
            _ = try Self.run("/usr/bin/dd", ["if=/dev/zero", "of=\(filler.path)", "bs=4k"])
            let filled = Instant.now
            try await expectSoon(within: 60) {
                let rows = try await town.segments()
                return rows.contains { $0.start > filled && $0.end - $0.start >= 1_000 }
                    && !rows.contains { $0.file == held[0].file }
            }
            try FileManager.default.removeItem(at: filler)
        }
        try await town.checkEverything()
    }

    @Test("Old recordings go in time, but for those of open cases, however many these are", arguments: Engine.allCases)
    func retention(_ engine: Engine) async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let isOpen = Switch()
        let town = try await RecordingTown(engine, in: folder) { _ in isOpen.value }
        try await town.record(cameras: 1) { _ in }
        let camera = try #require(try await town.town.cameras().first?.id)
        let begin = Instant.now - 40 * CivilTime.dayMs
        // More than one look finds belongs to the case, then comes what does not.
        try await town.add(camera, count: 700, from: begin)
        try await town.hold(camera, from: begin, to: begin + 600 * 10_000)
        try await town.keeper().letGo(at: .now, free: .max)
        #expect(try await town.segments().filter { $0.start < begin + 7_000_000 }.count == 600)
        isOpen.value = false
        try await town.keeper().letGo(at: .now, free: .max)
        #expect(try await town.segments().allSatisfy { $0.start > begin + 7_000_000 })
    }

    private static func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-rec-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// When a part began, by its name.
    private static func startMs(_ part: String) -> Int64? {
        part.split(separator: "/").last?.split(separator: ".").first.flatMap { Int64($0) }
    }

    private static func run(_ path: String, _ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}

/// Whether the test's case is open.
private final class Switch: Sendable {
    private let state = Mutex(true)
    var value: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

extension RecordingTown {
    /// A clip for a case.
    fileprivate func hold(_ camera: CameraID, from: Instant, to: Instant) async throws {
        try await town.database.write { db in
            try RecordingStore.add(
                Clip(
                    id: .next(), camera: camera, from: from, to: to, caseID: CaseID.next(), sha256: "", bytes: 0,
                    reason: "case", madeBy: "test", madeAt: .now), in: db)
        }
    }

    /// Rows of segments of ten seconds, whose files are not looked at.
    fileprivate func add(_ camera: CameraID, count: Int, from: Instant) async throws {
        try await town.database.write { db in
            for index in 0..<count {
                let start = (from + Int64(index) * 10_000).ms
                try RecordingStore.add(
                    RecordedSegment(
                        file: RecordedSegment.name(startMs: start), startMs: start, durationMs: 10_000, bytes: 1_000,
                        codec: "", width: 0, height: 0), of: camera, in: db)
            }
        }
    }
}
