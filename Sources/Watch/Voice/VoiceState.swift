import Kernel
import Storage

/// How far a voice has come to one speaker.
public enum VoiceStage: String, Sendable, Codable, CaseIterable, SQLConvertible {
    /// The device was asked to call for it.
    case asked
    /// It said yes.
    case agreed
    /// Its call stands: sound goes out.
    case connected
    /// It is over, with sound.
    case ended
    /// Nothing was heard, or it broke off.
    case failed
}

/// Why a voice did not reach a speaker.
public enum VoiceFailure: String, Sendable, Codable, CaseIterable, SQLConvertible {
    /// The device is not there.
    case offline
    /// It did not answer within 5 s.
    case noAnswer = "no-answer"
    /// It said no.
    case refused
    /// It said yes and did not call within 8 s.
    case noCall = "no-call"
    /// Its call asks for nothing that we can send: G.711 A-law in bare RTP.
    case noAudio = "no-audio"
    /// Another voice speaks there.
    case busy
    /// A more urgent voice took its place.
    case displaced
    /// The process for pictures and sound is not there, or is full.
    case media
    /// The speaker took no connection, or hung up before a sound.
    case closed
}

/// A voice at one speaker.
public struct VoiceState: Sendable, Equatable {
    /// How far.
    public var stage = VoiceStage.asked
    /// Why it failed.
    public var failure: VoiceFailure?
    /// When the device said yes.
    public var agreedAt: Instant?
    /// When its call stood.
    public var connectedAt: Instant?
    /// Milliseconds of sound that really left for it.
    public var spokenMs = 0

    /// Whether nothing more will come.
    public var isOver: Bool { stage == .ended || stage == .failed }
}
