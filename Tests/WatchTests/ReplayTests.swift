import Foundation
import GB28181
import Kernel
import Media
import SIP
import Simulator
import Testing

@testable import Watch

/// What a recorder keeps itself, called for over real SIP and taken by the real media process.
@Suite("A recorder's own recordings", .serialized)
struct ReplayTests {
    private let from = CivilTime.instant(2026, 7, 1, 8)
    private let officer = StaffID(rawValue: 5)

    private func replay(_ camera: Camera, seconds: Int64, downloadSpeed: Int? = nil) -> LiveCalls.Replay {
        LiveCalls.Replay(
            camera: camera.id, owner: officer, from: from, to: from + seconds * 1_000, downloadSpeed: downloadSpeed)
    }

    @Test("A time is played; pause, jump and speed go by INFO inside the call, counted from 1")
    func steered() async throws {
        try await play { town, media, played, camera, device in
            let calls = try #require(town.platform.calls)
            let source = try await calls.openReplay(camera, of: device, replay(camera, seconds: 3_600))
            try await media.shown(source)
            #expect(played.tally.asked == ["Playback 1782864000 1782867600"])
            for order in [PlaybackControl.pause, .resume, .seek(100), .speed(2)] {
                #expect(try await calls.steer(source, order) == .yes)
            }
            #expect(played.tally.orders == [.pause, .resume, .seek(100), .speed(2)])
            #expect(await calls.replay(source, of: officer)?.orders == 4)
            // Nobody else steers it.
            #expect(await calls.replay(source, of: StaffID(rawValue: 6)) == nil)
            await calls.end(source, closing: true)
            try await expectSoon { played.tally.ended == 1 }
        }
    }

    @Test("A refused order is told as one, whether SIP refuses it or the answer inside")
    func refused() async throws {
        try await play(faults: [.refusesSeek]) { town, media, played, camera, device in
            let calls = try #require(town.platform.calls)
            let source = try await calls.openReplay(camera, of: device, replay(camera, seconds: 3_600))
            try await media.shown(source)
            #expect(try await calls.steer(source, .seek(10)) == .no(488))
            #expect(try await calls.steer(source, .pause) == .yes)
        }
        let inside = Array("RTSP/1.0 457 Invalid Range\r\nCSeq: 3\r\n\r\n".utf8)
        #expect(PlaybackAnswer(inside)?.status == 457)
        let jumped = PlaybackAnswer(
            Array("RTSP/1.0 200 OK\r\nCSeq: 3\r\nRange: npt=100-\r\nRTP-Info: seq=1;rtptime=2".utf8))
        #expect(jumped?.status == 200 && jumped?.start == 100)
        #expect(PlaybackAnswer([]) == nil)
    }

    @Test(
        "At its end the recorder says so and the centre hangs up; the next call of the same person ends the one before")
    func ends() async throws {
        try await play { town, media, played, camera, device in
            let calls = try #require(town.platform.calls)
            let first = try await calls.openReplay(camera, of: device, replay(camera, seconds: 3_600))
            try await media.shown(first)
            let second = try await calls.openReplay(camera, of: device, replay(camera, seconds: 2))
            #expect(await calls.replay(first, of: officer) == nil)
            try await media.shown(second)
            try await expectSoon { played.tally.ended == 2 }
            #expect(await calls.replay(second, of: officer) == nil)
        }
    }

    @Test("A download lies in the centre at the time that it shows, not at the time when it came")
    func fetched() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await play { town, media, played, camera, device in
            let calls = try #require(town.platform.calls)
            let source = try await calls.openReplay(
                camera, of: device, replay(camera, seconds: 12, downloadSpeed: 4))
            #expect(LiveCalls.replayed(source) == camera.id)
            await media.plane.record(
                source, RecordingPlan(folder: folder.path, segmentSeconds: 4, firstMs: from.ms))
            let segment = try #require(
                try await media.event { if case .recorded(source, let segment) = $0 { segment } else { nil } })
            #expect(segment.file == "2026-07-01/\(from.ms).mp4")
            #expect((3_900...6_000).contains(segment.durationMs))
            #expect(played.tally.asked == ["Download 1782864000 1782864012"])
            try await expectSoon { played.tally.ended == 1 }
        }
    }

    private func play(
        faults: Set<CameraFault> = [],
        _ body: (WatchTown, RealMedia, CameraTown, Camera, WatchDevice) async throws -> Void
    ) async throws {
        let media = try await RealMedia()
        let town = try await WatchTown(media: media.plane)
        try await town.register()
        let sender = try #require(FeedSender())
        defer { sender.stop() }
        try await town.play({
            $0.faults = faults
            $0.sender = sender
        }) { played in
            try await expectSoon { try await town.cameras().count == 1 }
            let camera = try #require(try await town.cameras().first)
            let device = try #require(town.platform.directory.all.first)
            try await body(town, media, played, camera, device)
            // While the recorder still answers: a BYE to nobody is waited for.
            await town.platform.calls?.endAll()
        }
        await town.stop()
        await media.stop()
    }
}

extension RealMedia {
    /// Waits until a source shows a picture.
    func shown(_ source: SourceID) async throws {
        _ = try await event { if case .reached(source, .keyFrame) = $0 { true } else { nil } }
    }
}
