import Kernel
import Storage

/// The work that detectors share which fall silent together.
struct SharedSilence: RowDecodable {
    /// The gateway behind which they are.
    var gateway: GatewayID
    /// Where they are; `nil` for the work of a whole gateway.
    var site: SiteID?
    var caseID: CaseID
    /// When the last of them fell silent.
    var lastAt: Instant
    /// How many have, and how many had when the case was last told.
    var devices: Int64
    var told: Int64

    init(gateway: GatewayID, site: SiteID?, caseID: CaseID, lastAt: Instant, devices: Int64) {
        self.gateway = gateway
        self.site = site
        self.caseID = caseID
        self.lastAt = lastAt
        self.devices = devices
        told = devices
    }

    init(row: inout Row) throws {
        gateway = try row.next()
        let site = try row.next(Int64.self)
        self.site = site == 0 ? nil : SiteID(rawValue: site)
        caseID = try row.next()
        lastAt = try row.next()
        devices = try row.next()
        told = try row.next()
    }
}

/// A detector that may be silent, with what decides it.
struct QuietDetector: RowDecodable {
    var id: DetectorID
    var site: SiteID
    var gateway: GatewayID
    var address: String
    var place: String
    var lastSeen: Instant?
    var isOffline: Bool
    var isGatewayOffline: Bool

    init(row: inout Row) throws {
        id = try row.next()
        site = try row.next()
        gateway = try row.next()
        address = try row.next()
        place = try row.next()
        lastSeen = try row.next()
        isOffline = try row.next()
        isGatewayOffline = try row.next()
    }
}

/// The table of shared work, and what many silences read and write at once.
enum SilenceStore {
    static func find(_ gateway: GatewayID, _ site: SiteID?, in db: any Reading) throws -> SharedSilence? {
        try db.first(
            SharedSilence.self,
            """
            SELECT gateway, site, case_id, last_at, devices, told FROM silence
            WHERE gateway = \(gateway) AND site = \(site?.rawValue ?? 0)
            """)
    }

    static func save(_ silence: SharedSilence, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO silence (gateway, site, case_id, last_at, devices, told)
            VALUES (\(silence.gateway), \(silence.site?.rawValue ?? 0), \(silence.caseID), \(silence.lastAt),
              \(silence.devices), \(silence.told))
            ON CONFLICT (gateway, site) DO UPDATE SET case_id = excluded.case_id, last_at = excluded.last_at,
              devices = excluded.devices, told = excluded.told
            """)
    }

    /// Sites behind a gateway with work since `moment`, counted no further than `limit`.
    static func sites(behind gateway: GatewayID, since moment: Instant, limit: Int64, in db: any Reading) throws -> Int
    {
        try db.values(
            Int64.self,
            """
            SELECT site FROM silence WHERE gateway = \(gateway) AND site > 0 AND last_at >= \(moment) LIMIT \(limit)
            """
        ).count
    }

    static func quiet(_ ids: [DetectorID], in db: any Reading) throws -> [QuietDetector] {
        try ids.pieces.flatMap { ids in
            try db.all(
                QuietDetector.self,
                """
                SELECT detector.id, detector.site, detector.gateway, detector.address, detector.place, detector.last_seen,
                  detector.offline, gateway.offline
                FROM detector JOIN gateway ON gateway.id = detector.gateway WHERE detector.id IN \(list: ids)
                """)
        }
    }

    /// Opens the trouble of each and marks it.
    static func mark(
        _ detectors: [QuietDetector], firstTrouble: ID<Trouble>, caseID: CaseID, at now: Instant, in db: any Writing
    ) throws {
        let rows: [[SQLValue]] = detectors.enumerated().map { index, detector in
            let id = index == 0 ? firstTrouble : ID<Trouble>.next()
            return [
                id.sqlValue, Trouble.Kind.offline.sqlValue, detector.id.sqlValue, detector.site.sqlValue,
                Thing.detector(detector.id).subject.sqlValue, now.sqlValue, caseID.sqlValue,
            ]
        }
        for rows in rows.pieces {
            try db.execute(
                """
                INSERT INTO trouble (id, kind, detector, site, thing, since, case_id) VALUES \(rows: rows)
                ON CONFLICT (thing, kind) WHERE ended_at IS NULL DO NOTHING
                """)
        }
        for ids in detectors.map(\.id).pieces {
            try db.execute("UPDATE detector SET offline = 1 WHERE id IN \(list: ids)")
        }
    }

    /// The open silences of detectors.
    static func open(_ ids: [DetectorID], in db: any Reading) throws -> [Trouble] {
        try ids.map { Thing.detector($0).subject }.pieces.flatMap { things in
            try db.all(
                Trouble.self,
                """
                SELECT \(raw: Trouble.columns) FROM trouble WHERE kind = \(Trouble.Kind.offline) AND ended_at IS NULL
                  AND thing IN \(list: things)
                """)
        }
    }

    /// Ends the silence of detectors.
    static func end(_ troubles: [Trouble], at now: Instant, in db: any Writing) throws {
        for ids in troubles.map(\.id).pieces {
            try db.execute("UPDATE trouble SET ended_at = \(now) WHERE id IN \(list: ids)")
        }
        for ids in troubles.compactMap(\.detector).pieces {
            try db.execute("UPDATE detector SET offline = 0 WHERE id IN \(list: ids)")
        }
    }
}

extension Array {
    /// The array in pieces of few sizes: both engines keep a prepared statement for each length of a list.
    var pieces: [[Element]] {
        var pieces: [[Element]] = []
        var start = 0
        for size in [64, 8, 1] {
            while count - start >= size {
                pieces.append(Array(self[start..<start + size]))
                start += size
            }
        }
        return pieces
    }
}
