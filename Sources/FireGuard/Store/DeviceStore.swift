import Kernel
import Storage

/// The gateways' and the detectors' tables.
enum DeviceStore {
    static func gateway(_ kind: GatewayKind, address: String, in db: any Reading) throws -> Gateway? {
        try db.first(
            Gateway.self, "SELECT \(raw: Gateway.columns) FROM gateway WHERE kind = \(kind) AND address = \(address)")
    }

    static func gateway(_ id: GatewayID, in db: any Reading) throws -> Gateway? {
        try db.first(Gateway.self, "SELECT \(raw: Gateway.columns) FROM gateway WHERE id = \(id)")
    }

    static func gateways(
        kind: GatewayKind? = nil, site: SiteID? = nil, text: String? = nil, offlineOnly: Bool = false,
        after: GatewayID?, limit: Int, in db: any Reading
    ) throws -> [Gateway] {
        var conditions: [SQL] = ["id > \(after?.rawValue ?? 0)"]
        if let kind { conditions.append("kind = \(kind)") }
        if let site { conditions.append("site = \(site)") }
        if offlineOnly { conditions.append("offline = 1") }
        if let text {
            let pattern = "%" + text.filter { $0 != "%" && $0 != "_" && $0 != "\\" } + "%"
            conditions.append("(name LIKE \(pattern) OR address LIKE \(pattern))")
        }
        let filter = SQL.joined(conditions, by: " AND ")
        return try db.all(
            Gateway.self, "SELECT \(raw: Gateway.columns) FROM gateway WHERE \(filter) ORDER BY id LIMIT \(limit)")
    }

    static func gateways(_ ids: Set<GatewayID>, in db: any Reading) throws -> [GatewayID: Gateway] {
        guard !ids.isEmpty else { return [:] }
        let found = try db.all(
            Gateway.self, "SELECT \(raw: Gateway.columns) FROM gateway WHERE id IN \(list: Array(ids))")
        return Dictionary(found.map { ($0.id, $0) }) { first, _ in first }
    }

    static func save(_ gateway: Gateway, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO gateway (id, kind, address, name, site, heartbeat_s, secret, cipher_key, profile, last_seen, offline)
            VALUES (\(gateway.id), \(gateway.kind), \(gateway.address), \(gateway.name), \(gateway.site),
              \(gateway.heartbeatSeconds), \(gateway.secret), \(gateway.cipherKey), \(gateway.profile),
              \(gateway.lastSeen), \(gateway.isOffline))
            ON CONFLICT (id) DO UPDATE SET address = excluded.address, name = excluded.name, site = excluded.site,
              heartbeat_s = excluded.heartbeat_s, secret = excluded.secret, cipher_key = excluded.cipher_key,
              profile = excluded.profile
            """)
    }

    static func detector(_ id: DetectorID, in db: any Reading) throws -> Detector? {
        try db.first(Detector.self, "SELECT \(raw: Detector.columns) FROM detector WHERE id = \(id)")
    }

    static func detector(at gateway: GatewayID, address: String, in db: any Reading) throws -> Detector? {
        try db.first(
            Detector.self,
            "SELECT \(raw: Detector.columns) FROM detector WHERE gateway = \(gateway) AND address = \(address)")
    }

    /// The site of all detectors behind a gateway, where it is one.
    static func onlySite(of gateway: GatewayID, in db: any Reading) throws -> SiteID? {
        let sites = try db.values(SiteID.self, "SELECT DISTINCT site FROM detector WHERE gateway = \(gateway) LIMIT 2")
        return sites.count == 1 ? sites[0] : nil
    }

    static func detectors(_ filter: DetectorFilter, limit: Int, in db: any Reading) throws -> [Detector] {
        try db.all(
            Detector.self,
            "SELECT \(raw: Detector.columns) FROM detector WHERE \(filter.sql) ORDER BY id LIMIT \(limit)")
    }

    static func save(_ detector: Detector, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO detector (id, site, gateway, address, kind, place, plan_x, plan_y, report_s, battery, last_seen,
              offline, faulty, battery_low, in_alarm)
            VALUES (\(detector.id), \(detector.site), \(detector.gateway), \(detector.address), \(detector.kind),
              \(detector.place), \(detector.plan?.x), \(detector.plan?.y), \(detector.reportSeconds),
              \(detector.battery), \(detector.lastSeen), \(detector.isOffline), \(detector.isFaulty),
              \(detector.isBatteryLow), \(detector.isInAlarm))
            ON CONFLICT (id) DO UPDATE SET site = excluded.site, gateway = excluded.gateway,
              address = excluded.address, kind = excluded.kind, place = excluded.place, plan_x = excluded.plan_x,
              plan_y = excluded.plan_y, report_s = excluded.report_s
            """)
    }

    static func setInAlarm(_ isInAlarm: Bool, _ id: DetectorID, in db: any Writing) throws {
        try db.execute("UPDATE detector SET in_alarm = \(isInAlarm) WHERE id = \(id)")
    }

    static func endAlarms(at gateway: GatewayID, in db: any Writing) throws {
        try db.execute("UPDATE detector SET in_alarm = 0 WHERE gateway = \(gateway) AND in_alarm = 1")
    }

    static func set(_ kind: Trouble.Kind, _ isOpen: Bool, detector id: DetectorID, in db: any Writing) throws {
        switch kind {
        case .offline: try db.execute("UPDATE detector SET offline = \(isOpen) WHERE id = \(id)")
        case .fault: try db.execute("UPDATE detector SET faulty = \(isOpen) WHERE id = \(id)")
        case .lowBattery: try db.execute("UPDATE detector SET battery_low = \(isOpen) WHERE id = \(id)")
        case .inspectionOverdue: break
        }
    }

    static func setOffline(_ isOffline: Bool, gateway id: GatewayID, in db: any Writing) throws {
        try db.execute("UPDATE gateway SET offline = \(isOffline) WHERE id = \(id)")
    }

    static func lastSeen(_ thing: Thing, in db: any Reading) throws -> Instant? {
        switch thing {
        case .gateway(let id): try db.value(Instant?.self, "SELECT last_seen FROM gateway WHERE id = \(id)") ?? nil
        case .detector(let id): try db.value(Instant?.self, "SELECT last_seen FROM detector WHERE id = \(id)") ?? nil
        }
    }

    /// Those whose silence has been noticed and not yet ended.
    static func silent(among batch: [Sighting], in db: any Reading) throws -> Set<Thing> {
        var (gateways, detectors): ([Int64], [Int64]) = ([], [])
        for sighting in batch {
            switch sighting.thing {
            case .gateway(let id): gateways.append(id.rawValue)
            case .detector(let id): detectors.append(id.rawValue)
            }
        }
        var silent: Set<Thing> = []
        for ids in gateways.pieces {
            for id in try db.values(
                GatewayID.self, "SELECT id FROM gateway WHERE offline = 1 AND id IN \(list: ids)")
            { silent.insert(.gateway(id)) }
        }
        for ids in detectors.pieces {
            for id in try db.values(
                DetectorID.self, "SELECT id FROM detector WHERE offline = 1 AND id IN \(list: ids)")
            { silent.insert(.detector(id)) }
        }
        return silent
    }

    /// Writes a batch of what was last heard.
    static func seen(_ batch: [Sighting], in db: any Writing) throws {
        for sighting in batch {
            switch sighting.thing {
            case .gateway(let id):
                try db.execute("UPDATE gateway SET last_seen = \(sighting.at) WHERE id = \(id)")
            case .detector(let id):
                if let battery = sighting.battery {
                    try db.execute(
                        "UPDATE detector SET last_seen = \(sighting.at), battery = \(battery) WHERE id = \(id)")
                } else {
                    try db.execute("UPDATE detector SET last_seen = \(sighting.at) WHERE id = \(id)")
                }
            }
        }
    }
}

/// A gateway or a detector, as something that can fall silent.
public enum Thing: Sendable, Hashable {
    /// A gateway.
    case gateway(GatewayID)
    /// A detector.
    case detector(DetectorID)

    /// `gateways/…` or `detectors/…`.
    public var subject: String {
        switch self {
        case .gateway(let id): "gateways/\(id)"
        case .detector(let id): "detectors/\(id)"
        }
    }
}

/// When a thing was heard.
struct Sighting: Sendable, Equatable {
    var thing: Thing
    var at: Instant
    var battery: Int?
}

/// Which detectors a list shows.
struct DetectorFilter: Sendable {
    var after: DetectorID?
    var site: SiteID?
    var gateway: GatewayID?
    /// Only those of this kind.
    var kind: DetectorKind?
    /// Only those with something wrong.
    var needsWork = false
    /// Part of the place, the address or the site's name.
    var text: String?
    var areas: [AreaID]?
    var owner: StaffID?

    fileprivate var sql: SQL {
        var conditions: [SQL] = ["id > \(after?.rawValue ?? 0)"]
        if let site { conditions.append("site = \(site)") }
        if let gateway { conditions.append("gateway = \(gateway)") }
        if let kind { conditions.append("kind = \(kind)") }
        if let text {
            let pattern = "%" + text.filter { $0 != "%" && $0 != "_" && $0 != "\\" } + "%"
            conditions.append(
                """
                (place LIKE \(pattern) OR address LIKE \(pattern)
                  OR site IN (SELECT id FROM site WHERE name LIKE \(pattern)))
                """)
        }
        if needsWork { conditions.append("(offline = 1 OR faulty = 1 OR battery_low = 1)") }
        if let areas { conditions.append("site IN (SELECT id FROM site WHERE area IN \(list: areas))") }
        if let owner { conditions.append("site IN (SELECT id FROM site WHERE owner = \(owner))") }
        return SQL.joined(conditions, by: " AND ")
    }
}

extension Gateway: RowDecodable {
    static let columns = "id, kind, address, name, site, heartbeat_s, secret, cipher_key, profile, last_seen, offline"

    /// Reads the columns of a gateway.
    public init(row: inout Row) throws {
        id = try row.next()
        kind = try row.next()
        address = try row.next()
        name = try row.next()
        site = try row.next()
        heartbeatSeconds = try row.next()
        secret = try row.next()
        cipherKey = try row.next()
        profile = try row.next()
        lastSeen = try row.next()
        isOffline = try row.next()
    }
}

extension Detector: RowDecodable {
    static let columns = """
        id, site, gateway, address, kind, place, plan_x, plan_y, report_s, battery, last_seen, offline, faulty, \
        battery_low, in_alarm
        """

    /// Reads the columns of a detector.
    public init(row: inout Row) throws {
        id = try row.next()
        site = try row.next()
        gateway = try row.next()
        address = try row.next()
        kind = try row.next()
        place = try row.next()
        let x = try row.next(Int?.self)
        let y = try row.next(Int?.self)
        if let x, let y { plan = PlanPosition(x: x, y: y) } else { plan = nil }
        reportSeconds = try row.next()
        battery = try row.next()
        lastSeen = try row.next()
        isOffline = try row.next()
        isFaulty = try row.next()
        isBatteryLow = try row.next()
        isInAlarm = try row.next()
    }
}
