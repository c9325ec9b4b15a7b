/// Where and within which bounds a media process runs.
public struct MediaConfiguration: Sendable {
    /// The address on which devices reach it.
    public var host = "0.0.0.0"
    /// The port of RTP over UDP and TCP; 0 lets the system choose.
    public var mediaPort = 30_000
    /// The address on which browsers reach it.
    public var viewHost = "127.0.0.1"
    /// The port of the browsers' WebSocket; 0 lets the system choose.
    public var viewPort = 8_081
    /// Certificate chain and key (PEM files) of that port, where the console speaks HTTPS.
    public var tls: (certificate: String, key: String)?
    /// How many sources are open at most.
    public var mostSources = 256
    /// How many loudspeakers are spoken to at most.
    public var mostVoices = 512
    /// How many browsers watch at most.
    public var mostViewers = 512
    /// How many TCP connections devices hold at most.
    public var mostConnections = 1_024
    /// How many streams of H.265 are made into H.264 at once at most: each takes about a third of a
    /// processor.
    public var mostTranscodes = 2
    /// How long the first packet is waited for, in milliseconds.
    public var firstPacketMs: Int64 = 12_000
    /// How long a program stream, then a picture in it, then a key frame is waited for, each, in milliseconds.
    public var stageMs: Int64 = 8_000
    /// After how much silence a source that flowed is given up, in milliseconds.
    public var silenceMs: Int64 = 15_000
    /// For how long a source is kept that nobody watches, in milliseconds.
    public var lingerMs: Int64 = 20_000

    /// The defaults.
    public init() {}
}
