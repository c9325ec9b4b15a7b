import Geo
import Kernel
import Places
import Storage
import Web

extension FireGuard {
    /// Sites, detectors and alarms on the town's map.
    public static func mapLayers(areas: AreaIndex) -> [any MapLayer] {
        [SiteLayer(areas: areas), DetectorLayer(areas: areas), AlarmLayer(areas: areas)]
    }

    /// Gives sites, and what is open at them, the area they lie in when borders move.
    public static var areaFollower: AreaFollower {
        AreaFollower(name: "sites") { change, db in
            var moved = try change.handOn("site", in: db)
            let window = MapWindow(box: change.box)
            var found: [(SiteID, GeoPoint, AreaID?)] = []
            try db.query("SELECT id, lat, lon, area FROM site WHERE \(window.placeSQL) LIMIT 100000") { row in
                let id = try row.next(SiteID.self)
                if let point = GeoPoint(lat: try row.next(), lon: try row.next()) {
                    found.append((id, point, try row.next()))
                }
                return true
            }
            for (id, point, old) in found {
                let new = change.areas.area(at: point)
                guard new != old else { continue }
                try db.execute("UPDATE site SET area = \(new) WHERE id = \(id)")
                try db.execute("UPDATE alarm SET area = \(new) WHERE site = \(id) AND state <> 'cleared'")
                moved += 1
            }
            return moved
        }
    }
}

/// What of a layer a caller sees, as a condition on the site.
private struct MapScope {
    let areas: [AreaID]?
    let owner: StaffID?

    init(_ caller: Caller, _ index: AreaIndex) {
        let scope = Scope(caller)
        owner = scope.owner
        areas = scope.areas.map(index.map.reach)
    }

    func condition(area: String, owner column: String) -> SQL {
        var all: [SQL] = ["1 = 1"]
        if let areas { all.append("\(raw: area) IN \(list: areas)") }
        if let owner { all.append("\(raw: column) = \(owner)") }
        return SQL.joined(all, by: " AND ")
    }

    static func policy(_ caller: Caller) -> String {
        Scope(caller).owner.map { "owner:\($0)" } ?? caller.areaPolicy
    }
}

private struct SiteLayer: MapLayer {
    let areas: AreaIndex
    let name = "sites"
    let group = MapGroup.watch
    let permission = Permission.siteRead
    let changes = ["site.", "alarm.", "detector.", "area."]
    let hasPast = false

    func policy(for caller: Caller) -> String { MapScope.policy(caller) }

    func marks(in window: MapWindow, for caller: Caller, in db: any Reading) throws -> [MapMark] {
        let scope = MapScope(caller, areas)
        var marks: [MapMark] = []
        try db.query(
            """
            SELECT id, name, lat, lon,
              CASE WHEN EXISTS (SELECT 1 FROM alarm WHERE alarm.site = site.id AND alarm.state <> 'cleared') THEN 'fire'
              WHEN EXISTS (SELECT 1 FROM detector WHERE detector.site = site.id AND (faulty = 1 OR battery_low = 1))
              THEN 'fault'
              WHEN EXISTS (SELECT 1 FROM detector WHERE detector.site = site.id AND offline = 1) THEN 'offline'
              WHEN maintenance_until > \(Instant.now) THEN 'maintenance' ELSE 'normal' END
            FROM site WHERE \(window.placeSQL) AND \(scope.condition(area: "area", owner: "owner"))
            ORDER BY id LIMIT \(window.limit)
            """
        ) { row in
            let (id, label) = (try row.next(SiteID.self), try row.next(String.self))
            guard let point = GeoPoint(lat: try row.next(), lon: try row.next()) else { return true }
            marks.append(
                MapMark(
                    subject: "sites/\(id)", point: point, kind: "site", state: try row.next(), label: label,
                    href: "/sites/\(id)"))
            return true
        }
        return marks
    }
}

private struct DetectorLayer: MapLayer {
    let areas: AreaIndex
    let name = "detectors"
    let group = MapGroup.watch
    let isOnAtFirst = false
    let permission = Permission.detectorRead
    let changes = ["site.", "alarm.", "detector.", "area."]
    let hasPast = false

    func policy(for caller: Caller) -> String { MapScope.policy(caller) }

    func marks(in window: MapWindow, for caller: Caller, in db: any Reading) throws -> [MapMark] {
        let scope = MapScope(caller, areas)
        var marks: [MapMark] = []
        try db.query(
            """
            SELECT d.id, d.site, d.kind, d.place, s.lat, s.lon, d.in_alarm, d.faulty, d.battery_low, d.offline
            FROM detector d JOIN site s ON s.id = d.site
            WHERE s.lat BETWEEN \(window.box.south) AND \(window.box.north)
              AND s.lon BETWEEN \(window.box.west) AND \(window.box.east)
              AND \(scope.condition(area: "s.area", owner: "s.owner")) ORDER BY d.id LIMIT \(window.limit)
            """
        ) { row in
            let (id, site) = (try row.next(DetectorID.self), try row.next(SiteID.self))
            let (kind, place) = (try row.next(String.self), try row.next(String.self))
            guard let point = GeoPoint(lat: try row.next(), lon: try row.next()) else { return true }
            let (alarm, fault, battery, offline) = (
                try row.next(Bool.self), try row.next(Bool.self), try row.next(Bool.self), try row.next(Bool.self)
            )
            marks.append(
                MapMark(
                    subject: "detectors/\(id)", point: point, kind: kind,
                    state: alarm ? "fire" : fault || battery ? "fault" : offline ? "offline" : "normal", label: place,
                    href: "/sites/\(site)"))
            return true
        }
        return marks
    }
}

private struct AlarmLayer: MapLayer {
    let areas: AreaIndex
    let name = "alarms"
    let permission = Permission.alarmRead
    let changes = ["alarm.", "site.", "area."]
    let hasPast = true

    func policy(for caller: Caller) -> String { MapScope.policy(caller) }

    func marks(in window: MapWindow, for caller: Caller, in db: any Reading) throws -> [MapMark] {
        let scope = MapScope(caller, areas)
        var time: [SQL] = []
        if let from = window.from { time.append("a.raised_at >= \(from)") }
        if let to = window.to { time.append("a.raised_at < \(to)") }
        if time.isEmpty { time.append("a.state <> 'cleared'") }
        var marks: [MapMark] = []
        try db.query(
            """
            SELECT a.id, a.case_id, a.kind, a.state, a.raised_at, s.name, s.lat, s.lon
            FROM alarm a JOIN site s ON s.id = a.site
            WHERE \(SQL.joined(time, by: " AND ")) AND s.lat BETWEEN \(window.box.south) AND \(window.box.north)
              AND s.lon BETWEEN \(window.box.west) AND \(window.box.east)
              AND \(scope.condition(area: "s.area", owner: "s.owner")) ORDER BY a.id DESC LIMIT \(window.limit)
            """
        ) { row in
            let (id, caseID) = (try row.next(AlarmID.self), try row.next(CaseID?.self))
            let (kind, state) = (try row.next(String.self), try row.next(String.self))
            let (at, label) = (try row.next(Instant.self), try row.next(String.self))
            guard let point = GeoPoint(lat: try row.next(), lon: try row.next()) else { return true }
            marks.append(
                MapMark(
                    subject: "alarms/\(id)", point: point, kind: kind, state: state, label: label, at: at,
                    href: caseID.map { "/cases/\($0)" } ?? "/alarms"))
            return true
        }
        return marks
    }
}
