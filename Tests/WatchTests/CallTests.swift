import GB28181
import Kernel
import Media
import SIP
import Simulator
import Testing

@testable import Watch

/// Calls for pictures from recorders that misbehave, with the real media process behind.
@Suite("A picture that does not come says where it got stuck", .serialized)
struct CallTests {
    struct Failing: Sendable, CustomTestStringConvertible {
        var faults: Set<CameraFault> = []
        var mischief: Set<StreamMischief> = []
        var transport = WatchDevice.Transport.tcpPassive
        var stage: MediaStage
        var failure: MediaFailure
        var testDescription: String {
            (faults.map(\.rawValue) + mischief.map(\.rawValue) + [transport.rawValue]).joined(separator: " ")
        }
    }

    @Test(
        "The stage that was reached and the reason are named",
        arguments: [
            Failing(faults: [.busy], stage: .signalling, failure: .refused),
            Failing(faults: [.deaf], stage: .signalling, failure: .unreachable),
            Failing(faults: [.silent], transport: .udp, stage: .address, failure: .silent),
            Failing(faults: [.silent], stage: .signalling, failure: .unreachable),
            Failing(mischief: [.notProgramStream], stage: .firstPacket, failure: .notProgramStream),
            Failing(mischief: [.noVideo], stage: .firstPacket, failure: .noVideo),
            Failing(mischief: [.noKeyFrame], stage: .sync, failure: .noKeyFrame),
        ])
    func fails(_ course: Failing) async throws {
        try await play(faults: course.faults, mischief: course.mischief, course.transport) { media, town, source in
            let found = try await media.event { event -> String? in
                if case .failed(source, let stage, let failure) = event { "\(stage) \(failure)" } else { nil }
            }
            #expect(found == "\(course.stage) \(course.failure)")
            if course.failure == .noKeyFrame {
                // The platform asked in the edition's spelling, and in the other one's when that brought nothing.
                #expect(town.tally.keyFrames == ["IFameCmd", "IFrameCmd"])
            }
        }
    }

    @Test(
        "Streams that depart from the standard are shown all the same",
        arguments: [
            StreamMischief.noMap, .mapWithoutVideo, .longLengths, .shortLengths, .zeroLengths, .falseMarkers,
            .lostPackets, .wrongSSRC,
        ], [WatchDevice.Transport.udp, .tcpPassive])
    func shown(_ mischief: StreamMischief, _ transport: WatchDevice.Transport) async throws {
        try await play(faults: [], mischief: [mischief], transport) { media, _, source in
            let reached = try await media.event { event -> Bool? in
                switch event {
                case .reached(source, .keyFrame): true
                case .failed(source, _, _): false
                default: nil
                }
            }
            #expect(reached == true)
        }
    }

    @Test("A key frame request that is refused is made again in the other spelling")
    func otherSpelling() async throws {
        let town = try await WatchTown()
        try await town.register()
        try await town.play({ $0.faults = [.otherKeyFrame] }) { played in
            try await expectSoon { try await town.cameras().count == 1 }
            let device = try #require(town.platform.directory.all.first)
            let camera = try #require(try await town.cameras().first)
            await town.platform.askForKeyFrame(device, camera.gbID, isAgain: false)
            try await expectSoon { played.tally.keyFrames == ["IFrameCmd"] }
        }
        await town.stop()
    }

    @Test("Endless XML is an unreadable page: the catalogue stays as it was and the device stays in")
    func endlessXML() async throws {
        let town = try await WatchTown { $0.catalogueSeconds = 1 }
        try await town.register()
        try await town.play { _ in try await expectSoon { try await town.cameras().count == 1 } }
        try await town.play({
            $0.transport = .tcp
            $0.faults = [.endlessXML]
            $0.heartbeatSeconds = 1
        }) { played in
            try await expectSoon { played.tally.alive >= 2 }
            try await expectSoon { try await town.devices().first?.isOnline == true }
            #expect(try await town.cameras().map(\.isMissing) == [false])
        }
        await town.stop()
    }

    private func play(
        faults: Set<CameraFault>, mischief: Set<StreamMischief>, _ transport: WatchDevice.Transport,
        _ body: (RealMedia, CameraTown, SourceID) async throws -> Void
    ) async throws {
        let media = try await RealMedia()
        let town = try await WatchTown(media: media.plane)
        try await town.register(transport: transport)
        let sender = try #require(FeedSender(mischief: mischief))
        defer { sender.stop() }
        try await town.play({
            $0.faults = faults
            $0.sender = sender
        }) { played in
            try await expectSoon { try await town.cameras().count == 1 }
            let camera = try #require(try await town.cameras().first)
            let device = try #require(town.platform.directory.all.first)
            let source = try #require(
                try await town.platform.calls?.open(camera, of: device, substream: false))
            try await body(media, played, source)
            // While the recorder still answers: a BYE to nobody is waited for.
            await town.platform.calls?.endAll()
        }
        await town.stop()
        await media.stop()
    }
}
