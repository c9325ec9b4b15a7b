import GB28181
import Geo
import Kernel
import Places
import Storage
import Web

extension WatchRoom {
    /// Cameras and dangerous waters on the town's map.
    public static func mapLayers(areas: AreaIndex) -> [any MapLayer] {
        [WaterLayer(areas: areas), CameraLayer(areas: areas)]
    }

    /// Gives cameras and dangerous waters the area they lie in when borders move.
    public static var areaFollower: AreaFollower {
        AreaFollower(name: "cameras") { change, db in
            var moved = 0
            for table in ["camera", "water_place"] {
                var found: [(Int64, AreaID?)] = []
                try db.query(
                    "SELECT id, area, lat, lon FROM \(raw: table) WHERE \(MapWindow(box: change.box).placeSQL) LIMIT 100000"
                ) { row in
                    let (id, old) = (try row.next(Int64.self), try row.next(AreaID?.self))
                    guard let point = GeoPoint(lat: try row.next(), lon: try row.next()) else { return true }
                    let new = change.areas.area(at: point)
                    if new != old { found.append((id, new)) }
                    return true
                }
                for (id, area) in found {
                    try db.execute("UPDATE \(raw: table) SET area = \(area) WHERE id = \(id)")
                }
                moved += try found.count + change.handOn(table, in: db)
            }
            return moved
        }
    }

    /// What of the water watch a wall shows at a moment, the most urgent first: places where somebody was seen, places
    /// that ought to be watched and are not, the others.
    public static func waterNow(at now: Instant, in db: any Reading) throws -> [WaterNow] {
        let open = Set(try WaterStore.sightings(openOnly: true, limit: 500, in: db).map(\.place))
        let stretches = try WaterStore.stretches(from: now - WaterStore.pauseMs, to: now + 1, in: db)
        let watchers = Dictionary(grouping: stretches, by: \.place)
        return try WaterStore.places(in: db).map { place in
            let names = Set((watchers[place.id] ?? []).map(\.name)).sorted()
            let state: WaterNow.State =
                open.contains(place.id)
                ? .seen : !names.isEmpty ? .watched : place.season.holds(now) ? .unwatched : .off
            return WaterNow(place: place, state: state, watchers: names)
        }.sorted { ($0.state.order, $0.place.id) < ($1.state.order, $1.place.id) }
    }
}

/// A dangerous water at a moment.
public struct WaterNow: Sendable {
    /// Where it stands.
    public enum State: String, Sendable, CaseIterable {
        /// Somebody was seen in the water, and nobody has said how it ended.
        case seen
        /// It is to be watched, and nobody does.
        case unwatched
        /// Somebody watches.
        case watched
        /// Outside of its hours or season.
        case off

        var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// The place.
    public var place: WaterPlace
    /// Where it stands.
    public var state: State
    /// Who watches.
    public var watchers: [String]
}

private struct CameraLayer: MapLayer {
    let areas: AreaIndex
    let name = "cameras"
    let group = MapGroup.watch
    let isOnAtFirst = false
    let permission = Permission.cameraRead
    let changes = ["camera.", "area."]
    let hasPast = false

    func policy(for caller: Caller) -> String { caller.areaPolicy }

    /// A camera that is named or placed anew is no event.
    func version(in db: any Reading) throws -> Int64? {
        let still = try db.value(
            Int64.self, "SELECT COALESCE(MAX(changed_at), 0) + COUNT(*) + COALESCE(SUM(online), 0) FROM camera")
        // Where none moves nothing changes; a position that grows old changes the picture once more.
        let moving = try db.value(Int64?.self, "SELECT MAX(at) FROM camera_position") ?? nil
        return (still ?? 0) + (moving ?? 0) + (moving == nil ? 0 : Instant.now.ms / 60_000)
    }

    func marks(in window: MapWindow, for caller: Caller, in db: any Reading) throws -> [MapMark] {
        let devices = Set(try db.values(WatchDeviceID.self, "SELECT id FROM watch_device WHERE online = 1"))
        let own: SQL = if let areas = caller.areas { "area IN \(list: self.areas.map.reach(areas))" } else { "1 = 1" }
        // A camera that moves stands where it told last, while that is fresh.
        let moving = try PositionStore.fresh(since: .now - PositionStore.freshMs, in: db)
        let still = try db.all(
            Camera.self,
            """
            SELECT \(raw: Camera.columns) FROM camera WHERE kind = \(GBID.Kind.camera.rawValue) AND \(window.placeSQL) AND \(own)
            ORDER BY id LIMIT \(window.limit)
            """
        ).filter { moving[$0.id] == nil }
        let near = moving.filter { window.box.contains(Position(lon: $0.value.lon, lat: $0.value.lat)) }.map(\.key)
        let moved =
            near.isEmpty
            ? []
            : try db.all(
                Camera.self,
                "SELECT \(raw: Camera.columns) FROM camera WHERE id IN \(list: Array(near.prefix(500))) AND \(own)")
        return (still + moved).compactMap { camera in
            (moving[camera.id] ?? camera.point).map { point in
                let works = camera.isOn && !camera.isMissing && devices.contains(camera.device)
                return MapMark(
                    subject: "cameras/\(camera.id)", point: point, kind: camera.place.rawValue,
                    state: works ? "online" : "offline", label: camera.title, href: "/cameras/\(camera.id)")
            }
        }
    }
}

private struct WaterLayer: MapLayer {
    let areas: AreaIndex
    let name = "waters"
    let group = MapGroup.watch
    let permission = Permission.waterRead
    let changes = ["water.", "area."]
    let hasPast = false

    func policy(for caller: Caller) -> String { caller.areaPolicy }

    /// A place turns from watched to unwatched as time passes: half a minute is as exact as the watch itself.
    func version(in db: any Reading) throws -> Int64? { Instant.now.ms / 30_000 }

    func marks(in window: MapWindow, for caller: Caller, in db: any Reading) throws -> [MapMark] {
        let own = caller.areas.map { Set(areas.map.reach($0)) }
        return try WatchRoom.waterNow(at: .now, in: db).compactMap { item in
            guard let point = item.place.point, window.box.contains(Position(lon: point.lon, lat: point.lat)),
                own == nil || item.place.area.map({ own?.contains($0) == true }) == true
            else { return nil }
            return MapMark(
                subject: "water-places/\(item.place.id)", point: point, kind: "water", state: item.state.rawValue,
                label: item.place.name, href: "/water")
        }
    }
}
