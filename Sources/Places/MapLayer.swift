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

/// Where a layer stands in the list of layers.
public enum MapGroup: String, Sendable, CaseIterable {
    /// What happens now, and who is on the way.
    case desk
    /// What watches: cameras, waters, detectors.
    case watch
    /// What the town knows of its places.
    case records
    /// What is only ever counted by area.
    case counted
}

/// How many of something lie in an area.
public enum MapCount: Sendable, Equatable {
    /// So many.
    case exactly(Int)
    /// Some people, but too few to be told without telling who.
    case few
}

/// A room's things on the map. A room makes them, the centre hands them to the map.
public protocol MapLayer: Sendable {
    /// In addresses, such as `sites`; unless ``title`` says otherwise its words stand under `townmap.layer.` + name.
    var name: String { get }
    /// What people call it, Chinese and English, where that is data and no part of the catalogue.
    var title: (zh: String, en: String)? { get }
    /// Where it stands in the list.
    var group: MapGroup { get }
    /// `info`, `ok`, `warn`, `bad`; `nil` where the map's style knows the layer by its name.
    var tint: String? { get }
    /// Whether it is drawn when somebody opens the map.
    var isOnAtFirst: Bool { get }
    /// Whether single things are drawn; else it is only ever counted by area.
    var hasMarks: Bool { get }
    /// Who sees it at all.
    var permission: Permission { get }
    /// Beginnings of the events' types that change it, such as `alarm.`.
    var changes: [String] { get }
    /// Whether its marks have a time, so that the past can be looked at.
    var hasPast: Bool { get }
    /// Whether a caller sees anything of it.
    func isVisible(to caller: Caller) -> Bool
    /// What a caller sees of it: callers of the same policy share tiles.
    func policy(for caller: Caller) -> String
    /// A number that changes with its data, where not every change is an event.
    func version(in db: any Reading) throws -> Int64?
    /// The marks that the caller may see.
    func marks(in window: MapWindow, for caller: Caller, in db: any Reading) throws -> [MapMark]
    /// The bare places of those marks where that is much cheaper than the marks; `nil` where it is not.
    func places(in window: MapWindow, for caller: Caller, in db: any Reading) throws -> [GeoPoint]?
    /// The marks whose name may hold a text; a layer that has very many leaves out those that surely do not.
    func named(_ text: String, in window: MapWindow, for caller: Caller, in db: any Reading) throws -> [MapMark]
    /// How many lie in each part of an area; `nil` where the marks are to be counted.
    /// - Parameter part: the part that an area is or belongs to.
    func counts(
        in window: MapWindow, for caller: Caller, by part: (AreaID) -> AreaID?, in db: any Reading
    ) throws -> [AreaID: MapCount]?
}

extension MapLayer {
    /// Named by the catalogue.
    public var title: (zh: String, en: String)? { nil }
    /// What happens now.
    public var group: MapGroup { .desk }
    /// Known by its name.
    public var tint: String? { nil }
    /// Drawn at once.
    public var isOnAtFirst: Bool { true }
    /// Single things.
    public var hasMarks: Bool { true }
    /// Whoever holds the permission.
    public func isVisible(to caller: Caller) -> Bool { caller.may(permission) }
    /// Its events tell of every change.
    public func version(in db: any Reading) throws -> Int64? { nil }
    /// The marks are cheap.
    public func places(in window: MapWindow, for caller: Caller, in db: any Reading) throws -> [GeoPoint]? { nil }
    /// All of them.
    public func named(
        _ text: String, in window: MapWindow, for caller: Caller, in db: any Reading
    ) throws -> [MapMark] { try marks(in: window, for: caller, in: db) }
    /// The marks are counted.
    public func counts(
        in window: MapWindow, for caller: Caller, by part: (AreaID) -> AreaID?, in db: any Reading
    ) throws -> [AreaID: MapCount]? { nil }
}

extension Caller {
    /// Those who see the same by their areas alone.
    public var areaPolicy: String {
        areas.map { "areas:" + $0.map(\.description).sorted().joined(separator: ",") } ?? "all"
    }
}
