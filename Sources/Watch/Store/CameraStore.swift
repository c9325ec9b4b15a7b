import GB28181
import Kernel
import Storage

/// Which cameras a list shows.
struct CameraFilter: Sendable {
    /// Only those after this one (the next page).
    var after: CameraID?
    /// Only those of this device.
    var device: WatchDeviceID?
    /// Only those in these areas.
    var areas: [AreaID]?
    /// Only those in this area.
    var area: AreaID?
    /// Only those that look at this kind of place.
    var place: PlaceKind?
    /// Only those whose name or digits hold this.
    var text: String?
    /// `online`, `offline`, `missing`.
    var state: String?
    /// Only things of this kind; cameras by themselves.
    var kind: GBID.Kind? = .camera

    var sql: SQL {
        var conditions: [SQL] = ["1 = 1"]
        if let after { conditions.append("camera.id > \(after)") }
        if let device { conditions.append("device = \(device)") }
        if let areas { conditions.append("camera.area IN \(list: areas)") }
        if let area { conditions.append("camera.area = \(area)") }
        if let place { conditions.append("place = \(place)") }
        if let kind { conditions.append("kind = \(kind.rawValue)") }
        if let text {
            let pattern = "%" + text.filter { $0 != "%" && $0 != "_" && $0 != "\\" } + "%"
            conditions.append("(name LIKE \(pattern) OR given_name LIKE \(pattern) OR gb_id LIKE \(pattern))")
        }
        let works: SQL =
            "camera.online = 1 AND missing = 0 AND EXISTS (SELECT 1 FROM watch_device d WHERE d.id = device AND d.online = 1)"
        switch state {
        case "online"?: conditions.append(works)
        case "offline"?: conditions.append("NOT (\(works))")
        case "missing"?: conditions.append("missing = 1")
        default: break
        }
        return SQL.joined(conditions, by: " AND ")
    }
}

/// The tables of cameras.
enum CameraStore {
    static func list(_ filter: CameraFilter, limit: Int, in db: any Reading) throws -> [Camera] {
        try db.all(
            Camera.self,
            "SELECT \(raw: Camera.columns) FROM camera WHERE \(filter.sql) ORDER BY camera.id LIMIT \(limit)")
    }

    static func find(_ id: CameraID, in db: any Reading) throws -> Camera? {
        try db.first(Camera.self, "SELECT \(raw: Camera.columns) FROM camera WHERE id = \(id)")
    }

    static func find(_ ids: [CameraID], in db: any Reading) throws -> [CameraID: Camera] {
        guard !ids.isEmpty else { return [:] }
        let cameras = try db.all(
            Camera.self, "SELECT \(raw: Camera.columns) FROM camera WHERE id IN \(list: Array(ids.prefix(500)))")
        return Dictionary(cameras.map { ($0.id, $0) }) { first, _ in first }
    }

    static func find(_ gbID: String, of device: WatchDeviceID, in db: any Reading) throws -> Camera? {
        try db.first(
            Camera.self,
            "SELECT \(raw: Camera.columns) FROM camera WHERE device = \(device) AND gb_id = \(gbID)")
    }

    /// The camera of a device that has one alone.
    static func only(of device: WatchDeviceID, in db: any Reading) throws -> Camera? {
        let cameras = try db.all(
            Camera.self,
            """
            SELECT \(raw: Camera.columns) FROM camera
            WHERE device = \(device) AND kind = \(GBID.Kind.camera.rawValue) AND missing = 0 ORDER BY id LIMIT 2
            """)
        return cameras.count == 1 ? cameras[0] : nil
    }

    /// Takes over what a catalogue says; what people said of a camera stays.
    static func upsert(
        _ item: CatalogItem, of device: WatchDevice, area: AreaID?, at now: Instant, in db: any Writing
    ) throws {
        let camera = Camera(id: .next(), device: device.id, item: item)
        try db.execute(
            """
            INSERT INTO camera (id, device, gb_id, kind, name, given_name, address, manufacturer, model, parent, place,
              area, lat, lon, ptz, online, missing, changed_at)
            VALUES (\(camera.id), \(device.id), \(camera.gbID.description), \(camera.kind.rawValue), \(camera.name), '',
              \(camera.address), \(camera.manufacturer), \(camera.model), \(camera.parent), \(PlaceKind.other), \(area),
              \(camera.point?.lat), \(camera.point?.lon), \(camera.canMove), \(camera.isOn), 0, \(now))
            ON CONFLICT (device, gb_id) DO UPDATE SET kind = excluded.kind, name = excluded.name,
              address = excluded.address, manufacturer = excluded.manufacturer, model = excluded.model,
              parent = excluded.parent, area = COALESCE(camera.area, excluded.area),
              lat = COALESCE(camera.lat, excluded.lat), lon = COALESCE(camera.lon, excluded.lon),
              ptz = excluded.ptz, online = excluded.online, missing = 0, changed_at = excluded.changed_at
            """)
    }

    /// Marks what a whole catalogue left out; nothing is deleted, because recordings and cases speak of it.
    /// - Returns: how many are newly missing.
    @discardableResult
    static func markMissing(of device: WatchDeviceID, changedBefore moment: Instant, in db: any Writing) throws -> Int {
        try db.execute(
            "UPDATE camera SET missing = 1 WHERE device = \(device) AND missing = 0 AND changed_at < \(moment)")
    }

    static func setState(_ gbID: GBID, of device: WatchDeviceID, isOn: Bool, in db: any Writing) throws {
        try db.execute(
            "UPDATE camera SET online = \(isOn) WHERE device = \(device) AND gb_id = \(gbID.description)")
    }

    static func setMissing(_ gbID: GBID, of device: WatchDeviceID, in db: any Writing) throws {
        try db.execute("UPDATE camera SET missing = 1 WHERE device = \(device) AND gb_id = \(gbID.description)")
    }

    /// Stores what people say of a camera.
    static func save(_ camera: Camera, at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE camera SET given_name = \(camera.givenName), place = \(camera.place), area = \(camera.area),
              lat = \(camera.point?.lat), lon = \(camera.point?.lon) WHERE id = \(camera.id)
            """)
    }

    /// The preset to which a camera goes back by itself, and after how many seconds; `nil` where it stays.
    static func home(_ id: CameraID, in db: any Reading) throws -> (preset: Int, seconds: Int)? {
        var result: (Int, Int)?
        try db.query(
            "SELECT home_preset, home_seconds FROM camera WHERE id = \(id) AND home_preset IS NOT NULL LIMIT 1"
        ) { row in
            result = (try row.next(), try row.next())
            return false
        }
        return result
    }

    static func setHome(_ id: CameraID, preset: Int?, seconds: Int, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE camera SET home_preset = \(preset), home_seconds = \(preset == nil ? nil : seconds) WHERE id = \(id)
            """)
    }

    static func presets(_ id: CameraID, in db: any Reading) throws -> [(number: Int, name: String)] {
        var result: [(Int, String)] = []
        try db.query("SELECT number, name FROM camera_preset WHERE camera = \(id) ORDER BY number LIMIT 255") { row in
            result.append((try row.next(), try row.next()))
            return true
        }
        return result
    }

    static func setPreset(_ id: CameraID, _ number: Int, name: String?, in db: any Writing) throws {
        try db.execute("DELETE FROM camera_preset WHERE camera = \(id) AND number = \(number)")
        if let name {
            try db.execute("INSERT INTO camera_preset (camera, number, name) VALUES (\(id), \(number), \(name))")
        }
    }
}
