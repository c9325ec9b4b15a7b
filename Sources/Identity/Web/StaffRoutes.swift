import Crypt
import Kernel
import Storage
import Web

struct StaffView: Encodable {
    var id: StaffID
    var username: String
    var name: String
    var phone: String
    var roles: [String]
    var areas: [AreaID]
    var active: Bool
    var mustChangePassword: Bool

    init(_ staff: Staff) {
        id = staff.id
        username = staff.username
        name = staff.name
        phone = maskedPhone(staff.phone)
        roles = staff.roles.map(\.rawValue).sorted()
        areas = staff.areas
        active = staff.isActive
        mustChangePassword = staff.mustChange
    }

    static let shape = Shape.object(
        [
            "id": .id, "username": .text, "name": .text, "phone": .text,
            "roles": .list(.oneOf(Role.allCases.map(\.rawValue))), "areas": .list(.id), "active": .flag,
            "mustChangePassword": .flag,
        ], required: ["id", "username", "name", "roles"])
}

extension IdentityRoom {
    func staffRoutes(_ routes: inout Routes) {
        routes.get("/staff", .needs(.staffRead), "The list of people") { call in
            let people = try await database.read { db in try StaffStore.list(after: 0, limit: 500, in: db) }
            return try call.page(
                "staff-list", title: call.word("identity.staff.title"),
                ["items": people.map { row($0, call) }, "canManage": try call.signedIn().may(.staffManage)])
        }
        routes.get("/staff/new", .needs(.staffManage), "The form for a new person") { call in
            try editPage(call, nil)
        }
        routes.get("/staff/{id}", .needs(.staffManage), "A person's form") { call in
            let id: StaffID = try call.id()
            guard let staff = try await database.read({ db in try StaffStore.find(id, in: db) }) else {
                throw Problem.notFound
            }
            try await database.write { db in
                try audit.record(entry(try call.signedIn(), "staff.read", id), in: db)
            }
            return try editPage(call, staff)
        }
        routes.post("/staff/new", .needs(.staffManage), "Add a person") { call in try await save(call, nil) }
        routes.post("/staff/{id}", .needs(.staffManage), "Change a person") { call in
            try await save(call, try call.id())
        }
        routes.get(
            "/api/v1/staff", .needs(.staffRead), "The list of people, phones masked",
            shapes: Shapes(
                query: [("after", "the last id seen"), ("limit", "1…500")], gives: .page(of: StaffView.shape))
        ) { call in
            let limit = call.limit
            let after = call.query("after").flatMap(StaffID.init)?.rawValue ?? 0
            let people = try await database.read { db in
                try StaffStore.list(after: after, limit: limit + 1, in: db)
            }
            let shown = people.prefix(limit)
            let next = people.count > limit ? shown.last.map { "/api/v1/staff?limit=\(limit)&after=\($0.id)" } : nil
            return try .list(shown.map(StaffView.init), next: next)
        }
        routes.get("/roles", .needs(.staffRead), "What each role may do") { call in
            let rows = permissions().sorted { $0.name < $1.name }.map { permission -> [String: Any] in
                [
                    "name": call.word(ifKnown: "permission.\(permission.name)") ?? permission.name,
                    "code": permission.name,
                    "cells": Role.allCases.map { ["yes": permission.roles.contains($0)] },
                ]
            }
            return try call.page(
                "roles", title: call.word("identity.roles.title"),
                ["roles": Role.allCases.map { call.word("role.\($0.rawValue)") }, "rows": rows])
        }
    }

    private func row(_ staff: Staff, _ call: Call) -> [String: Any] {
        [
            "id": staff.id.description, "username": staff.username, "name": staff.name,
            "phone": maskedPhone(staff.phone), "active": staff.isActive, "mustChange": staff.mustChange,
            "codes": staff.usesCodes,
            "roles": staff.roles.map { call.word("role.\($0.rawValue)") }.sorted(),
        ]
    }

    private func editPage(
        _ call: Call, _ staff: Staff?, values: [String: String]? = nil, errors: [String: String] = [:],
        password: String? = nil
    ) throws -> Answer {
        let roles = values == nil ? staff?.roles ?? [] : Set(call.form.all("roles").compactMap(Role.init(rawValue:)))
        var context: [String: Any] = [
            "action": staff.map { "/staff/\($0.id)" } ?? "/staff/new", "isNew": staff == nil,
            "values": values ?? [
                "username": staff?.username ?? "", "name": staff?.name ?? "", "phone": staff?.phone ?? "",
            ],
            "active": staff?.isActive ?? true,
            "roles": Role.allCases.map { role -> [String: Any] in
                ["value": role.rawValue, "label": call.word("role.\(role.rawValue)"), "checked": roles.contains(role)]
            },
            "errors": errors.mapValues { call.word("problem.field.\($0)") },
        ]
        if let password { context["newPassword"] = password }
        return try call.page(
            "staff-edit", title: staff?.name ?? call.word("identity.staff.new"), context,
            status: errors.isEmpty ? 200 : 422)
    }

    private func save(_ call: Call, _ id: StaffID?) async throws -> Answer {
        let caller = try call.signedIn()
        let form = call.form
        var check = FieldCheck()
        let name = check.text(form["name"], "name", 1...60)
        let phone = check.text(form["phone"], "phone", 0...20)
        check.expect(phone.allSatisfy { $0.isNumber || "+- ".contains($0) }, "phone", "invalid")
        let username = id == nil ? form["username"] ?? "" : nil
        if let username { check.expect(isUsername(username), "username", "username") }
        let roles = Set(form.all("roles").compactMap(Role.init(rawValue:)))
        check.expect(!roles.isEmpty, "roles", "required")
        let active = form["active"] == "1" || id == nil
        check.expect(active || id != caller.id, "active", "not-yourself")
        check.expect(roles.contains(.admin) || id != caller.id, "roles", "not-yourself")
        let reset = id == nil || form["reset"] == "1"
        let password = try Secret.password()
        let hash = reset ? try await sessions.hasher.hash(password) : nil
        let old = try await id.asyncRead(database)
        if id != nil, old == nil { throw Problem.notFound }
        guard check.errors.isEmpty else { return try editPage(call, old, values: form.values, errors: check.errors) }
        let saved: Staff? = try await database.write { db in
            if let username, try StaffStore.find(username: username, in: db) != nil { return nil }
            var staff: Staff
            if let id {
                guard let found = try StaffStore.find(id, in: db) else { throw Problem.notFound }
                staff = found
            } else {
                staff = Staff(
                    username: username ?? "", name: name, phone: phone, roles: roles, areas: [], password: "",
                    mustChange: true, at: .now)
            }
            staff.name = name
            staff.phone = phone
            staff.roles = roles
            staff.isActive = active
            if let hash {
                staff.password = hash
                staff.mustChange = true
                try SessionStore.endAll(of: staff.id, in: db)
            }
            if !active { try SessionStore.endAll(of: staff.id, in: db) }
            if id == nil { try StaffStore.insert(staff, in: db) } else { try StaffStore.update(staff, in: db) }
            let detail = try JSON.text([
                "roles": staff.rolesText, "active": active ? "1" : "0", "reset": reset ? "1" : "0",
            ])
            try audit.record(
                entry(caller, id == nil ? "staff.add" : "staff.change", staff.id, detail: detail), in: db)
            return staff
        }
        guard let saved else {
            return try editPage(call, old, values: form.values, errors: ["username": "taken"])
        }
        sessions.forget()
        if reset { return try editPage(call, saved, password: password) }
        return .redirect(to: "/staff?done=saved")
    }
}

extension Optional where Wrapped == StaffID {
    fileprivate func asyncRead(_ database: any Database) async throws -> Staff? {
        guard let self else { return nil }
        return try await database.read { db in try StaffStore.find(self, in: db) }
    }
}
