import Foundation
import Kernel
import Logging
import Media
import ServiceLifecycle
import Storage
import Synchronization

/// Keeps recordings going, keeps their index, and lets go what is old: never what a clip of an open case covers.
final class RecordingKeeper: Service {
    /// What is left free on the disk before the oldest recordings go, in bytes: 2 GB, or a tenth of a smaller disk.
    static func spare(of disk: Int64) -> Int64 { min(2 << 30, disk / 10) }

    private let database: any Database
    private let media: any MediaPlane
    private let folder: URL
    private let open: @Sendable (CameraID) async throws -> SourceID
    private let isCaseOpen: @Sendable (CaseID, any Reading) throws -> Bool
    private let health: RecordingHealth
    private let segmentSeconds: Int
    private let logger: Logger
    /// The media process started anew: cameras are called as soon as it is up.
    private let isAnew = Atomic<Bool>(false)
    /// The disk took nothing more: old recordings go at once.
    private let isTight = Atomic<Bool>(false)
    /// The index lacks a segment that lies on the disk.
    private let isBehind = Atomic<Bool>(false)
    private let kept = Metrics.shared.counter("zhili_recording_segments_total", "Segments of recordings stored")

    /// - Parameters:
    ///   - folder: where recordings lie, a folder a camera.
    ///   - open: calls a camera, or finds it called.
    ///   - health: is told what the disk does not take.
    init(
        database: any Database, media: any MediaPlane, folder: URL,
        open: @escaping @Sendable (CameraID) async throws -> SourceID,
        isCaseOpen: @escaping @Sendable (CaseID, any Reading) throws -> Bool, health: RecordingHealth,
        segmentSeconds: Int = 10, logger: Logger
    ) {
        self.database = database
        self.media = media
        self.folder = folder
        self.open = open
        self.isCaseOpen = isCaseOpen
        self.health = health
        self.segmentSeconds = segmentSeconds
        self.logger = logger
    }

    /// Where a camera's recordings lie.
    func place(of camera: CameraID) -> URL { folder.appendingPathComponent(camera.description) }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            // A media process of the run before may still be writing its last segments.
            for _ in 0..<20 where await repair() && !Task.isCancelled { try? await Task.sleep(for: .milliseconds(500)) }
            await withTaskGroup(of: Void.self) { group in
                let events = media.events()
                group.addTask { await self.follow(events) }
                group.addTask { await self.keepGoing() }
                group.addTask { await self.keepWithinBounds() }
            }
        }
    }

    private let running = RunningRecordings()

    private func follow(_ events: AsyncStream<MediaEvent>) async {
        for await event in events {
            switch event {
            case .recorded(let source, let segment): await store(segment, of: source)
            case .unrecorded(let source, let isFull):
                guard let camera = await running.camera(of: source) else { continue }
                logger.error("a recording broke off", metadata: ["camera": "\(camera)", "full": "\(isFull)"])
                health.broke(camera, isFull: isFull, at: .now)
                isTight.store(true, ordering: .relaxed)
            case .failed(let source, _, _): await running.ended(source)
            case .restarted:
                await running.endedAll()
                isAnew.store(true, ordering: .relaxed)
                _ = await repair()
            default: break
            }
        }
    }

    private func store(_ segment: RecordedSegment, of source: SourceID) async {
        let recorded = await running.camera(of: source)
        guard let camera = recorded ?? LiveCalls.replayed(source) else { return }
        if recorded != nil {
            await running.gave(camera)
            health.mended(camera)
        }
        do {
            try await database.write { db in try RecordingStore.add(segment, of: camera, in: db) }
            kept.add()
        } catch {
            // It lies on the disk, where the repair finds it.
            isBehind.store(true, ordering: .relaxed)
            logger.error("a segment is not in the index", metadata: ["error": "\(error)"])
        }
    }

    /// Calls cameras that shall be recorded and are not, and lets go those that shall no longer.
    private func keepGoing() async {
        while !Task.isCancelled {
            if media.isRunning, let rules = try? await database.read({ db in try RecordingStore.rules(in: db) }) {
                isAnew.store(false, ordering: .relaxed)
                let wanted = Set(rules.map(\.camera))
                for (camera, source) in await running.all where !wanted.contains(camera) {
                    await media.stopRecording(source)
                    await running.stopping(camera)
                    health.mended(camera)
                }
                for camera in wanted where await !running.has(camera) { await begin(camera) }
            }
            await rest(seconds: 5) { isAnew.load(ordering: .relaxed) && media.isRunning }
        }
    }

    private func begin(_ camera: CameraID) async {
        do {
            let attempt = await running.attempt()
            let source = try await open(camera)
            guard await running.began(camera, source, attempt) else { return }
            await media.record(source, RecordingPlan(folder: place(of: camera).path, segmentSeconds: segmentSeconds))
        } catch {
            logger.debug("a camera is not recorded", metadata: ["camera": "\(camera)", "why": "\(error)"])
        }
    }

    /// Waits, but no longer than until something is wanted.
    private func rest(seconds: Int, unless isWanted: () -> Bool = { false }) async {
        for _ in 0..<seconds * 4 where !Task.isCancelled && !isWanted() {
            try? await Task.sleep(for: .milliseconds(250))
        }
    }

    // MARK: Bounds

    private func keepWithinBounds() async {
        while !Task.isCancelled {
            isTight.store(false, ordering: .relaxed)
            do {
                try await letGo(at: .now)
                if isBehind.exchange(false, ordering: .relaxed) { _ = await repair() }
            } catch {
                logger.error("old recordings stay", metadata: ["error": "\(error)"])
            }
            await rest(seconds: 5)
            await rest(seconds: 55) { isTight.load(ordering: .relaxed) }
        }
    }

    /// Deletes what is older than its days, then, while the disk has too little room, the oldest.
    func letGo(at now: Instant, free: Int64? = nil) async throws {
        let held = isCaseOpen
        for rule in try await database.read({ db in try RecordingStore.kept(in: db) }) {
            var after = Instant(ms: 0)
            while !Task.isCancelled {
                let from = after
                let (last, expired) = try await database.read { db in
                    let found = try RecordingStore.expired(rule, at: now, after: from, limit: 500, in: db)
                    return (
                        found.last,
                        try found.filter { segment in
                            try !RecordingStore.cases(holding: segment, in: db).contains { try held($0, db) }
                        }
                    )
                }
                guard let last else { break }
                after = last.start
                try await delete(expired)
            }
        }
        try await makeRoom(free)
    }

    private func makeRoom(_ free: Int64?) async throws {
        let held = isCaseOpen
        let disk = Self.room(in: folder)
        var missing = Self.spare(of: disk.all) - (free ?? disk.free)
        var after = Instant(ms: 0)
        while missing > 0, !Task.isCancelled {
            let from = after
            let found = try await database.read { db in try RecordingStore.oldest(after: from, limit: 200, in: db) }
            guard let last = found.last else { return }
            after = last.start
            let free = try await database.read { db in
                try found.filter { segment in
                    try !RecordingStore.cases(holding: segment, in: db).contains { try held($0, db) }
                }
            }
            var gone: [Segment] = []
            for segment in free where missing > 0 {
                missing -= segment.bytes
                gone.append(segment)
            }
            try await delete(gone)
        }
    }

    private func delete(_ segments: [Segment]) async throws {
        guard !segments.isEmpty else { return }
        for segment in segments {
            try? FileManager.default.removeItem(at: place(of: segment.camera).appendingPathComponent(segment.file))
        }
        try await database.write { db in
            for segment in segments { try RecordingStore.remove(segment.id, in: db) }
        }
    }

    /// What the disk holds and what of it is free, in bytes; a folder that is not made yet lies where its parent does.
    private static func room(in folder: URL) -> (free: Int64, all: Int64) {
        var found = statvfs()
        guard statvfs(folder.path, &found) == 0 || statvfs(folder.deletingLastPathComponent().path, &found) == 0 else {
            return (.max, .max)
        }
        return (Int64(found.f_bavail) * Int64(found.f_frsize), Int64(found.f_blocks) * Int64(found.f_frsize))
    }

    // MARK: Repair

    /// Mends and indexes what a killed process left, and takes out of the index what is no more. Reading files blocks,
    /// so it has a thread of its own.
    /// - Returns: whether somebody still writes a part.
    func repair() async -> Bool {
        let cameras = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
            .compactMap { CameraID($0) }
        var isBusy = false
        for camera in cameras {
            // The index first: what it has by now lies on the disk.
            guard let known = try? await database.read({ db in try RecordingStore.files(of: camera, in: db) }) else {
                isBehind.store(true, ordering: .relaxed)
                continue
            }
            let place = place(of: camera)
            let found = await withCheckedContinuation { done in
                DispatchQueue.global().async { done.resume(returning: SegmentRepair.run(place, known: known)) }
            }
            isBusy = isBusy || found.isBusy
            guard !found.segments.isEmpty || !found.missing.isEmpty else { continue }
            logger.notice(
                "recordings mended",
                metadata: [
                    "camera": "\(camera)", "segments": "\(found.segments.count)", "missing": "\(found.missing.count)",
                ])
            do {
                try await database.write { db in
                    for segment in found.segments { try RecordingStore.add(segment, of: camera, in: db) }
                    for file in found.missing { try RecordingStore.remove(file: file, of: camera, in: db) }
                }
            } catch {
                isBehind.store(true, ordering: .relaxed)
            }
        }
        return isBusy
    }
}
