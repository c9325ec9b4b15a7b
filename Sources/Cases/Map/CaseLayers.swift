import Geo
import Kernel
import Places
import Storage
import Web

extension CasesRoom {
    /// Cases, citizens' reports and the units that are on their way or there, on the town's map.
    public static func mapLayers(areas: AreaIndex) -> [any MapLayer] {
        [
            CaseLayer(areas: areas, name: "reports", kinds: "kind = 'report'"),
            CaseLayer(areas: areas, name: "cases", kinds: "kind <> 'report'"), UnitLayer(areas: areas),
        ]
    }

    /// Gives open cases the area they lie in when borders move; those that are closed keep the one they were closed in.
    public static var areaFollower: AreaFollower {
        AreaFollower(name: "cases") { change, db in
            var found: [(CaseID, GeoPoint, AreaID?)] = []
            try db.query(
                """
                SELECT id, lat, lon, area FROM case_record WHERE is_open = 1 AND \(MapWindow(box: change.box).placeSQL)
                LIMIT 100000
                """
            ) { row in
                let id = try row.next(CaseID.self)
                if let point = GeoPoint(lat: try row.next(), lon: try row.next()) {
                    found.append((id, point, try row.next()))
                }
                return true
            }
            var moved = try change.handOn("case_record", where: "is_open = 1", in: db)
            for (id, point, old) in found {
                let new = change.areas.area(at: point)
                guard new != old else { continue }
                try db.execute("UPDATE case_record SET area = \(new) WHERE id = \(id)")
                moved += 1
            }
            return moved
        }
    }
}

extension AreaIndex {
    /// What somebody sees who answers for some areas: things there, and those whose place is not known.
    fileprivate func condition(_ caller: Caller, column: String) -> SQL {
        guard let areas = caller.areas else { return "1 = 1" }
        return "(\(raw: column) IS NULL OR \(raw: column) IN \(list: map.reach(areas)))"
    }
}

private struct CaseLayer: MapLayer {
    let areas: AreaIndex
    let name: String
    let kinds: SQL
    let permission = Permission.caseRead
    let changes = ["case.", "area."]
    let hasPast = true

    func policy(for caller: Caller) -> String { caller.areaPolicy }

    func marks(in window: MapWindow, for caller: Caller, in db: any Reading) throws -> [MapMark] {
        var time: [SQL] = []
        if let from = window.from { time.append("opened_at >= \(from)") }
        if let to = window.to { time.append("opened_at < \(to)") }
        if time.isEmpty { time.append("is_open = 1") }
        return try db.all(
            CaseRecord.self,
            """
            SELECT \(raw: CaseRecord.columns) FROM case_record WHERE \(SQL.joined(time, by: " AND "))
              AND \(kinds) AND \(window.placeSQL) AND \(areas.condition(caller, column: "area"))
            ORDER BY id DESC LIMIT \(window.limit)
            """
        ).compactMap { record in
            record.point.map { point in
                MapMark(
                    subject: "cases/\(record.id)", point: point, kind: record.kind.rawValue,
                    state: record.phase.rawValue, label: record.title, at: record.openedAt, href: "/cases/\(record.id)")
            }
        }
    }
}

private struct UnitLayer: MapLayer {
    let areas: AreaIndex
    let name = "units"
    let permission = Permission.caseRead
    let changes = ["task.", "unit.", "case."]
    let hasPast = false

    func policy(for caller: Caller) -> String { caller.areaPolicy }

    /// A unit is where its task is: nobody is followed on the way.
    func marks(in window: MapWindow, for caller: Caller, in db: any Reading) throws -> [MapMark] {
        var marks: [MapMark] = []
        try db.query(
            """
            SELECT u.id, u.name, u.kind, t.state, c.id, c.lat, c.lon
            FROM task t JOIN unit u ON u.id = t.unit JOIN case_record c ON c.id = t.case_id
            WHERE t.state IN ('accepted', 'onTheWay', 'arrived') AND c.is_open = 1
              AND c.lat BETWEEN \(window.box.south) AND \(window.box.north)
              AND c.lon BETWEEN \(window.box.west) AND \(window.box.east)
              AND \(areas.condition(caller, column: "c.area")) ORDER BY t.id LIMIT \(window.limit)
            """
        ) { row in
            let (id, label) = (try row.next(UnitID.self), try row.next(String.self))
            let (kind, state) = (try row.next(String.self), try row.next(String.self))
            let caseID = try row.next(CaseID.self)
            guard let point = GeoPoint(lat: try row.next(), lon: try row.next()) else { return true }
            marks.append(
                MapMark(
                    subject: "units/\(id)", point: point, kind: kind, state: state, label: label,
                    href: "/cases/\(caseID)"))
            return true
        }
        return marks
    }
}
