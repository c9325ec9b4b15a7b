import Kernel
import Storage

/// How a site's detectors are, counted.
struct SiteHealth: Sendable {
    /// The worst of it.
    enum State: String, Codable, Sendable, CaseIterable {
        case fire, fault, offline, maintenance, normal
    }

    var detectors: Int64 = 0
    var faulty: Int64 = 0
    var offline: Int64 = 0
    var openAlarms: Int64 = 0

    func state(isInMaintenance: Bool) -> State {
        if openAlarms > 0 { return .fire }
        if isInMaintenance { return .maintenance }
        if faulty > 0 { return .fault }
        return offline > 0 ? .offline : .normal
    }

    /// The health of many sites in two statements.
    static func of(_ ids: [SiteID], in db: any Reading) throws -> [SiteID: SiteHealth] {
        guard !ids.isEmpty else { return [:] }
        var result: [SiteID: SiteHealth] = [:]
        try db.query(
            """
            SELECT site, COUNT(*), 
              CAST(SUM(CASE WHEN faulty = 1 OR battery_low = 1 THEN 1 ELSE 0 END) AS BIGINT), CAST(SUM(offline) AS BIGINT)
            FROM detector WHERE site IN \(list: ids) GROUP BY site
            """
        ) { row in
            let site: SiteID = try row.next()
            result[site] = SiteHealth(
                detectors: try row.next(), faulty: try row.next(), offline: try row.next(), openAlarms: 0)
            return true
        }
        try db.query(
            "SELECT site, COUNT(*) FROM alarm WHERE site IN \(list: ids) AND state <> 'cleared' GROUP BY site"
        ) { row in
            let site: SiteID = try row.next()
            result[site, default: SiteHealth()].openAlarms = try row.next()
            return true
        }
        return result
    }
}
