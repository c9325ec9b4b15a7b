import Foundation
import GB28181
import Kernel
import Logging
import Media
import ServiceLifecycle
import Simulator
import Storage
import Testing

@testable import Watch

/// A voice from the centre to simulated loudspeakers, over real SIP and RTP, with the real media process.
@Suite("Voices reach loudspeakers", .serialized)
struct VoiceTests {
    /// A platform with a media process of its own.
    private struct Stage {
        let town: WatchTown
        let media: MediaProcess
        let voices: Voices
        let run: Task<Void, any Error>
        let keep: Task<Void, any Error>

        init(_ devices: Int = 1) async throws {
            var configuration = MediaProcess.Configuration()
            configuration.program = URL(fileURLWithPath: CommandLine.arguments[0])
                .deletingLastPathComponent().appendingPathComponent("zhili")
            configuration.mediaHost = "127.0.0.1"
            configuration.mediaPort = 0
            configuration.viewPort = 0
            var logger = Logger(label: "voice")
            logger.logLevel = .critical
            let media = try MediaProcess(configuration, logger: logger)
            self.media = media
            run = Task { try await media.run() }
            town = try await WatchTown(media: media)
            try await town.register(devices)
            let calls = try #require(town.platform.voices)
            let voices = Voices(
                database: town.database, media: media, calls: calls, home: town.platform.configuration.home,
                logger: logger)
            self.voices = voices
            keep = Task { try await voices.run() }
            try await expectSoon { media.isRunning }
        }

        /// Says something, and waits until every speaker is through.
        func say(_ samples: [Int16], urgent: Bool = false, at places: [(camera: Camera, device: WatchDevice)])
            async throws
            -> [VoiceSpeaker]
        {
            let record = try await begin(samples, urgent: urgent, at: places)
            var speakers: [VoiceSpeaker] = []
            try await expectSoon {
                speakers =
                    try await town.database.read { db in try VoiceStore.speakers(of: [record.id], in: db) }[record.id]
                    ?? []
                return speakers.allSatisfy(\.state.isOver)
            }
            return speakers
        }

        func begin(_ samples: [Int16], urgent: Bool = false, at places: [(camera: Camera, device: WatchDevice)])
            async throws
            -> VoiceRecord
        {
            let record = VoiceRecord(
                id: .next(), at: .now, person: "值班员", kind: samples.isEmpty ? .talk : .text, text: "请上岸",
                reason: "劝离水边", caseID: nil, isUrgent: urgent)
            try await town.database.write { db in
                try VoiceStore.insert(
                    record, places.map { ($0.camera.id, $0.camera.title) }, from: voices.home, in: db)
            }
            await voices.begin(record, at: places, saying: samples)
            return record
        }

        /// The cameras, once their catalogue has come.
        func cameras(_ count: Int) async throws -> [(camera: Camera, device: WatchDevice)] {
            var cameras: [Camera] = []
            try await expectSoon {
                cameras = try await town.database.read { db in
                    try CameraStore.list(CameraFilter(state: "online"), limit: 100, in: db)
                }
                return cameras.count >= count
            }
            return cameras.compactMap { camera in town.platform.directory.find(camera.device).map { (camera, $0) } }
        }

        func stop() async {
            keep.cancel()
            await town.stop()
            run.cancel()
            _ = try? await run.value
        }
    }

    /// Two seconds of a tone.
    private static let tone = (0..<16_000).map { Int16(8_000 * sin(Double($0) * 440 * 2 * .pi / 8_000)) }

    @Test(
        "A text sounds whole at a speaker, however it wants the sound",
        arguments: [SessionDescription.Transport.tcpActive, .tcpPassive, .udp])
    func whole(_ transport: SessionDescription.Transport) async throws {
        let stage = try await Stage()
        try await stage.town.play({ $0.voiceTransport = transport }) { town in
            let places = try await stage.cameras(1)
            let speaker = try #require(try await stage.say(Self.tone, at: places).first)
            #expect(speaker.state.stage == .ended)
            #expect(speaker.state.failure == nil)
            #expect(speaker.state.agreedAt != nil)
            #expect(speaker.state.connectedAt != nil)
            #expect(speaker.state.spokenMs >= 2_000)
            // A tone crosses zero now and then; silence is all that may be missing.
            try await expectSoon { town.tally.soundMs > 1_900 }
            #expect(town.tally.voices == 1)
            #expect((7_000...9_000).contains(town.tally.peak))
        }
        await stage.stop()
    }

    @Test("Many speakers go their own ways at once; each failure is told by its own name")
    func many() async throws {
        let stage = try await Stage(8)
        try await stage.town.play({ $0.devices = 6 }) { town in
            var places = try await stage.cameras(6)
            // Two of the register never came.
            let absent = stage.town.platform.directory.all.filter { !$0.isOnline }
            #expect(absent.count == 2)
            let item = CatalogItem(
                id: absent[0].gbID, name: "不在线", parent: absent[0].gbID, isOn: true, point: nil, ptzType: 3)
            places.append((Camera(id: .next(), device: absent[0].id, item: item), absent[0]))
            let speakers = try await stage.say(Self.tone, at: places)
            #expect(speakers.count { $0.state.stage == .ended && $0.state.spokenMs >= 2_000 } == 6)
            #expect(speakers.count { $0.state.failure == .offline } == 1)
            #expect(town.tally.voices == 6)
        }
        await stage.stop()
    }

    @Test("A device that says no, and one that never calls, fail by different names")
    func unwilling() async throws {
        for (fault, failure) in [(CameraFault.refusesVoice, VoiceFailure.refused), (.neverCalls, .noCall)] {
            let stage = try await Stage()
            try await stage.town.play({ $0.faults = [fault] }) { town in
                let places = try await stage.cameras(1)
                let speaker = try #require(try await stage.say(Self.tone, at: places).first)
                #expect(speaker.state.failure == failure)
                #expect(speaker.state.spokenMs == 0)
            }
            await stage.stop()
        }
    }

    @Test("A second voice waits for nobody: it is told that the speaker is taken; an urgent one takes it")
    func taken() async throws {
        let stage = try await Stage()
        try await stage.town.play { town in
            let places = try await stage.cameras(1)
            let first = try await stage.begin([], at: places)
            try await expectSoon { await stage.voices.speakers(of: first.id)?.first?.state.stage == .connected }
            let second = try #require(try await stage.say(Self.tone, at: places).first)
            #expect(second.state.failure == .busy)
            let third = try #require(try await stage.say(Self.tone, urgent: true, at: places).first)
            #expect(third.state.stage == .ended)
            let cut = try await stage.town.database.read { db in try VoiceStore.speakers(of: [first.id], in: db) }
            #expect(cut[first.id]?.first?.state.failure == .displaced)
        }
        await stage.stop()
    }

    @Test("A call that nobody asked for is refused")
    func uncalled() async throws {
        let stage = try await Stage()
        try await stage.town.play { town in
            let places = try await stage.cameras(1)
            let record = try await stage.begin([], at: places)
            await stage.voices.stop(record.id)
            try await expectSoon { await stage.voices.speakers(of: record.id) == nil }
            // The recorder's call, if it comes now, finds nobody.
            try await Task.sleep(for: .milliseconds(300))
            #expect(town.tally.soundMs == 0)
        }
        await stage.stop()
    }
}
