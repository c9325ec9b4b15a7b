import Kernel
import Storage
import Web

struct StaffView: Codable, Sendable {
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
            let (filter, limit) = (StaffFilter(call), call.limit)
            let people = try await database.read { db in try StaffStore.list(filter, limit: limit + 1, in: db) }
            var context: [String: Any] = [
                "items": people.prefix(limit).map { row($0, call) },
                "canManage": try call.signedIn().may(.staffManage), "values": ["q": filter.text ?? ""],
                "export": "/staff.xlsx?" + filter.query(),
                "roles": Role.allCases.map { role -> [String: Any] in
                    [
                        "value": role.rawValue, "label": call.word("role.\(role.rawValue)"),
                        "selected": filter.role == role,
                    ]
                },
            ]
            if people.count > limit { context["next"] = "/staff?\(filter.query())&after=\(people[limit - 1].id)" }
            return try call.page("staff-list", title: call.word("identity.staff.title"), context)
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
                query: [
                    ("q", "part of name or log-in name"), ("role", "one role"), ("after", "the last id seen"),
                    ("limit", "1…500"),
                ], gives: .page(of: StaffView.shape))
        ) { call in
            let (filter, limit) = (StaffFilter(call), call.limit)
            let people = try await database.read { db in try StaffStore.list(filter, limit: limit + 1, in: db) }
            let shown = people.prefix(limit)
            let next =
                people.count > limit
                ? shown.last.map { "/api/v1/staff?\(filter.query())&limit=\(limit)&after=\($0.id)" } : nil
            return try .list(shown.map(StaffView.init), next: next)
        }
        saveRoutes(&routes)
        routes.get(
            "/api/v1/roles", .needs(.staffRead), "What each role may do",
            shapes: Shapes(
                gives: .page(
                    of: .object(
                        ["id": .text, "name": .text, "roles": .list(.oneOf(Role.allCases.map(\.rawValue)))],
                        required: ["id", "name", "roles"])))
        ) { call in
            struct View: Encodable {
                var id: String
                var name: String
                var roles: [String]
            }
            let all = permissions().sorted { $0.name < $1.name }
            return try .list(
                all.map {
                    View(
                        id: $0.name, name: call.word(ifKnown: "permission.\($0.name)") ?? $0.name,
                        roles: $0.roles.map(\.rawValue).sorted())
                }, next: nil)
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
            "areas": staff.areas.isEmpty
                ? call.word("identity.staff.wholeTown")
                : areas().filter { staff.areas.contains($0.id) }.map(\.name).joined(separator: "、"),
        ]
    }

    private func editPage(
        _ call: Call, _ staff: Staff?, values: [String: String]? = nil, errors: [String: String] = [:],
        password: String? = nil
    ) throws -> Answer {
        let roles = values == nil ? staff?.roles ?? [] : Set(call.form.all("roles").compactMap(Role.init(rawValue:)))
        let chosen = values == nil ? staff?.areas ?? [] : call.form.all("areas").compactMap(AreaID.init)
        var context: [String: Any] = [
            "action": staff.map { "/staff/\($0.id)" } ?? "/staff/new", "isNew": staff == nil,
            "values": values ?? [
                "username": staff?.username ?? "", "name": staff?.name ?? "", "phone": staff?.phone ?? "",
            ],
            "active": staff?.isActive ?? true,
            "roles": Role.allCases.map { role -> [String: Any] in
                ["value": role.rawValue, "label": call.word("role.\(role.rawValue)"), "checked": roles.contains(role)]
            },
            "areas": areas().map { area -> [String: Any] in
                [
                    "value": area.id.description, "label": area.name, "indent": String(area.depth),
                    "checked": chosen.contains(area.id),
                ]
            },
            "errors": errors.mapValues { call.word("problem.field.\($0)") },
        ]
        if let password { context["newPassword"] = password }
        return try call.page(
            "staff-edit", title: staff?.name ?? call.word("identity.staff.new"), context,
            status: errors.isEmpty ? 200 : 422)
    }

    private func save(_ call: Call, _ id: StaffID?) async throws -> Answer {
        let form = call.form
        let wish = StaffWish(
            username: form["username"], name: form["name"] ?? "", phone: form["phone"], roles: form.all("roles"),
            areas: form.all("areas").compactMap(AreaID.init), active: id == nil || form["active"] == "1",
            resetPassword: form["reset"] == "1")
        do {
            let saved = try await save(wish, as: id, call)
            guard let password = saved.password else { return .redirect(to: "/staff?done=saved") }
            let staff = try await database.read { db in try StaffStore.find(saved.staff.id, in: db) }
            return try editPage(call, staff, password: password)
        } catch let problem as Problem where problem.status == 422 {
            let old = try await database.read { db in try id.flatMap { try StaffStore.find($0, in: db) } }
            return try editPage(call, old, values: form.values, errors: problem.fields)
        }
    }

    /// A new or changed person, with the set-up password where one was made: it is told once, not to a repeat.
    private struct Saved: Encodable {
        var staff: StaffView
        var password: String?
    }

    private static let wishShape = Shape.object(
        [
            "username": .text, "name": .text, "phone": .text, "roles": .list(.oneOf(Role.allCases.map(\.rawValue))),
            "areas": .list(.id), "active": .flag, "resetPassword": .flag,
        ], required: ["name", "roles"])

    private func saveRoutes(_ routes: inout Routes) {
        let shapes = Shapes(
            takes: Self.wishShape, gives: .object(["staff": StaffView.shape, "password": .text], required: ["staff"]))
        routes.post("/api/v1/staff", .needs(.staffManage), "Adds a person; answers the set-up password", shapes: shapes)
        {
            call in
            let saved = try await save(try call.json(), as: nil, call)
            return try .json(Saved(staff: saved.staff, password: saved.password), status: 201)
        }
        routes.put("/api/v1/staff/{id}", .needs(.staffManage), "Changes a person", shapes: shapes) { call in
            let saved = try await save(try call.json(), as: try call.id(), call)
            return try .json(Saved(staff: saved.staff, password: saved.password))
        }
    }
}
