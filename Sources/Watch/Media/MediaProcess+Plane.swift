import Crypt
import Foundation
import Kernel
import Media

extension MediaProcess {
    /// Opens a source, or finds it open.
    public func open(_ source: SourceID, _ pull: Pull) async throws(MediaFailure) -> Receiver {
        try await ask(.open(source, pull))
    }

    /// Connects to a device that listens, or says where one sends from.
    public func connect(_ source: SourceID, to address: MediaAddress) async { order(.connect(source, address)) }

    /// Takes the SSRC that the device chose.
    public func adopt(_ source: SourceID, ssrc: UInt32) async { order(.adopt(source, ssrc: ssrc)) }

    /// Says that signalling failed.
    public func fail(_ source: SourceID, _ failure: MediaFailure) async { order(.fail(source, failure)) }

    /// While paused, silence is no failure.
    public func pause(_ source: SourceID, _ isPaused: Bool) async { order(.pause(source, isPaused)) }

    /// Closes a source.
    public func close(_ source: SourceID) async { order(.close(source)) }

    /// Records a source until told to stop.
    public func record(_ source: SourceID, _ plan: RecordingPlan) async { order(.record(source, plan)) }

    /// Ends a recording.
    public func stopRecording(_ source: SourceID) async { order(.stopRecording(source)) }

    /// Lets one browser watch.
    public func ticket(for source: SourceID, viewer: Viewer) async throws(MediaFailure) -> Ticket {
        try pass(
            MediaPass(
                source: source, viewer: viewer, expiresMs: (Instant.now + 30_000).ms, nonce: try Self.nonce()),
            path: "/live")
    }

    /// Opens a way for a voice to one speaker.
    public func openVoice(_ voice: SourceID, _ wish: VoiceWish) async throws(MediaFailure) -> Receiver {
        try await ask(.openVoice(voice, wish))
    }

    /// The speaker's address.
    public func connectVoice(_ voice: SourceID, to address: MediaAddress) async {
        order(.connectVoice(voice, address))
    }

    /// The ACK came.
    public func startVoice(_ voice: SourceID) async { order(.startVoice(voice)) }

    /// Appends sound to what voices have to say.
    public func say(_ samples: [Int16], to voices: [SourceID]) async {
        var data = Data(capacity: samples.count * 2)
        for sample in samples.prefix(8_000 * 60) {
            let bits = UInt16(bitPattern: sample)
            data.append(contentsOf: [UInt8(bits & 255), UInt8(bits >> 8)])
        }
        order(.say(voices, samples: data))
    }

    /// Lets one browser's microphone speak.
    public func voiceTicket(for voices: [SourceID], speaker: Viewer) async throws(MediaFailure) -> Ticket {
        try pass(
            MediaPass(
                source: nil, voices: voices, viewer: speaker, expiresMs: (Instant.now + 30_000).ms,
                nonce: try Self.nonce()),
            path: "/speak")
    }

    /// Ends a voice.
    public func closeVoice(_ voice: SourceID, drained: Bool) async { order(.closeVoice(voice, drained: drained)) }

    private static func nonce() throws(MediaFailure) -> String {
        guard let bytes = try? Secret.bytes(12) else { throw .processEnded }
        return Secret.hex(bytes)
    }
}
