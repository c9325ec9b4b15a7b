/// Where a message comes from or goes to.
public struct SIPHop: Sendable, Hashable, CustomStringConvertible {
    /// What carries it.
    public enum Transport: String, Sendable, Hashable, Codable {
        case udp, tcp

        /// As in `Via`.
        public var token: String { rawValue.uppercased() }
    }

    /// What carries it.
    public var transport: Transport
    /// A numeric address.
    public var host: String
    /// The port.
    public var port: Int

    /// A hop.
    public init(_ transport: Transport, _ host: String, _ port: Int) {
        self.transport = transport
        self.host = host
        self.port = port
    }

    /// `udp:10.0.0.1:5060`.
    public var description: String { "\(transport.rawValue):\(host):\(port)" }
}
