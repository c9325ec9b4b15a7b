import Foundation
import GB28181
import Kernel
import SIP
import Storage
import Web

/// The tables of devices.
enum WatchDeviceStore {
    /// Those that register by GB/T 28181.
    static func all(in db: any Reading) throws -> [WatchDevice] {
        try db.all(
            WatchDevice.self,
            "SELECT \(raw: WatchDevice.columns) FROM watch_device WHERE way = 'gb28181' ORDER BY id LIMIT 20000")
    }

    static func list(after: WatchDeviceID?, text: String?, state: String?, limit: Int, in db: any Reading) throws
        -> [WatchDevice]
    {
        var conditions: [SQL] = ["1 = 1"]
        if let after { conditions.append("id > \(after)") }
        if let text {
            let pattern = "%" + text.filter { $0 != "%" && $0 != "_" && $0 != "\\" } + "%"
            conditions.append("(name LIKE \(pattern) OR gb_id LIKE \(pattern))")
        }
        switch state {
        case "online"?: conditions.append("online = 1")
        case "offline"?: conditions.append("online = 0 AND registered_at IS NOT NULL")
        case "never"?: conditions.append("registered_at IS NULL")
        case "trouble"?: conditions.append("(trouble <> '' OR received < announced)")
        default: break
        }
        return try db.all(
            WatchDevice.self,
            """
            SELECT \(raw: WatchDevice.columns) FROM watch_device WHERE \(SQL.joined(conditions, by: " AND "))
            ORDER BY id LIMIT \(limit)
            """)
    }

    static func find(_ id: WatchDeviceID, in db: any Reading) throws -> WatchDevice? {
        try db.first(WatchDevice.self, "SELECT \(raw: WatchDevice.columns) FROM watch_device WHERE id = \(id)")
    }

    static func find(_ gbID: GBID, in db: any Reading) throws -> WatchDevice? {
        try db.first(
            WatchDevice.self,
            "SELECT \(raw: WatchDevice.columns) FROM watch_device WHERE gb_id = \(gbID.description)")
    }

    /// Stores what people say of a device; what it says itself stays.
    static func save(_ device: WatchDevice, at now: Instant, in db: any Writing) throws {
        let quirks = try device.quirks.map { try JSON.text($0) } ?? ""
        try db.execute(
            """
            INSERT INTO watch_device (id, gb_id, name, area, transport, algorithm, ha1, manufacturer, model, firmware,
              version, quirks, hop, contact, online, changed_at, trouble)
            VALUES (\(device.id), \(device.gbID.description), \(device.name), \(device.area), \(device.transport),
              \(device.algorithm.rawValue), \(device.ha1), '', '', '', \(device.version.rawValue), \(quirks), '', '', 0,
              \(now), '')
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, area = excluded.area, transport = excluded.transport,
              algorithm = excluded.algorithm, ha1 = excluded.ha1, quirks = excluded.quirks,
              changed_at = excluded.changed_at
            """)
    }

    static func registered(
        _ id: WatchDeviceID, hop: SIPHop, contact: String, version: GBVersion, until: Instant, at now: Instant,
        in db: any Writing
    ) throws {
        try db.execute(
            """
            UPDATE watch_device SET hop = \(hop.description), contact = \(contact), version = \(version.rawValue),
              registered_at = \(now), expires_at = \(until), last_seen = \(now), online = 1
            WHERE id = \(id)
            """)
    }

    static func moved(_ id: WatchDeviceID, to hop: SIPHop, at now: Instant, in db: any Writing) throws {
        try db.execute(
            "UPDATE watch_device SET hop = \(hop.description), last_seen = \(now), online = 1 WHERE id = \(id)")
    }

    static func seen(_ moments: [WatchDeviceID: Instant], in db: any Writing) throws {
        for (id, moment) in moments { try db.execute("UPDATE watch_device SET last_seen = \(moment) WHERE id = \(id)") }
    }

    static func setOnline(_ id: WatchDeviceID, _ isOnline: Bool, endsRegistration: Bool, in db: any Writing) throws {
        try db.execute("UPDATE watch_device SET online = \(isOnline) WHERE id = \(id)")
        if endsRegistration { try db.execute("UPDATE watch_device SET expires_at = NULL WHERE id = \(id)") }
    }

    static func describe(
        _ id: WatchDeviceID, manufacturer: String, model: String, firmware: String, in db: any Writing
    ) throws {
        try db.execute(
            """
            UPDATE watch_device SET manufacturer = \(manufacturer), model = \(model), firmware = \(firmware)
            WHERE id = \(id)
            """)
    }

    static func catalogue(_ id: WatchDeviceID, announced: Int?, received: Int, at now: Instant, in db: any Writing)
        throws
    {
        try db.execute(
            """
            UPDATE watch_device SET announced = \(announced), received = \(received), catalogue_at = \(now)
            WHERE id = \(id)
            """)
    }

    static func trouble(_ id: WatchDeviceID, _ text: String, in db: any Writing) throws {
        try db.execute("UPDATE watch_device SET trouble = \(text) WHERE id = \(id) AND trouble <> \(text)")
    }

    /// Whether something of its cameras was recorded that is still there.
    static func hasRecordings(_ id: WatchDeviceID, in db: any Reading) throws -> Bool {
        try ["watch_segment", "watch_clip"].contains { table in
            try db.value(
                Int64.self,
                """
                SELECT 1 FROM \(raw: table) WHERE camera IN (SELECT id FROM camera WHERE device = \(id)) LIMIT 1
                """) != nil
        }
    }

    static func delete(_ id: WatchDeviceID, in db: any Writing) throws {
        try db.execute("DELETE FROM water_camera WHERE camera IN (SELECT id FROM camera WHERE device = \(id))")
        try db.execute(
            "UPDATE water_place SET speaker = NULL WHERE speaker IN (SELECT id FROM camera WHERE device = \(id))")
        try db.execute("DELETE FROM camera_preset WHERE camera IN (SELECT id FROM camera WHERE device = \(id))")
        try db.execute("DELETE FROM camera_position WHERE camera IN (SELECT id FROM camera WHERE device = \(id))")
        try db.execute(
            "DELETE FROM watch_subscription WHERE device = (SELECT gb_id FROM watch_device WHERE id = \(id))")
        try db.execute("DELETE FROM watch_recording WHERE camera IN (SELECT id FROM camera WHERE device = \(id))")
        try db.execute("DELETE FROM camera WHERE device = \(id)")
        try db.execute("DELETE FROM watch_device WHERE id = \(id)")
    }

    static func counts(in db: any Reading) throws -> (all: Int64, online: Int64) {
        (
            try db.value(Int64.self, "SELECT COUNT(*) FROM watch_device") ?? 0,
            try db.value(Int64.self, "SELECT COUNT(*) FROM watch_device WHERE online = 1") ?? 0
        )
    }
}
