import Kernel

/// Which topics speak for which gateway, and in what shape.
public struct TopicRule: Sendable, Equatable, Codable {
    /// What the payloads look like.
    public enum Shape: String, Sendable, Codable, CaseIterable {
        /// zigbee2mqtt's: `PREFIX/NAME` with the device's state, `PREFIX/NAME/availability`.
        case zigbee2mqtt
        /// Our own reports: `PREFIX/…/DEVICE/up`.
        case plain
    }

    /// The topic's beginning, without wildcards: `zigbee2mqtt`, `fire/v1/town`.
    public var prefix: String
    /// The shape of what comes there.
    public var shape: Shape
    /// The address under which the gateway is registered.
    public var gateway: String

    /// A rule.
    public init(prefix: String, shape: Shape, gateway: String) {
        self.prefix = prefix
        self.shape = shape
        self.gateway = gateway
    }

    /// What to subscribe to.
    var filter: String { prefix + "/#" }

    /// The rest of `topic` behind the prefix, or `nil` when it is another's.
    func rest(of topic: String) -> Substring? {
        topic.hasPrefix(prefix + "/") ? topic.dropFirst(prefix.count + 1) : nil
    }
}
