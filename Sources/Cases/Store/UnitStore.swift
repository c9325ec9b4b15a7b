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

/// Which units a list shows.
struct UnitFilter: Sendable {
    /// `brigade`, `patrol`, `grid`.
    var kind: String?
    /// What it does now.
    var state: UnitState?
    /// Part of the name.
    var text: String?

    func shows(_ status: UnitStatus) -> Bool {
        (kind == nil || status.unit.kind == kind) && (state == nil || status.state == state)
            && (text.map { status.unit.name.localizedStandardContains($0) } ?? true)
    }
}

enum UnitStore {
    static func list(_ filter: UnitFilter, in db: any Reading) throws -> [UnitStatus] {
        try all(in: db).filter(filter.shows)
    }

    static func all(in db: any Reading) throws -> [UnitStatus] {
        let units = try db.all(Unit.self, "SELECT \(raw: Unit.columns) FROM unit ORDER BY id LIMIT 500")
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
