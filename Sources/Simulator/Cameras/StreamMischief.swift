/// What a simulated camera does wrong with its stream.
public enum StreamMischief: String, Sendable, CaseIterable {
    /// No program stream map at all.
    case noMap = "no-map"
    /// A map that names audio alone.
    case mapWithoutVideo = "map-without-video"
    /// Another SSRC than was agreed.
    case wrongSSRC = "wrong-ssrc"
    /// One packet in a hundred is not sent (UDP).
    case lostPackets = "lost-packets"
    /// PES packets that promise more bytes than they have.
    case longLengths = "long-lengths"
    /// PES packets that promise fewer bytes than they have.
    case shortLengths = "short-lengths"
    /// PES packets of length 0.
    case zeroLengths = "zero-lengths"
    /// The marker is set on every packet.
    case falseMarkers = "false-markers"
    /// Sound alone.
    case noVideo = "no-video"
    /// Bare H.264 where a program stream was agreed.
    case notProgramStream = "not-ps"
    /// Pictures, but never one that decoding may begin with.
    case noKeyFrame = "no-key-frame"
}
