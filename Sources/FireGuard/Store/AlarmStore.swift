import Foundation
import Kernel
import Storage

/// The alarms' table.
enum AlarmStore {
    /// The alarm of that number.
    static func find(_ id: AlarmID, in db: any Reading) throws -> Alarm? {
        try db.first(Alarm.self, "SELECT \(raw: Alarm.columns) FROM alarm WHERE id = \(id)")
    }

    /// Alarms that are not cleared and meet `filter`, or all that meet it, newest first.
    static func list(_ filter: AlarmFilter, limit: Int, in db: any Reading) throws -> [Alarm] {
        try db.all(
            Alarm.self, "SELECT \(raw: Alarm.columns) FROM alarm WHERE \(filter.sql) ORDER BY id DESC LIMIT \(limit)")
    }

    /// Alarms whose case it is.
    static func ofCase(_ id: CaseID, in db: any Reading) throws -> [Alarm] {
        try db.all(Alarm.self, "SELECT \(raw: Alarm.columns) FROM alarm WHERE case_id = \(id) ORDER BY id LIMIT 200")
    }

    static func insert(_ alarm: Alarm, peer: String, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO alarm (id, detector, gateway, site, area, source_key, peer, scope, kind, place, state, verdict,
              severity, marked_test, in_maintenance, raised_at, last_signal_at, device_time, repeats, restored_at,
              acknowledged_at, acknowledged_by, verified_at, verified_by, second_source, note, cleared_at, case_id,
              reasons)
            VALUES (\(alarm.id), \(alarm.detector), \(alarm.gateway), \(alarm.site), \(alarm.area), \(alarm.sourceKey),
              \(peer), \(alarm.scope), \(alarm.kind), \(alarm.place), \(alarm.state), \(alarm.verdict),
              \(alarm.severity), \(alarm.isMarkedTest), \(alarm.inMaintenance), \(alarm.raisedAt),
              \(alarm.lastSignalAt), \(alarm.deviceTime), \(alarm.repeats), \(alarm.restoredAt),
              \(alarm.acknowledgedAt), \(alarm.acknowledgedBy), \(alarm.verifiedAt), \(alarm.verifiedBy),
              \(alarm.secondSource), \(alarm.note), \(alarm.clearedAt), \(alarm.caseID), \(Reason.text(alarm.reasons)))
            """)
    }

    /// Writes back what a person's move may change.
    static func update(_ alarm: Alarm, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE alarm SET state = \(alarm.state), verdict = \(alarm.verdict), severity = \(alarm.severity),
              acknowledged_at = \(alarm.acknowledgedAt), acknowledged_by = \(alarm.acknowledgedBy),
              verified_at = \(alarm.verifiedAt), verified_by = \(alarm.verifiedBy),
              second_source = \(alarm.secondSource), note = \(alarm.note), cleared_at = \(alarm.clearedAt),
              in_maintenance = \(alarm.inMaintenance), case_id = \(alarm.caseID),
              reasons = \(Reason.text(alarm.reasons))
            WHERE id = \(alarm.id)
            """)
    }

    static func countRepeat(_ id: AlarmID, at now: Instant, in db: any Writing) throws {
        try db.execute(
            "UPDATE alarm SET repeats = repeats + 1, last_signal_at = \(now), restored_at = NULL WHERE id = \(id)")
    }

    /// Notes the return to normal of one source, or of everything behind a gateway.
    /// - Returns: the alarms that it concerns, at most 200.
    static func restore(
        _ range: RestoreRange, at now: Instant, in db: any Writing
    ) throws -> [(id: AlarmID, site: SiteID?)] {
        let condition: SQL =
            switch range {
            case .source(let key): "source_key = \(key)"
            case .gateway(let id): "gateway = \(id)"
            }
        var found: [(AlarmID, SiteID?)] = []
        try db.query(
            """
            SELECT id, site FROM alarm WHERE \(condition) AND state <> 'cleared' AND restored_at IS NULL
            ORDER BY id DESC LIMIT 200
            """
        ) { row in
            found.append((try row.next(), try row.next()))
            return true
        }
        guard !found.isEmpty else { return [] }
        try db.execute("UPDATE alarm SET restored_at = \(now) WHERE id IN \(list: found.map(\.0))")
        return found
    }

    /// Whether an open alarm of a source still waits for its device's return to normal.
    static func isWaitingForRestore(_ key: String, in db: any Reading) throws -> Bool {
        try db.value(
            Int64.self,
            "SELECT id FROM alarm WHERE source_key = \(key) AND state <> 'cleared' AND restored_at IS NULL LIMIT 1")
            != nil
    }

    /// The newest alarm of a source, as the rules look at it.
    static func newest(ofSource key: String, desk: any Desk, in db: any Reading) throws -> AlarmRules.Known? {
        try known("source_key = \(key)", limit: 1, desk: desk, in: db).first
    }

    /// Alarms of a site that are not cleared, newest first.
    static func openAt(_ site: SiteID, desk: any Desk, in db: any Reading) throws -> [AlarmRules.Known] {
        try known("site = \(site) AND state <> 'cleared'", limit: 50, desk: desk, in: db)
    }

    /// Alarms behind a gateway that are not cleared, newest first.
    static func openBehind(_ gateway: GatewayID, desk: any Desk, in db: any Reading) throws -> [AlarmRules.Known] {
        try known("gateway = \(gateway) AND state <> 'cleared'", limit: 50, desk: desk, in: db)
    }

    /// How many alarms meet `condition` since `from`, counted to 50.
    static func count(_ condition: SQL, since from: Instant, in db: any Reading) throws -> Int {
        try db.values(Int64.self, "SELECT id FROM alarm WHERE \(condition) AND raised_at >= \(from) LIMIT 50").count
    }

    /// Open alarms of unregistered places: from one far end and in all, counted to `limit`.
    static func unknown(peer: String, limit: Int, in db: any Reading) throws -> (fromPeer: Int, inAll: Int) {
        let open: SQL = "site IS NULL AND state <> 'cleared'"
        let fromPeer = try db.values(
            Int64.self, "SELECT id FROM alarm WHERE peer = \(peer) AND \(open) LIMIT \(limit)")
        let inAll = try db.values(Int64.self, "SELECT id FROM alarm WHERE \(open) LIMIT \(limit)")
        return (fromPeer.count, inAll.count)
    }

    /// Alarms raised during works that have ended, which nobody has answered and whose device is still in alarm.
    static func leftOverFromWorks(at now: Instant, in db: any Reading) throws -> [AlarmID] {
        try db.values(
            AlarmID.self,
            """
            SELECT alarm.id FROM alarm JOIN site ON site.id = alarm.site
            WHERE alarm.in_maintenance = 1 AND alarm.state = 'raised' AND alarm.restored_at IS NULL
              AND (site.maintenance_until IS NULL OR site.maintenance_until <= \(now))
            ORDER BY alarm.id LIMIT 200
            """)
    }

    private static func known(
        _ condition: SQL, limit: Int, desk: any Desk, in db: any Reading
    ) throws -> [AlarmRules.Known] {
        var rows: [(AlarmRules.Known, CaseID?)] = []
        try db.query(
            """
            SELECT id, source_key, gateway, scope, state, verdict, severity, last_signal_at, restored_at, verified_at,
              cleared_at, in_maintenance, case_id
            FROM alarm WHERE \(condition) ORDER BY id DESC LIMIT \(limit)
            """
        ) { row in
            let id = try row.next(AlarmID.self)
            let sourceKey = try row.next(String.self)
            let gateway = try row.next(GatewayID?.self)
            let scope = try row.next(FireSignal.Scope.self)
            let state = try row.next(Alarm.State.self)
            let verdict = try row.next(Alarm.Verdict?.self)
            let severity = try row.next(Int.self)
            let lastSignalAt = try row.next(Instant.self)
            let restoredAt = try row.next(Instant?.self)
            let verifiedAt = try row.next(Instant?.self)
            let clearedAt = try row.next(Instant?.self)
            let inMaintenance = try row.next(Bool.self)
            let known = AlarmRules.Known(
                id: id, sourceKey: sourceKey, gateway: gateway, scope: scope, state: state, verdict: verdict,
                severity: severity, lastSignalAt: lastSignalAt, restoredAt: restoredAt,
                settledAt: clearedAt ?? verifiedAt, inMaintenance: inMaintenance, openCase: nil)
            rows.append((known, try row.next()))
            return true
        }
        // Alarms of one site mostly share one case: each is asked about once.
        var isOpen: [CaseID: Bool] = [:]
        return try rows.map { known, caseID in
            guard let caseID else { return known }
            let open = try isOpen[caseID] ?? desk.isOpen(caseID, in: db)
            isOpen[caseID] = open
            var result = known
            result.openCase = open ? caseID : nil
            return result
        }
    }
}

/// What came back to normal.
enum RestoreRange {
    /// One source.
    case source(String)
    /// Everything behind a gateway.
    case gateway(GatewayID)
}

/// Which alarms a list shows.
struct AlarmFilter: Sendable {
    /// Only those of this site.
    var site: SiteID?
    /// Only those in this state.
    var state: Alarm.State?
    /// Only those that turned out to be this.
    var verdict: Alarm.Verdict?
    /// Only those of this kind of detector.
    var kind: DetectorKind?
    /// Part of the place or the site's name.
    var text: String?
    /// Only those that are not cleared.
    var openOnly = false
    /// Only those raised at or after this moment.
    var from: Instant?
    /// Only those raised before this moment.
    var to: Instant?
    /// Only those older than this one (the next page).
    var before: AlarmID?
    /// Only those in these areas.
    var areas: [AreaID]?
    /// Only those of this owner's sites.
    var owner: StaffID?

    fileprivate var sql: SQL {
        var conditions: [SQL] = ["1 = 1"]
        if let site { conditions.append("site = \(site)") }
        if let state { conditions.append("state = \(state)") }
        if let verdict { conditions.append("verdict = \(verdict)") }
        if openOnly { conditions.append("state <> 'cleared'") }
        if let kind { conditions.append("kind = \(kind)") }
        if let text {
            let pattern = "%" + text.filter { $0 != "%" && $0 != "_" && $0 != "\\" } + "%"
            conditions.append("(place LIKE \(pattern) OR site IN (SELECT id FROM site WHERE name LIKE \(pattern)))")
        }
        if let from { conditions.append("raised_at >= \(from)") }
        if let to { conditions.append("raised_at < \(to)") }
        if let before { conditions.append("id < \(before)") }
        // A fire at an unknown place concerns everybody: it may be in any area.
        if let areas { conditions.append("(area IN \(list: areas) OR area IS NULL)") }
        if let owner { conditions.append("site IN (SELECT id FROM site WHERE owner = \(owner))") }
        return SQL.joined(conditions, by: " AND ")
    }
}

extension Alarm: RowDecodable {
    static let columns = """
        id, detector, gateway, site, area, source_key, scope, kind, place, state, verdict, severity, marked_test, \
        in_maintenance, raised_at, last_signal_at, device_time, repeats, restored_at, acknowledged_at, \
        acknowledged_by, verified_at, verified_by, second_source, note, cleared_at, case_id, reasons
        """

    /// Reads the columns of an alarm.
    public init(row: inout Row) throws {
        id = try row.next()
        detector = try row.next()
        gateway = try row.next()
        site = try row.next()
        area = try row.next()
        sourceKey = try row.next()
        scope = try row.next()
        kind = try row.next()
        place = try row.next()
        state = try row.next()
        verdict = try row.next()
        severity = try row.next()
        isMarkedTest = try row.next()
        inMaintenance = try row.next()
        raisedAt = try row.next()
        lastSignalAt = try row.next()
        deviceTime = try row.next()
        repeats = try row.next()
        restoredAt = try row.next()
        acknowledgedAt = try row.next()
        acknowledgedBy = try row.next()
        verifiedAt = try row.next()
        verifiedBy = try row.next()
        secondSource = try row.next()
        note = try row.next()
        clearedAt = try row.next()
        caseID = try row.next()
        reasons = Reason.list(try row.next())
    }
}

extension FireSignal.Scope: SQLConvertible {}
extension FireSignal.Kind: SQLConvertible {}

extension Reason {
    /// The stored form.
    static func text(_ reasons: [Reason]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(reasons) else { return "[]" }
        return String(decoding: data, as: UTF8.self)
    }

    /// Reads the stored form.
    static func list(_ text: String) -> [Reason] {
        (try? JSONDecoder().decode([Reason].self, from: Data(text.utf8))) ?? []
    }
}
