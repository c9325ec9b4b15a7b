/// How the bytes of a source come.
public enum Pull: Sendable, Hashable, Codable {
    /// A program stream in RTP (GB/T 28181 annex C), told apart by its SSRC on the one media port.
    case gb28181(ssrc: UInt32, transport: MediaTransport)
    /// A camera by its address (`rtsp://…`), without user and password, which come beside it; packets come over RTSP's
    /// own connection, or by UDP.
    case rtsp(url: String, username: String, password: String, overUDP: Bool)
}

/// Who connects to whom, seen from the device, as `a=setup` in our offer says it the other way round.
public enum MediaTransport: String, Sendable, Hashable, Codable {
    /// RTP over UDP.
    case udp
    /// The device connects to us: our offer says `setup:passive`. The direction that survives address translation.
    case tcpPassive = "tcp-passive"
    /// We connect to the device: our offer says `setup:active`.
    case tcpActive = "tcp-active"
}

/// An address for media.
public struct MediaAddress: Sendable, Hashable, Codable {
    /// An address of IPv4 or IPv6 in digits.
    public var host: String
    /// 1…65535.
    public var port: Int

    /// An address.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// Where a device shall send: what goes into our SDP.
public struct Receiver: Sendable, Hashable, Codable {
    /// The port for `m=`; the host for `c=` is the media process's public address, which the room knows from its
    /// configuration.
    public var port: Int
    /// For `y=` (ten digits).
    public var ssrc: UInt32
    /// Whether the source was opened by this call: only then an INVITE must go out.
    public var isNew: Bool

    /// A receiver.
    public init(port: Int, ssrc: UInt32, isNew: Bool) {
        self.port = port
        self.ssrc = ssrc
        self.isNew = isNew
    }
}
