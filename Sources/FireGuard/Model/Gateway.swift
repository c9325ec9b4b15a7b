import Kernel
import Storage

/// The protocol that a gateway speaks.
public enum GatewayKind: String, Sendable, Codable, CaseIterable, SQLConvertible {
    /// A user information transmission device, GB/T 26875.3.
    case gb26875
    /// A topic tree of an MQTT broker.
    case mqtt
    /// CTWing's HTTP push.
    case ctwing
    /// OneNET's HTTP push.
    case onenet
    /// Our own plain JSON push.
    case json
}

/// A device, a broker or a platform that speaks for detectors.
public struct Gateway: Sendable, Equatable {
    /// Its number.
    public var id: GatewayID
    /// Its protocol.
    public var kind: GatewayKind
    /// What it is called there; unique within its kind.
    public var address: String
    /// Its name for people.
    public var name: String
    /// The site that it serves alone, if it does.
    public var site: SiteID?
    /// Seconds between its signs of life; 0: none are expected. Silence of twice that and 10 s is a warning.
    public var heartbeatSeconds: Int
    /// What its pushes are checked by: OneNET's token as it is, for the others the token's SHA-256 in hexadecimal; empty
    /// where there is none. It never leaves the store.
    public var secret: String
    /// The key of OneNET's encrypted messages, 16 or 43 characters; empty where they come in the open. It never leaves
    /// the store.
    public var cipherKey: String
    /// How the bytes of CTWing's transparent products are read; empty where they are no such products.
    public var profile: String
    /// When it was last heard.
    public var lastSeen: Instant?
    /// Whether its silence has been noticed and not yet ended.
    public var isOffline: Bool

    /// A gateway as stored.
    public init(
        id: GatewayID, kind: GatewayKind, address: String, name: String, site: SiteID? = nil,
        heartbeatSeconds: Int = 30, secret: String = "", cipherKey: String = "", profile: String = "",
        lastSeen: Instant? = nil, isOffline: Bool = false
    ) {
        self.id = id
        self.kind = kind
        self.address = address
        self.name = name
        self.site = site
        self.heartbeatSeconds = heartbeatSeconds
        self.secret = secret
        self.cipherKey = cipherKey
        self.profile = profile
        self.lastSeen = lastSeen
        self.isOffline = isOffline
    }
}
