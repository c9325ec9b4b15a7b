import Kernel

/// A smoke detector or another component with an address at a gateway.
public struct Detector: Sendable, Equatable {
    /// Its number.
    public var id: DetectorID
    /// The site it protects.
    public var site: SiteID
    /// The gateway that speaks for it.
    public var gateway: GatewayID
    /// Its address there.
    public var address: String
    /// What it detects.
    public var kind: DetectorKind
    /// Where it hangs, in words: "2nd floor, drying room".
    public var place: String
    /// Its position on the floor plan, in thousandths of the picture's width and height.
    public var plan: PlanPosition?
    /// Seconds between its own reports; 0: only its gateway's silence is watched.
    public var reportSeconds: Int
    /// The battery in percent, where it tells.
    public var battery: Int?
    /// When it was last heard.
    public var lastSeen: Instant?
    /// Whether its silence has been noticed and not yet ended.
    public var isOffline: Bool
    /// Whether a fault is open.
    public var isFaulty: Bool
    /// Whether a low battery is open.
    public var isBatteryLow: Bool
    /// Whether it reports fire and has not reported the end of it.
    public var isInAlarm: Bool

    /// A detector as stored.
    public init(
        id: DetectorID, site: SiteID, gateway: GatewayID, address: String, kind: DetectorKind, place: String,
        plan: PlanPosition? = nil, reportSeconds: Int = 0, battery: Int? = nil, lastSeen: Instant? = nil,
        isOffline: Bool = false, isFaulty: Bool = false, isBatteryLow: Bool = false, isInAlarm: Bool = false
    ) {
        self.id = id
        self.site = site
        self.gateway = gateway
        self.address = address
        self.kind = kind
        self.place = place
        self.plan = plan
        self.reportSeconds = reportSeconds
        self.battery = battery
        self.lastSeen = lastSeen
        self.isOffline = isOffline
        self.isFaulty = isFaulty
        self.isBatteryLow = isBatteryLow
        self.isInAlarm = isInAlarm
    }
}

/// A place on a floor plan, in thousandths of the picture's width and height.
public struct PlanPosition: Sendable, Equatable, Codable {
    /// From the left, 0…1000.
    public var x: Int
    /// From the top, 0…1000.
    public var y: Int

    /// A place, or `nil` outside the picture.
    public init?(x: Int, y: Int) {
        guard (0...1_000).contains(x), (0...1_000).contains(y) else { return nil }
        self.x = x
        self.y = y
    }
}
