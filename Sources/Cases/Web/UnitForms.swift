import Identity
import Kernel
import Office
import Storage
import Web

/// A unit as somebody wants it.
private struct UnitWish: Decodable, Sendable {
    var name: String
    /// `brigade`, `patrol`, `grid`.
    var kind: String
    var phone: String?
    /// Whose phone page shows its tasks.
    var members: [StaffID]?
    var offDuty: Bool?
}

/// `/units/new` and `/units/{id}`: who goes out, and who belongs to it.
extension CasesRoom {
    private static var kinds: [String] { unitKinds }
    private static let roles: [Role] = [.brigade, .patrol, .grid, .officer]

    func unitFormRoutes(_ routes: inout Routes) {
        let takes = Shape.object(
            [
                "name": .text, "kind": .oneOf(Self.kinds), "phone": .text, "members": .list(.id), "offDuty": .flag,
            ], required: ["name", "kind"])
        routes.get("/units/new", .needs(.unitManage), "The form for a new unit") { call in
            try await unitPage(call, nil, values: ["kind": "brigade"], members: [])
        }
        routes.post("/units/new", .needs(.unitManage), "Make a unit") { call in try await saveUnitForm(call, nil) }
        routes.get("/units/{id}", .needs(.unitManage), "A unit's form") { call in
            let id: UnitID = try call.id()
            let found = try await database.read { db in
                (try UnitStore.find(id, in: db), try UnitStore.members(of: id, in: db))
            }
            guard let unit = found.0 else { throw Problem.notFound }
            return try await unitPage(
                call, unit, values: ["name": unit.name, "kind": unit.kind, "phone": unit.phone], members: found.1)
        }
        routes.post("/units/{id}", .needs(.unitManage), "Change a unit") { call in
            try await saveUnitForm(call, try call.id())
        }
        routes.post("/api/v1/units", .needs(.unitManage), "Makes a unit", shapes: Shapes(takes: takes)) { call in
            let id = try await saveUnit(try call.json(), as: nil, call)
            return try .json(["id": id.description], status: 201)
        }
        routes.put("/api/v1/units/{id}", .needs(.unitManage), "Changes a unit", shapes: Shapes(takes: takes)) { call in
            let id = try await saveUnit(try call.json(), as: try call.id(), call)
            return try .json(["id": id.description])
        }
        routes.get("/units.xlsx", .needs(.caseRead), "Units and what they do now, as a workbook") { call in
            let filter = unitFilter(call)
            let columns = ["cases.units.name", "cases.kind", "cases.units.phone", "cases.state", "cases.units.tasks"]
            let book = try Workbook(sheet: "Zhili", columns: columns.map { (call.word($0), 24) })
            try await book.addPages { (last: UnitStatus?) in
                var filter = filter
                if let last { filter.after = last.unit.id }
                let page = filter
                return try await database.read { db in try UnitStore.list(page, limit: 500, in: db) }
            } cells: { item in
                [
                    .text(item.unit.name), .text(call.word("cases.unitKind.\(item.unit.kind)")),
                    .text(item.unit.phone), .text(call.word("cases.unitState.\(item.state.rawValue)")),
                    .number(Double(item.tasks.count)),
                ]
            }
            return .bytes(try book.bytes(), type: Workbook.type, name: call.word("cases.nav.units") + ".xlsx")
        }
    }

    private func unitPage(
        _ call: Call, _ known: Unit?, values: [String: String], members: [StaffID], errors: [String: String] = [:]
    ) async throws -> Answer {
        let people = try await database.read { db in
            try Self.roles.flatMap { try StaffDirectory.onDuty(role: $0, area: nil, in: db) }
        }
        var seen: Set<StaffID> = []
        return try call.page(
            "unit-edit", title: known?.name ?? call.word("cases.units.new"),
            [
                "action": known.map { "/units/\($0.id)" } ?? "/units/new", "values": values,
                "kinds": Self.kinds.map { kind -> [String: Any] in
                    ["value": kind, "label": call.word("cases.unitKind.\(kind)"), "selected": values["kind"] == kind]
                },
                "people": people.filter { seen.insert($0.id).inserted }.map { person -> [String: Any] in
                    ["value": person.id.description, "label": person.name, "checked": members.contains(person.id)]
                },
                "errors": errors.mapValues { call.word("problem.field.\($0)") },
            ], status: errors.isEmpty ? 200 : 422)
    }

    private func saveUnitForm(_ call: Call, _ id: UnitID?) async throws -> Answer {
        let form = call.form
        let known = try await database.read { db in try id.flatMap { try UnitStore.find($0, in: db) } }
        let members = form.all("members").compactMap(StaffID.init)
        let wish = UnitWish(
            name: form["name"] ?? "", kind: form["kind"] ?? "", phone: form["phone"], members: members, offDuty: nil)
        do {
            _ = try await saveUnit(wish, as: id, call)
        } catch let problem as Problem where problem.status == 422 {
            return try await unitPage(call, known, values: form.values, members: members, errors: problem.fields)
        }
        return .redirect(to: "/units?done=saved")
    }

    private func saveUnit(_ wish: UnitWish, as id: UnitID?, _ call: Call) async throws -> UnitID {
        let caller = try call.signedIn()
        var check = FieldCheck()
        let name = check.text(wish.name, "name", 1...60)
        check.expect(Self.kinds.contains(wish.kind), "kind", "unknown")
        let phone = check.text(wish.phone, "phone", 0...20)
        check.expect(phone.allSatisfy { $0.isNumber || "+- ".contains($0) }, "phone", "invalid")
        check.expect((wish.members ?? []).count <= 200, "members", "too-many")
        try check.finish()
        return try await call.once { [audit] db in
            let before = try id.flatMap { try UnitStore.find($0, in: db) }
            if id != nil, before == nil { throw Problem.notFound }
            let unit = Unit(
                id: id ?? .next(), name: name, kind: wish.kind, phone: phone,
                isOffDuty: wish.offDuty ?? before?.isOffDuty ?? false)
            let members = try wish.members ?? (id.map { try UnitStore.members(of: $0, in: db) } ?? [])
            guard try StaffDirectory.names(of: members, in: db).count == Set(members).count else {
                throw Problem.invalid(["members": "unknown"])
            }
            try UnitStore.save(unit, members: members, in: db)
            try audit?.record(
                AuditEntry(
                    at: .now, actor: caller.id, actorName: caller.name,
                    action: before == nil ? "unit.add" : "unit.change",
                    subject: "units/\(unit.id)"), in: db)
            try db.publish(
                NewEvent(
                    type: "unit.changed", subject: "units/\(unit.id)", permission: Permission.caseRead.name,
                    data: "{\"subject\":\"units/\(unit.id)\"}"))
            return unit.id
        }
    }
}
