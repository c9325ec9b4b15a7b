import Foundation
import Kernel
import Logging
import Media
import ServiceLifecycle
import Storage

/// Keeps recordings going, keeps their index, and lets go what is old: never what a clip of an open case covers.
final class RecordingKeeper: Service {
    /// What is left free on the disk before the oldest recordings go, in bytes.
    static let spare: Int64 = 2 << 30

    private let database: any Database
    private let media: any MediaPlane
    private let folder: URL
    private let open: @Sendable (CameraID) async throws -> SourceID
    private let isCaseOpen: @Sendable (CaseID, any Reading) throws -> Bool
    private let logger: Logger
    private let kept = Metrics.shared.counter("zhili_recording_segments_total", "Segments of recordings stored")

    /// - Parameters:
    ///   - folder: where recordings lie, a folder a camera.
    ///   - open: calls a camera, or finds it called.
    init(
        database: any Database, media: any MediaPlane, folder: URL,
        open: @escaping @Sendable (CameraID) async throws -> SourceID,
        isCaseOpen: @escaping @Sendable (CaseID, any Reading) throws -> Bool, logger: Logger
    ) {
        self.database = database
        self.media = media
        self.folder = folder
        self.open = open
        self.isCaseOpen = isCaseOpen
        self.logger = logger
    }

    /// Where a camera's recordings lie.
    func place(of camera: CameraID) -> URL { folder.appendingPathComponent(camera.description) }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await repair()
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
            case .failed(let source, _, _): await running.ended(source)
            case .restarted:
                await running.endedAll()
                await repair()
            default: break
            }
        }
    }

    private func store(_ segment: RecordedSegment, of source: SourceID) async {
        guard let camera = await running.camera(of: source) ?? LiveCalls.replayed(source) else { return }
        do {
            try await database.write { db in try RecordingStore.add(segment, of: camera, in: db) }
            kept.add()
        } catch {
            // It lies on the disk; the next repair finds it.
            logger.error("a segment is not in the index", metadata: ["error": "\(error)"])
        }
    }

    /// Calls cameras that shall be recorded and are not, and lets go those that shall no longer.
    private func keepGoing() async {
        while !Task.isCancelled {
            if media.isRunning, let rules = try? await database.read({ db in try RecordingStore.rules(in: db) }) {
                let wanted = Set(rules.map(\.camera))
                for (camera, source) in await running.all where !wanted.contains(camera) {
                    await media.stopRecording(source)
                    await running.stopping(camera)
                }
                for camera in wanted where await !running.has(camera) {
                    do {
                        let source = try await open(camera)
                        await running.began(camera, source)
                        await media.record(source, RecordingPlan(folder: place(of: camera).path))
                    } catch {
                        logger.debug("a camera is not recorded", metadata: ["camera": "\(camera)", "why": "\(error)"])
                    }
                }
            }
            try? await Task.sleep(for: .seconds(5))
        }
    }

    // MARK: Bounds

    private func keepWithinBounds() async {
        while !Task.isCancelled {
            do {
                try await letGo(at: .now)
            } catch {
                logger.error("old recordings stay", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(60))
        }
    }

    /// Deletes what is older than its days, then, while the disk has too little room, the oldest.
    func letGo(at now: Instant, free: Int64? = nil) async throws {
        let held = isCaseOpen
        let expired = try await database.read { db in
            try RecordingStore.kept(in: db).flatMap { rule in
                try RecordingStore.expired(rule, at: now, limit: 500, in: db)
            }.filter { segment in
                try !RecordingStore.cases(holding: segment, in: db).contains { try held($0, db) }
            }
        }
        try await delete(expired)
        var missing = Self.spare - (free ?? Self.room(in: folder))
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

    private static func room(in folder: URL) -> Int64 {
        var found = statvfs()
        guard statvfs(folder.deletingLastPathComponent().path, &found) == 0 else { return spare }
        return Int64(found.f_bavail) * Int64(found.f_frsize)
    }

    // MARK: Repair

    /// Mends and indexes what a killed process left. Reading files blocks, so it has a thread of its own.
    func repair() async {
        let cameras = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
            .compactMap { CameraID($0) }
        for camera in cameras {
            let known = (try? await database.read { db in try RecordingStore.files(of: camera, in: db) }) ?? []
            let place = place(of: camera)
            let found = await withCheckedContinuation { done in
                DispatchQueue.global().async {
                    done.resume(returning: SegmentRepair.run(place) { known.contains($0) })
                }
            }
            guard !found.isEmpty else { continue }
            logger.notice("recordings mended", metadata: ["camera": "\(camera)", "segments": "\(found.count)"])
            try? await database.write { db in
                for segment in found { try RecordingStore.add(segment, of: camera, in: db) }
            }
        }
    }
}

/// Which cameras are being recorded through which sources.
private actor RunningRecordings {
    private(set) var all: [CameraID: SourceID] = [:]
    /// A source's last segment comes after its end.
    private var names: [SourceID: CameraID] = [:]

    func has(_ camera: CameraID) -> Bool { all[camera] != nil }
    func camera(of source: SourceID) -> CameraID? { names[source] }
    func began(_ camera: CameraID, _ source: SourceID) {
        all[camera] = source
        names[source] = camera
    }
    func stopping(_ camera: CameraID) { all[camera] = nil }
    func ended(_ source: SourceID) { if let camera = names[source] { all[camera] = nil } }
    func endedAll() { all = [:] }
}
