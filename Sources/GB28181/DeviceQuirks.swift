/// How a device departs from the standard, as data: what is known of makers, and what a register may override.
public struct DeviceQuirks: Sendable, Equatable, Codable {
    /// It sends RTP with source 0 or any other, whatever `y=` says: it is told apart by its address.
    public var ignoresSSRC = false
    /// It hears our voice over UDP alone.
    public var talksOverUDPOnly = false
    /// Its clock suffers from the `Date` of an answer.
    public var wantsNoDate = false
    /// How it wants the second stream named: `streamnumber`, `streamprofile` or `streamMode`.
    public var subStreamAttribute = "streamnumber:1"
    /// It hangs up when sound comes before the ACK.
    public var hangsUpOnEarlySound = false

    /// None.
    public init() {}

    /// What is known of makers; the first that fits counts. Sources are issue threads and documents of other projects,
    /// see docs/watch.md.
    private static let known: [(names: [String], change: @Sendable (inout DeviceQuirks) -> Void)] = [
        (
            ["dahua", "大华"],
            {
                $0.ignoresSSRC = true; $0.subStreamAttribute = "streamprofile:1"
            }
        ),
        (
            ["hikvision", "海康"],
            {
                $0.talksOverUDPOnly = true; $0.hangsUpOnEarlySound = true
            }
        ),
        (["tp-link", "tplink", "mercury", "水星"], { $0.subStreamAttribute = "streamMode:SUB" }),
    ]

    /// Those of a maker, by the name that its devices give.
    public init(manufacturer: String) {
        let name = manufacturer.lowercased()
        for entry in Self.known where entry.names.contains(where: name.contains) {
            entry.change(&self)
            return
        }
    }
}
