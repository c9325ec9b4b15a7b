import Kernel
import Logging
import Media
import ONVIF
import ServiceLifecycle
import Storage

/// Cameras that are pulled by their address: opens them while somebody watches, and asks now and then whether they are
/// there.
actor NetCameras: Service {
    /// What a try of a camera gave.
    enum Trial: Sendable, Equatable {
        case picture(codec: String, width: Int, height: Int)
        case failed(at: MediaStage, MediaFailure)
    }

    nonisolated let store: StreamStore
    private let database: any Database
    private let media: (any MediaPlane)?
    private let logger: Logger
    private var opened: Set<SourceID> = []
    private var trials = 0
    /// Devices that were spoken with, so that each order is one question.
    var devices: [CameraID: (address: String, user: ONVIFUser, device: ONVIFDevice)] = [:]
    /// How often cameras are asked, in seconds, and how many at once.
    private static let pause = 30
    private static let atOnce = 16

    init(database: any Database, media: (any MediaPlane)?, store: StreamStore, logger: Logger) {
        self.database = database
        self.media = media
        self.store = store
        self.logger = logger
    }

    nonisolated func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.follow() }
                group.addTask {
                    while !Task.isCancelled {
                        await self.probeAll()
                        try? await Task.sleep(for: .seconds(Self.pause))
                    }
                }
            }
        }
    }

    private func follow() async {
        guard let media else { return }
        for await event in media.events() {
            switch event {
            case .unwatched(let source) where opened.contains(source):
                opened.remove(source)
                await media.close(source)
            case .failed(let source, _, _): opened.remove(source)
            case .restarted: opened = []
            default: break
            }
        }
    }

    /// Opens a camera's live picture, or joins it; the smaller one where there is none is the large one.
    /// - Throws: a ``Problem`` when the media process is away or full.
    func open(_ camera: CameraID, _ stream: NetStream, substream: Bool) async throws -> SourceID {
        let isSmall = substream && !stream.substreamURL.isEmpty
        guard let source = SourceID("live/\(camera)" + (isSmall ? "/1" : "")) else { throw Problem.notFound }
        if opened.contains(source) { return source }
        try await open(source, isSmall ? stream.substreamURL : stream.url, stream)
        opened.insert(source)
        return source
    }

    private func open(_ source: SourceID, _ url: String, _ stream: NetStream) async throws {
        guard let media, media.isRunning else { throw Problem(503, "watch.no-media") }
        do {
            _ = try await media.open(
                source,
                .rtsp(url: url, username: stream.username, password: stream.password, overUDP: stream.overUDP))
        } catch {
            throw Problem(503, "watch.media", detail: error.rawValue)
        }
    }

    /// Ends a camera's pictures, because it is gone or its address is another one.
    func close(_ camera: CameraID) async {
        for source in opened where source.description.hasPrefix("live/\(camera)") {
            opened.remove(source)
            await media?.close(source)
        }
    }

    /// Pulls a camera for a moment and says what came; nobody sees the picture.
    func attempt(_ stream: NetStream) async throws -> Trial {
        guard let media else { throw Problem(503, "watch.no-media") }
        trials += 1
        guard let source = SourceID("trial/\(trials)") else { throw Problem.notFound }
        let events = media.events()
        try await open(source, stream.url, stream)
        // The media process tells a failure within seconds by bounds of its own; this one is for its own end.
        let timer = Task {
            try await Task.sleep(for: .seconds(40))
            await media.fail(source, .silent)
        }
        defer { timer.cancel() }
        var trial = Trial.failed(at: .signalling, .processEnded)
        search: for await event in events {
            switch event {
            case .picture(source, let codec, let width, let height):
                trial = .picture(codec: codec, width: width, height: height)
                break search
            case .failed(source, let stage, let failure):
                trial = .failed(at: stage, failure)
                break search
            case .restarted: break search
            default: break
            }
        }
        await media.close(source)
        return trial
    }

    // MARK: Whether they are there

    func probeAll() async {
        guard let streams = try? await database.read({ [store] db in try store.all(in: db) }), !streams.isEmpty else {
            return
        }
        var next = streams.makeIterator()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.atOnce {
                if let first = next.next() { group.addTask { await self.probe(first.device, first.stream) } }
            }
            while await group.next() != nil {
                if let more = next.next(), !Task.isCancelled {
                    group.addTask { await self.probe(more.device, more.stream) }
                }
            }
        }
    }

    /// Asks one camera, and stores and tells what changed.
    func probe(_ id: WatchDeviceID, _ stream: NetStream) async {
        guard let place = stream.place else { return }
        let isThere = await RTSPProbe.answers(host: place.host, port: place.port)
        do {
            try await database.write { db in
                guard let device = try WatchDeviceStore.find(id, in: db) else { return }
                if isThere { try WatchDeviceStore.seen([id: .now], in: db) }
                guard device.isOnline != isThere else { return }
                try WatchDeviceStore.setOnline(id, isThere, endsRegistration: false, in: db)
                try publishDevice(device, in: db)
            }
        } catch {
            logger.error("a camera's state could not be stored", metadata: ["error": "\(error)"])
        }
    }
}
