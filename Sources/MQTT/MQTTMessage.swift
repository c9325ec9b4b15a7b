/// A message of the broker.
public struct MQTTMessage: Sendable, Equatable {
    /// Its topic.
    public var topic: String
    /// Its bytes.
    public var payload: [UInt8]
    /// Whether the broker had kept it for late comers: a state of some time ago, not news.
    public var isRetained: Bool

    /// A message.
    public init(topic: String, payload: [UInt8], isRetained: Bool = false) {
        self.topic = topic
        self.payload = payload
        self.isRetained = isRetained
    }
}

/// How to reach a broker and what to hear there.
public struct MQTTConfiguration: Sendable, Equatable {
    /// The broker's host.
    public var host: String
    /// The broker's port.
    public var port: Int
    /// The name under which the broker keeps our session; one client at a time may use it.
    public var clientID: String
    /// The log-in, where the broker asks for one.
    public var user: String?
    /// Its password.
    public var password: String?
    /// Whether the connection is encrypted.
    public var usesTLS: Bool
    /// A file with the broker's certificate authorities; `nil` trusts the system's.
    public var authorityFile: String?
    /// The topics to subscribe to, wildcards allowed.
    public var topics: [String]
    /// Seconds between signs of life, at least 5.
    public var keepAliveSeconds: Int
    /// Larger payloads are left out and counted.
    public var payloadLimit: Int
    /// The longest pause before the next try to connect, in milliseconds.
    public var longestPauseMs: Int

    /// A broker and its topics.
    public init(
        host: String, port: Int = 1_883, clientID: String, user: String? = nil, password: String? = nil,
        usesTLS: Bool = false, authorityFile: String? = nil, topics: [String], keepAliveSeconds: Int = 30,
        payloadLimit: Int = 16_384,
        longestPauseMs: Int = 30_000
    ) {
        self.host = host
        self.port = port
        self.clientID = clientID
        self.user = user
        self.password = password
        self.usesTLS = usesTLS
        self.authorityFile = authorityFile
        self.topics = topics
        self.keepAliveSeconds = max(5, keepAliveSeconds)
        self.payloadLimit = payloadLimit
        self.longestPauseMs = longestPauseMs
    }
}
