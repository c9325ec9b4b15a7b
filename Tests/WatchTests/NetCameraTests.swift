import Foundation
import GB28181
import Kernel
import Logging
import Media
import Simulator
import Storage
import StorageTesting
import Testing

@testable import Watch

@Suite("Cameras by their address")
struct NetCameraTests {
    private static func logger() -> Logger {
        var logger = Logger(label: "network")
        logger.logLevel = .critical
        return logger
    }

    private func stream(_ camera: SimulatedRTSPCamera, _ path: String = "/live/main") -> NetStream {
        var stream = NetStream(url: "rtsp://127.0.0.1:\(camera.port)\(path)")
        stream.username = "view"
        stream.password = "p@ss:/word"
        return stream
    }

    @Test(
        "A picture is pulled over TCP and UDP with a digest, and what is wrong is told at the stage where it is wrong",
        .timeLimit(.minutes(4)))
    func pulled() async throws {
        let media = try await RealMedia()
        let storage = try await TestDatabase(.sqlite)
        let network = NetCameras(
            database: storage.database, media: media.plane, store: try StreamStore(folder: nil), logger: Self.logger())
        let feed = try #require(PictureFeed())
        defer { feed.stop() }
        var plan = SimulatedRTSPCamera.Plan()
        plan.username = "view"
        plan.password = "p@ss:/word"
        let camera = try await SimulatedRTSPCamera.start(plan, feed: feed)
        for overUDP in [false, true] {
            var stream = stream(camera)
            stream.overUDP = overUDP
            guard case .picture(let codec, 640, 360) = try await network.attempt(stream) else {
                Issue.record("no picture, by UDP: \(overUDP)")
                continue
            }
            #expect(codec.hasPrefix("avc1"))
        }
        #expect(camera.heard.proved >= 6)

        var wrong = stream(camera)
        wrong.password = "another"
        #expect(try await network.attempt(wrong) == .failed(at: .signalling, .credentials))
        #expect(try await network.attempt(stream(camera, "/nothing")) == .failed(at: .signalling, .noStream))
        await camera.stop()
        #expect(try await network.attempt(stream(camera)) == .failed(at: .signalling, .unreachable))

        let mischief: [(SimulatedRTSPCamera.Mischief, NetCameras.Trial)] = [
            (.noVideo, .failed(at: .firstPacket, .noVideo)), (.otherCodec, .failed(at: .firstPacket, .codec)),
            (.silent, .failed(at: .address, .silent)), (.deaf, .failed(at: .signalling, .refused)),
        ]
        for (kind, expected) in mischief {
            var plan = SimulatedRTSPCamera.Plan()
            plan.mischief = kind
            let camera = try await SimulatedRTSPCamera.start(plan, feed: feed)
            let got = try await network.attempt(stream(camera))
            #expect(got == expected, "\(kind)")
            await camera.stop()
        }
        await media.stop()
    }

    @Test(
        "An address is stored sealed, and neither row nor view nor another camera's row gives the password away",
        arguments: Engine.allCases)
    func sealed(_ engine: Engine) async throws {
        let storage = try await TestDatabase(engine)
        let database = storage.database
        try await Migrator.migrate(database, WatchRoom.schema())
        let store = try StreamStore(folder: nil)
        var stream = NetStream(url: "rtsp://192.0.2.9/cam?user=view&password=Geheim-7&channel=1")
        stream.username = "view"
        stream.password = "Geheim-7"
        let kept = stream
        let (first, second) = try await database.write { db in
            (
                try store.add(
                    kept, name: "东闸（示例）", place: .river, point: nil, area: nil, platform: .invented, at: .now, in: db),
                try store.add(
                    kept, name: "西闸（示例）", place: .river, point: nil, area: nil, platform: .invented, at: .now, in: db)
            )
        }
        #expect(first.gbID != second.gbID && first.gbID.kind == .camera && first.gbID.isFull)
        let rows = try await database.read { db in
            try db.values(String.self, "SELECT sealed FROM watch_stream ORDER BY camera LIMIT 10")
        }
        #expect(rows.count == 2 && !rows.contains { $0.contains("Geheim") || $0.contains("192.0.2.9") })
        #expect(try await database.read { db in try store.find(first.id, in: db) } == kept)
        let view = String(decoding: try JSONEncoder().encode(NetCameraRegister.View(kept)), as: UTF8.self)
        #expect(!view.contains("Geheim") && view.contains("channel=1"))

        // A row that is copied to another camera, or another folder's key, opens nothing.
        _ = try await database.write { db in
            try db.execute("UPDATE watch_stream SET sealed = \(rows[0]) WHERE camera = \(second.id)")
        }
        await #expect(throws: Problem.self) { try await database.read { db in try store.find(second.id, in: db) } }
        let other = try StreamStore(folder: nil)
        await #expect(throws: Problem.self) { try await database.read { db in try other.find(first.id, in: db) } }

        // It is no device that may register, though its row has no password.
        #expect(try await database.read { db in try WatchDeviceStore.all(in: db) }.isEmpty)
        try await database.write { db in try StreamStore.remove(first, in: db) }
        #expect(try await database.read { db in try CameraStore.find(first.id, in: db) } == nil)
    }

    @Test("A password that a form carries along is sealed, and opens for ten minutes, for who typed it and where")
    func carried() throws {
        let store = try StreamStore(folder: nil)
        let now = Instant.now
        for password in ["", "p@ss :/word 密码"] {
            let text = try store.sealed(password, for: "a", at: now)
            #expect(!text.contains("p@ss"))
            #expect(store.opened(text, for: "a", at: now) == password)
            #expect(store.opened(text, for: "b", at: now) == nil)
            #expect(store.opened(text, for: "a", at: Instant(ms: now.ms + 600_000)) == nil)
            #expect(store.opened(text + "00", for: "a", at: now) == nil)
        }
        #expect(store.opened("", for: "a", at: now) == nil)
    }

    @Test("A camera with recordings stays as missing when it is taken out, without its secrets")
    func kept() async throws {
        let storage = try await TestDatabase(.sqlite)
        let database = storage.database
        try await Migrator.migrate(database, WatchRoom.schema())
        let store = try StreamStore(folder: nil)
        let camera = try await database.write { db in
            let camera = try store.add(
                NetStream(url: "rtsp://192.0.2.9/a"), name: "东闸（示例）", place: .river, point: nil, area: nil,
                platform: .invented, at: .now, in: db)
            try RecordingStore.add(
                RecordedSegment(
                    file: "2026-12-01/1.mp4", startMs: 1, durationMs: 10_000, bytes: 10, codec: "avc1", width: 1,
                    height: 1), of: camera.id, in: db)
            try StreamStore.remove(camera, in: db)
            return camera
        }
        let found = try await database.read { db in
            (try CameraStore.find(camera.id, in: db), try store.find(camera.id, in: db))
        }
        #expect(found.0?.isMissing == true && found.1 == nil)
    }

    @Test(
        "A device goes with what was set for it, and not while something of it is recorded", arguments: Engine.allCases)
    func recorded(_ engine: Engine) async throws {
        let storage = try await TestDatabase(engine)
        let database = storage.database
        try await Migrator.migrate(database, WatchRoom.schema())
        let store = try StreamStore(folder: nil)
        let camera = try await database.write { db in
            let camera = try store.add(
                NetStream(url: "rtsp://192.0.2.9/a"), name: "东闸（示例）", place: .river, point: nil, area: nil,
                platform: .invented, at: .now, in: db)
            try db.execute("DELETE FROM watch_stream WHERE camera = \(camera.id)")
            try RecordingStore.save(RecordingRule(camera: camera.id, mode: .continuous, keepDays: 7), at: .now, in: db)
            try RecordingStore.add(
                RecordedSegment(
                    file: "2026-12-01/1.mp4", startMs: 1, durationMs: 10_000, bytes: 10, codec: "avc1", width: 1,
                    height: 1), of: camera.id, in: db)
            return camera
        }
        #expect(try await database.read { db in try WatchDeviceStore.hasRecordings(camera.device, in: db) })
        try await database.write { db in
            try db.execute("DELETE FROM watch_segment WHERE camera = \(camera.id)")
            try WatchDeviceStore.delete(camera.device, in: db)
        }
        #expect(try await database.read { db in try WatchDeviceStore.find(camera.device, in: db) } == nil)
    }

    @Test("A camera that answers is online and one that went away is offline")
    func presence() async throws {
        let storage = try await TestDatabase(.sqlite)
        let database = storage.database
        try await Migrator.migrate(database, WatchRoom.schema())
        let network = NetCameras(
            database: database, media: nil, store: try StreamStore(folder: nil), logger: Self.logger())
        let feed = try #require(PictureFeed())
        defer { feed.stop() }
        let there = try await SimulatedRTSPCamera.start(.init(), feed: feed)
        let address = stream(there)
        let camera = try await database.write { [store = network.store] db in
            try store.add(
                address, name: "东闸（示例）", place: .river, point: nil, area: nil, platform: .invented, at: .now,
                in: db)
        }
        func isOnline() async throws -> Bool? {
            try await database.read { db in try WatchDeviceStore.find(camera.device, in: db)?.isOnline }
        }
        await network.probeAll()
        #expect(try await isOnline() == true)
        await there.stop()
        await network.probeAll()
        #expect(try await isOnline() == false)
    }

    @Test("Addresses give up user and password, and what is no RTSP is refused")
    func addresses() {
        #expect(
            NetStream.parse("rtsp://a:b%40c@h:8554/x?y=1").map { [$0.url, $0.username, $0.password] } == [
                "rtsp://h:8554/x?y=1", "a", "b@c",
            ])
        for text in ["", "http://h/", "rtsp://", "rtsp:///x", "file:///etc/passwd", "rtsp://h/\u{7}", "rtsp://h/#x"] {
            #expect(NetStream.parse(text) == nil, "\(text)")
        }
        #expect(
            NetStream.shown("rtsp://h/user=admin&password=abc&channel=1/pwd=x")
                == "rtsp://h/user=admin&password=•••&channel=1/pwd=•••")
    }
}
