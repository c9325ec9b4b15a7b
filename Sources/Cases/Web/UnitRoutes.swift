import Identity
import Kernel
import Storage
import Web

/// A unit as the desk shows it.
struct UnitView: Encodable {
    var id: UnitID
    var name: String
    var kind: String
    var phone: String
    var state: String

    init(_ status: UnitStatus) {
        id = status.unit.id
        name = status.unit.name
        kind = status.unit.kind
        phone = status.unit.phone
        state = status.state.rawValue
    }
}

extension CasesRoom {
    func unitRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/units", .needs(.caseRead), "Units and what they do now",
            shapes: Shapes(query: [
                ("kind", "brigade, patrol or grid"), ("state", "one state"), ("q", "part of the name"),
                ("after", "the last id seen"), ("limit", "1…500"),
            ])
        ) { call in
            let (filter, limit) = (unitFilter(call), call.limit)
            let units = try await database.read { db in try UnitStore.list(filter, limit: limit + 1, in: db) }
            return try .list(
                units.prefix(limit).map(UnitView.init), next: nextUnits(call, "/api/v1/units", units, limit))
        }
        routes.get("/units", .needs(.caseRead), "Units and what they do now") { call in
            let canManage = try call.signedIn().may(.unitManage)
            let (filter, limit) = (unitFilter(call), call.limit)
            let (units, context) = try await database.read { db in
                let units = try UnitStore.list(filter, limit: limit + 1, in: db)
                let members = try db.all(
                    Member.self,
                    """
                    SELECT unit, staff FROM unit_member WHERE unit IN \(list: units.map(\.unit.id.rawValue))
                    ORDER BY unit, staff
                    """)
                let names = try StaffDirectory.names(of: members.map(\.staff), in: db)
                let byUnit = Dictionary(grouping: members, by: \.unit)
                return (
                    units,
                    units.prefix(limit).map { status in
                        UnitContext(
                            status: status, members: (byUnit[status.unit.id] ?? []).compactMap { names[$0.staff] })
                    }
                )
            }
            var shown: [String: Any] =
                [
                    "canManage": canManage, "values": ["q": filter.text ?? ""],
                    "export": "/units.xlsx?" + call.kept(["kind", "state", "q"]),
                    "kinds": Self.unitKinds.map { kind -> [String: Any] in
                        ["value": kind, "label": call.word("cases.unitKind.\(kind)"), "selected": filter.kind == kind]
                    },
                    "states": UnitState.allCases.map { state -> [String: Any] in
                        [
                            "value": state.rawValue, "label": call.word("cases.unitState.\(state.rawValue)"),
                            "selected": filter.state == state,
                        ]
                    },
                    "items": context.map { item -> [String: Any] in
                        [
                            "id": item.status.unit.id.description, "name": item.status.unit.name,
                            "kind": call.word("cases.unitKind.\(item.status.unit.kind)"),
                            "phone": item.status.unit.phone,
                            "state": call.word("cases.unitState.\(item.status.state.rawValue)"),
                            "tint": item.status.state == .available
                                ? "ok" : item.status.state == .offDuty ? "" : "warn",
                            "members": item.members.joined(separator: call.language == .zh ? "、" : ", "),
                            "offDuty": item.status.unit.isOffDuty, "tasks": String(item.status.tasks.count),
                        ]
                    },
                ]
            if let next = nextUnits(call, "/units", units, limit) { shown["next"] = next }
            return try call.page("units", title: call.word("cases.nav.units"), shown)
        }
        routes.post("/units/{id}/duty", .needs(.unitManage), "Take a unit on or off duty") { call in
            let id: UnitID = try call.id()
            let off: Int64 = call.form["off"] == "1" ? 1 : 0
            let caller = try call.signedIn()
            try await database.write { [audit] db in
                guard try db.execute("UPDATE unit SET off_duty = \(off) WHERE id = \(id.rawValue)") == 1 else {
                    throw Problem.notFound
                }
                try audit?.record(
                    AuditEntry(
                        at: .now, actor: caller.id, actorName: caller.name, action: "unit.change",
                        subject: "units/\(id)"), in: db)
                try db.publish(
                    NewEvent(
                        type: "unit.changed", subject: "units/\(id)", permission: Permission.caseRead.name,
                        data: "{\"subject\":\"units/\(id)\"}"))
            }
            return .redirect(to: "/units?done=saved")
        }
    }

    /// Kinds of units.
    static let unitKinds = ["brigade", "patrol", "grid"]

    func unitFilter(_ call: Call) -> UnitFilter {
        UnitFilter(
            kind: call.query("kind"), state: call.query("state").flatMap(UnitState.init(rawValue:)),
            text: call.query("q").map { String($0.prefix(60)) }, after: call.query("after").flatMap(UnitID.init))
    }

    private func nextUnits(_ call: Call, _ path: String, _ units: [UnitStatus], _ limit: Int) -> String? {
        guard units.count > limit else { return nil }
        return path + "?"
            + call.kept(["kind", "state", "q", "limit"], and: ("after", units[limit - 1].unit.id.description))
    }

    private struct Member: RowDecodable {
        var unit: UnitID
        var staff: StaffID
        init(row: inout Row) throws {
            unit = UnitID(rawValue: try row.next())
            staff = StaffID(rawValue: try row.next())
        }
    }

    private struct UnitContext: Sendable {
        var status: UnitStatus
        var members: [String]
    }
}
