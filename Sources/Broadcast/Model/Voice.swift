import CAP
import Kernel

/// Under which names a centre speaks on the wire.
public struct CentreName: Sendable {
    /// Unique in the world; no blank, comma, `<` or `&`.
    public var sender: String
    /// GB/T 35965.1: 6 digits of the region (GB/T 2260), 3 of the agency (GB/T 4657), 3 of the unit, 2 more.
    public var code: String
    /// In words.
    public var name: String
    /// Whether the town may warn the public itself; without it every broadcast is for the town's own centres alone.
    public var mayWarnPublic: Bool

    /// A name.
    public init(sender: String, code: String, name: String, mayWarnPublic: Bool) {
        self.sender = sender
        self.code = code
        self.name = name
        self.mayWarnPublic = mayWarnPublic
    }
}

/// An area that a broadcast can be for.
public struct BroadcastArea: Sendable {
    /// Its number.
    public var id: AreaID
    /// The name that people read.
    public var name: String
    /// Whether it is the whole town.
    public var isTown: Bool
    /// Its outlines, WGS-84, closed.
    public var rings: [[GeoPoint]]

    /// An area.
    public init(id: AreaID, name: String, isTown: Bool, rings: [[GeoPoint]]) {
        self.id = id
        self.name = name
        self.isTown = isTown
        self.rings = rings
    }
}

extension Broadcast {
    /// The message on the wire.
    /// - Parameters:
    ///   - sent: when it is or was issued.
    ///   - earlier: the messages that it updates or cancels.
    func alert(
        _ centre: CentreName, identifier: String, sent: Instant, areas: [BroadcastArea], earlier: [Alert.Reference]
    )
        -> Alert
    {
        // The wire has whole seconds.
        let sent = Instant(ms: sent.ms / 1_000 * 1_000)
        var alert = Alert(
            identifier: identifier, sender: centre.sender, sent: sent, status: content.status, kind: kind,
            scope: content.scope)
        if content.scope == .restricted { alert.restriction = centre.name }
        alert.references = earlier
        var info = Info(
            categories: [content.category], event: content.event, urgency: content.urgency,
            severity: content.severity, certainty: content.certainty)
        info.language = "zh-CN"
        info.senderName = centre.name
        info.headline = content.headline
        info.description = content.text
        info.instruction = content.instruction.isEmpty ? nil : content.instruction
        info.effective = sent
        info.expires = sent + content.hours * 3_600_000
        info.areas = areas.map { place in
            var area = Area(place.name)
            area.polygons = place.rings
            return area
        }
        alert.infos = [info]
        return alert
    }

    /// GB/T 35965.1's name of a message: the centre's code, the moment in Beijing, and a digit for that second.
    static func identifier(_ code: String, at moment: Instant, serial: Int) -> String {
        let stamp = moment.text.filter(\.isNumber)
        return "\(code)_\(stamp)_\(serial)"
    }
}
