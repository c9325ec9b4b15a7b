import Foundation
import Kernel
import Storage

/// A unit and what it does now.
public struct UnitStatus: Sendable {
    /// The unit.
    public var unit: Unit
    /// Where it stands.
    public var state: UnitState
    /// What it has to do.
    public var tasks: [UnitTask]
}

/// Which units a list shows, in the order in which they were made.
struct UnitFilter: Sendable {
    /// `brigade`, `patrol`, `grid`.
    var kind: String?
    /// What it does now.
    var state: UnitState?
    /// Part of the name.
    var text: String?
    /// Only those behind this one.
    var after: UnitID?

    fileprivate var sql: SQL {
        var conditions: [SQL] = ["id > \(after?.rawValue ?? 0)"]
        if let kind { conditions.append("kind = \(kind)") }
        if let text {
            // The signs of LIKE stand for themselves.
            let plain = text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
            conditions.append("name LIKE \("%\(plain)%") ESCAPE '\\'")
        }
        return SQL.joined(conditions, by: " AND ")
    }
}

enum UnitStore {
    /// A page of units. What a unit does follows from its tasks, so a wanted state is picked from what is read.
    static func list(_ filter: UnitFilter, limit: Int, in db: any Reading) throws -> [UnitStatus] {
        var (found, filter) = ([UnitStatus](), filter)
        while true {
            let units = try db.all(
                Unit.self, "SELECT \(raw: Unit.columns) FROM unit WHERE \(filter.sql) ORDER BY id LIMIT 500")
            found += try statuses(units, in: db).filter { filter.state == nil || $0.state == filter.state }
            guard found.count < limit, units.count == 500, let last = units.last else { break }
            filter.after = last.id
        }
        return Array(found.prefix(limit))
    }

    /// The first 500 units.
    static func all(in db: any Reading) throws -> [UnitStatus] { try list(UnitFilter(), limit: 500, in: db) }

    private static func statuses(_ units: [Unit], in db: any Reading) throws -> [UnitStatus] {
        let tasks = try db.all(
            UnitTask.self,
            """
            SELECT \(raw: UnitTask.columns) FROM task
            WHERE state IN ('offered', 'accepted', 'onTheWay', 'arrived') ORDER BY id
            """)
        let byUnit = Dictionary(grouping: tasks, by: \.unit)
        return units.map { unit in
            let own = byUnit[unit.id] ?? []
            return UnitStatus(
                unit: unit, state: UnitState(tasks: own.map(\.state), offDuty: unit.isOffDuty), tasks: own)
        }
    }

    static func find(_ id: UnitID, in db: any Reading) throws -> Unit? {
        try db.first(Unit.self, "SELECT \(raw: Unit.columns) FROM unit WHERE id = \(id.rawValue)")
    }

    static func members(of unit: UnitID, in db: any Reading) throws -> [StaffID] {
        try db.values(Int64.self, "SELECT staff FROM unit_member WHERE unit = \(unit.rawValue) ORDER BY staff")
            .map(StaffID.init(rawValue:))
    }

    static func units(of staff: StaffID, in db: any Reading) throws -> [UnitID] {
        try db.values(Int64.self, "SELECT unit FROM unit_member WHERE staff = \(staff.rawValue)")
            .map(UnitID.init(rawValue:))
    }

    static func save(_ unit: Unit, members: [StaffID], in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO unit (\(raw: Unit.columns)) VALUES (\(unit.id.rawValue), \(unit.name), \(unit.kind),
            \(unit.phone), \(unit.isOffDuty ? 1 : 0 as Int64)) ON CONFLICT (id) DO UPDATE SET
            name = excluded.name, kind = excluded.kind, phone = excluded.phone, off_duty = excluded.off_duty
            """)
        try db.execute("DELETE FROM unit_member WHERE unit = \(unit.id.rawValue)")
        for member in Set(members) {
            try db.execute(
                "INSERT INTO unit_member (unit, staff) VALUES (\(unit.id.rawValue), \(member.rawValue))")
        }
    }

    static func task(_ id: TaskID, in db: any Reading) throws -> UnitTask? {
        try db.first(UnitTask.self, "SELECT \(raw: UnitTask.columns) FROM task WHERE id = \(id.rawValue)")
    }

    static func tasks(of id: CaseID, in db: any Reading) throws -> [UnitTask] {
        try db.all(
            UnitTask.self, "SELECT \(raw: UnitTask.columns) FROM task WHERE case_id = \(id.rawValue) ORDER BY id")
    }

    static func tasks(units: [UnitID], limit: Int, in db: any Reading) throws -> [UnitTask] {
        try db.all(
            UnitTask.self,
            """
            SELECT \(raw: UnitTask.columns) FROM task WHERE unit IN \(list: units.map(\.rawValue))
            ORDER BY id DESC LIMIT \(Int64(limit))
            """)
    }

    static func insert(_ task: UnitTask, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO task (\(raw: UnitTask.columns)) VALUES (\(task.id.rawValue), \(task.caseID.rawValue),
            \(task.unit.rawValue), \(task.state.rawValue), \(task.note), \(task.offeredAt), \(task.changedAt))
            """)
    }

    static func set(_ id: TaskID, _ state: TaskState, at now: Instant, in db: any Writing) throws {
        try db.execute("UPDATE task SET state = \(state.rawValue), changed_at = \(now) WHERE id = \(id.rawValue)")
    }
}
