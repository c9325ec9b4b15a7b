import Geo
import Kernel
import Storage
import Web

/// One thing on the map.
public struct MapMark: Sendable {
    /// What it is, as the API names it, such as `sites/01…`.
    public var subject: String
    /// Where.
    public var point: GeoPoint
    /// What kind it is; a word of the layer.
    public var kind: String
    /// Where it stands; a word of the layer.
    public var state: String
    /// The name that people read. Nothing that the viewer may not see in full belongs here.
    public var label: String
    /// When it happened, on layers that have a past.
    public var at: Instant?
    /// The page of it; empty where there is none.
    public var href: String

    /// A mark.
    public init(
        subject: String, point: GeoPoint, kind: String, state: String, label: String, at: Instant? = nil, href: String
    ) {
        self.subject = subject
        self.point = point
        self.kind = kind
        self.state = state
        self.label = label
        self.at = at
        self.href = href
    }
}

/// The piece of the town, and of time, that is asked for.
public struct MapWindow: Sendable {
    /// The degrees.
    public var box: Box
    /// Only what happened at or after; with a time a layer shows its past too.
    public var from: Instant?
    /// Only what happened before.
    public var to: Instant?
    /// Marks that are wanted at most.
    public var limit: Int

    /// A window.
    public init(box: Box, from: Instant? = nil, to: Instant? = nil, limit: Int = 20_000) {
        self.box = box
        self.from = from
        self.to = to
        self.limit = limit
    }

    /// The condition on columns named `lat` and `lon`.
    public var placeSQL: SQL {
        "lat BETWEEN \(box.south) AND \(box.north) AND lon BETWEEN \(box.west) AND \(box.east)"
    }
}

/// A room's things on the map. A room makes them, the centre hands them to the map.
public protocol MapLayer: Sendable {
    /// In addresses, such as `sites`; its words stand under `js.townmap.layer.` + name.
    var name: String { get }
    /// Who sees it at all.
    var permission: Permission { get }
    /// Beginnings of the events' types that change it, such as `alarm.`.
    var changes: [String] { get }
    /// Whether its marks have a time, so that the past can be looked at.
    var hasPast: Bool { get }
    /// What a caller sees of it: callers of the same policy share tiles.
    func policy(for caller: Caller) -> String
    /// The marks that the caller may see.
    func marks(in window: MapWindow, for caller: Caller, in db: any Reading) throws -> [MapMark]
}

extension Caller {
    /// Those who see the same by their areas alone.
    public var areaPolicy: String {
        areas.map { "areas:" + $0.map(\.description).sorted().joined(separator: ",") } ?? "all"
    }
}
