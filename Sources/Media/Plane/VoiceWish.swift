/// How a voice goes to a speaker: G.711 A-law, 8,000 Hz, bare RTP with payload type 8.
public struct VoiceWish: Sendable, Hashable, Codable {
    /// Told apart by it on the one media port.
    public var ssrc: UInt32
    /// As the device's INVITE asks; seen from us as in ``MediaTransport``.
    public var transport: MediaTransport
    /// Milliseconds of sound in a packet: 100 over TCP, 20…40 over UDP.
    public var packetMs: Int

    /// A wish.
    public init(ssrc: UInt32, transport: MediaTransport, packetMs: Int) {
        self.ssrc = ssrc
        self.transport = transport
        self.packetMs = packetMs
    }
}
