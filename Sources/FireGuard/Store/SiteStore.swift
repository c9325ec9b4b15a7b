import Kernel
import Storage
import Web

/// The sites' tables.
enum SiteStore {
    static func find(_ id: SiteID, in db: any Reading) throws -> Site? {
        try db.first(Site.self, "SELECT \(raw: Site.columns) FROM site WHERE id = \(id)")
    }

    static func find(_ ids: Set<SiteID>, in db: any Reading) throws -> [SiteID: Site] {
        guard !ids.isEmpty else { return [:] }
        let sites = try db.all(Site.self, "SELECT \(raw: Site.columns) FROM site WHERE id IN \(list: Array(ids))")
        return Dictionary(sites.map { ($0.id, $0) }) { first, _ in first }
    }

    static func list(_ filter: SiteFilter, limit: Int, in db: any Reading) throws -> [Site] {
        try db.all(Site.self, "SELECT \(raw: Site.columns) FROM site WHERE \(filter.sql) ORDER BY id LIMIT \(limit)")
    }

    static func keyHolders(of site: SiteID, in db: any Reading) throws -> [KeyHolder] {
        try db.all(
            KeyHolder.self,
            "SELECT id, name, phone, place FROM key_holder WHERE site = \(site) ORDER BY place, id LIMIT 20")
    }

    /// Stores a site, new or changed, with its key-holders.
    static func save(_ site: Site, keyHolders: [KeyHolder], at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO site (id, name, address, lat, lon, area, owner_name, owner_phone, owner, maintenance_until,
              maintenance_note, plan, changed_at)
            VALUES (\(site.id), \(site.name), \(site.address), \(site.point?.lat), \(site.point?.lon), \(site.area),
              \(site.ownerName), \(site.ownerPhone), \(site.owner), \(site.maintenanceUntil), \(site.maintenanceNote),
              \(site.plan), \(now))
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, address = excluded.address, lat = excluded.lat,
              lon = excluded.lon, area = excluded.area, owner_name = excluded.owner_name,
              owner_phone = excluded.owner_phone, owner = excluded.owner, changed_at = excluded.changed_at
            """)
        try db.execute("DELETE FROM key_holder WHERE site = \(site.id)")
        for holder in keyHolders.prefix(20) {
            try db.execute(
                """
                INSERT INTO key_holder (id, site, name, phone, place)
                VALUES (\(holder.id), \(site.id), \(holder.name), \(holder.phone), \(holder.rank))
                """)
        }
        try publish(site.id, area: site.area, in: db)
    }

    /// Tells screens that a site changed; whoever may read it fetches it.
    private static func publish(_ id: SiteID, area: AreaID?, in db: any Writing) throws {
        try db.publish(
            NewEvent(
                type: "site.changed", subject: "sites/\(id)", permission: Permission.siteRead.name,
                area: area?.rawValue, data: "{\"siteId\":\"\(id)\"}"))
    }

    static func setMaintenance(_ id: SiteID, until: Instant?, note: String, in db: any Writing) throws {
        try db.execute(
            "UPDATE site SET maintenance_until = \(until), maintenance_note = \(note) WHERE id = \(id)")
    }

    static func setPlan(_ id: SiteID, name: String, in db: any Writing) throws {
        try db.execute("UPDATE site SET plan = \(name) WHERE id = \(id)")
    }
}

/// Which sites a list shows.
struct SiteFilter: Sendable {
    /// Only those after this one (the next page).
    var after: SiteID?
    /// Only those within these degrees.
    var box: GeoBox?
    /// Only those in these areas.
    var areas: [AreaID]?
    /// Only those of this owner.
    var owner: StaffID?
    /// Only those whose name or address begins with this.
    var text: String?
    /// Only those in this state.
    var state: SiteHealth.State?

    fileprivate var sql: SQL {
        var conditions: [SQL] = ["1 = 1"]
        if let after { conditions.append("id > \(after)") }
        if let box {
            conditions.append(
                "lat BETWEEN \(box.south) AND \(box.north) AND lon BETWEEN \(box.west) AND \(box.east)")
        }
        if let areas { conditions.append("area IN \(list: areas)") }
        if let owner { conditions.append("owner = \(owner)") }
        if let state { conditions.append(Self.condition(state)) }
        if let text {
            let pattern = "%" + text.filter { $0 != "%" && $0 != "_" && $0 != "\\" } + "%"
            conditions.append("(name LIKE \(pattern) OR address LIKE \(pattern))")
        }
        return SQL.joined(conditions, by: " AND ")
    }

    private static func condition(_ state: SiteHealth.State) -> SQL {
        switch state {
        case .fire:
            "EXISTS (SELECT 1 FROM alarm WHERE alarm.site = site.id AND alarm.state <> 'cleared')"
        case .fault:
            "EXISTS (SELECT 1 FROM detector WHERE detector.site = site.id AND (faulty = 1 OR battery_low = 1))"
        case .offline: "EXISTS (SELECT 1 FROM detector WHERE detector.site = site.id AND offline = 1)"
        case .maintenance: "maintenance_until > \(Instant.now)"
        case .normal:
            """
            NOT EXISTS (SELECT 1 FROM alarm WHERE alarm.site = site.id AND alarm.state <> 'cleared')
            AND NOT EXISTS (SELECT 1 FROM detector WHERE detector.site = site.id
              AND (faulty = 1 OR battery_low = 1 OR offline = 1))
            """
        }
    }
}

/// A rectangle of degrees that does not cross the date line.
struct GeoBox: Sendable, Equatable {
    var west, south, east, north: Double

    /// Reads `west,south,east,north`.
    init?(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard text.utf8.count <= 100, parts.count == 4, let west = Double(parts[0]), let south = Double(parts[1]),
            let east = Double(parts[2]), let north = Double(parts[3]),
            GeoPoint(lat: south, lon: west) != nil, GeoPoint(lat: north, lon: east) != nil, west <= east,
            south <= north
        else { return nil }
        (self.west, self.south, self.east, self.north) = (west, south, east, north)
    }
}

extension Site: RowDecodable {
    static let columns = """
        id, name, address, lat, lon, area, owner_name, owner_phone, owner, maintenance_until, maintenance_note, plan
        """

    /// Reads the columns of a site.
    public init(row: inout Row) throws {
        id = try row.next()
        name = try row.next()
        address = try row.next()
        let lat = try row.next(Double?.self)
        let lon = try row.next(Double?.self)
        if let lat, let lon { point = GeoPoint(lat: lat, lon: lon) } else { point = nil }
        area = try row.next()
        ownerName = try row.next()
        ownerPhone = try row.next()
        owner = try row.next()
        maintenanceUntil = try row.next()
        maintenanceNote = try row.next()
        plan = try row.next()
    }
}

extension KeyHolder: RowDecodable {
    /// Reads `id, name, phone, place`.
    public init(row: inout Row) throws {
        id = try row.next()
        name = try row.next()
        phone = try row.next()
        rank = try row.next()
    }
}
