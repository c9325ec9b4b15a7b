/// Somebody who takes texts and calls and brings them to phones.
public protocol Carrier: Sendable {
    /// Hands a message over and says what came of it; never throws, never waits for more than ten seconds.
    func send(_ message: Message) async -> Delivery

    /// Whether the connection that it keeps is alive; `nil` for one that keeps none.
    func pulse() async -> Bool?
}

extension Carrier {
    /// Most keep no connection.
    public func pulse() async -> Bool? { nil }
}

/// A carrier under a name, with what is known of it beforehand.
public struct CarrierLine: Sendable {
    /// Such as `aliyun-sms`; stored with every try.
    public var name: String
    /// What it carries.
    public var channel: Channel
    /// What it allows to one callee.
    public var quotas: Quotas
    /// Tries a second over all callees.
    public var perSecond: Double
    /// Messages that it may hold at once; one that hangs holds no more than these.
    public var atOnce = 16
    /// What a part of a text, or a call, costs in fen (0.01 yuan).
    public var fen: Int64
    /// Milliseconds within which it reports what became of a message; `nil` for one that never reports.
    public var reportMs: Int64?
    /// The carrier.
    public var carrier: any Carrier

    /// A line.
    public init(
        name: String, channel: Channel, quotas: Quotas = Quotas(), perSecond: Double = 50, fen: Int64 = 0,
        reportMs: Int64? = nil, carrier: any Carrier
    ) {
        self.name = name
        self.channel = channel
        self.quotas = quotas
        self.perSecond = perSecond
        self.fen = fen
        self.reportMs = reportMs
        self.carrier = carrier
    }
}
