import Kernel

/// What a gateway noticed, in the one shape that all gateways share.
public struct FireSignal: Sendable, Equatable {
    /// What part of the installation speaks.
    public enum Scope: String, Sendable, Codable {
        /// One detector or another component with an address of its own.
        case component
        /// A whole system behind a panel; it repeats in sum what its components say.
        case system
        /// The gateway itself.
        case gateway
    }

    /// What is said.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// Fire.
        case fire
        /// Something is broken.
        case fault
        /// The battery needs changing.
        case lowBattery = "low-battery"
        /// The battery is good again.
        case batteryOK = "battery-ok"
        /// A test button or a self-test; never a fire, however the test bit of a fire stands.
        case test
        /// The component is back to normal; ends no alarm by itself.
        case restore
        /// The panel was reset; stands for a restore of everything behind it.
        case reset
        /// Somebody operated the device; kept as a record.
        case operation
        /// The duty post answered a roll-call (查岗).
        case rollCallAnswered = "roll-call-answered"
        /// The device reports that it is there; a sign of life and nothing else.
        case alive
        /// The platform or broker says that the device is gone.
        case offline
        /// The platform or broker says that the device is back.
        case online
    }

    /// Where it came in: a registered gateway's number, or what the source calls itself.
    public var source: SignalSource
    /// The component's address as its gateway knows it, at most 64 characters, empty for the gateway itself.
    public var address: String
    /// What part of the installation speaks.
    public var scope: Scope
    /// What is said.
    public var kind: Kind
    /// The component's kind, where the signal names it.
    public var detectorKind: DetectorKind?
    /// Whether the device marks it as test. A fire so marked is still a fire: devices in the field send real ones so.
    public var isMarkedTest: Bool
    /// Whether it states a condition (sent again and again while it lasts) rather than an event.
    public var isLevel: Bool
    /// The device's own clock, which may be wrong by years.
    public var deviceTime: Instant?
    /// When it arrived.
    public var receivedAt: Instant
    /// What the device says in words, at most 200 characters.
    public var text: String
    /// The battery in percent, where the signal tells.
    public var battery: Int?
    /// The bytes it came in, at most 2,048.
    public var raw: [UInt8]
    /// The same for a repeat of the very same transmission, at most 128 characters.
    public var uniqueKey: String

    /// A signal; long texts and bytes are cut to their bounds.
    public init(
        source: SignalSource, address: String, scope: Scope = .component, kind: Kind,
        detectorKind: DetectorKind? = nil, isMarkedTest: Bool = false, isLevel: Bool = false,
        deviceTime: Instant? = nil, receivedAt: Instant, text: String = "", battery: Int? = nil, raw: [UInt8] = [],
        uniqueKey: String
    ) {
        self.source = source
        self.address = String(address.prefix(64))
        self.scope = scope
        self.kind = kind
        self.detectorKind = detectorKind
        self.isMarkedTest = isMarkedTest
        self.isLevel = isLevel
        self.deviceTime = deviceTime
        self.receivedAt = receivedAt
        self.text = String(text.prefix(200))
        self.battery = battery.map { min(max($0, 0), 100) }
        self.raw = Array(raw.prefix(2_048))
        self.uniqueKey = String(uniqueKey.prefix(128))
    }
}

/// Where a signal came in.
public struct SignalSource: Sendable, Hashable {
    /// The protocol.
    public var kind: GatewayKind
    /// What the gateway is called there: a device address, a topic prefix, a platform's name; at most 64 characters.
    public var address: String
    /// The far end of the connection (an IP address, a broker), by which unknown sources are bounded.
    public var peer: String

    /// A source; long texts are cut.
    public init(kind: GatewayKind, address: String, peer: String) {
        self.kind = kind
        self.address = String(address.prefix(64))
        self.peer = String(peer.prefix(64))
    }
}
