import Crypt
import Identity
import Kernel
import Storage
import Web

extension WoodpeckerRoom {
    /// Departments: who they are, what is routed to them, who holds their key.
    func departmentRoutes(_ routes: inout Routes) {
        routes.get("/departments", .needs(.reportRead), "Departments and who holds which key") { call in
            try await departmentPage(call)
        }
        routes.post("/departments", .needs(.departmentManage), "Add or change a department") { call in
            let form = call.form
            let id = form["id"].flatMap(DepartmentID.init)
            let wish = DepartmentWish(
                name: form["name"] ?? "", phone: form["phone"], categories: form.all("category"),
                members: form.all("member").compactMap(StaffID.init), active: id == nil || form["active"] == "1")
            _ = try await save(wish, as: id, call)
            return .redirect(to: "/departments?done=saved")
        }
        routes.post("/departments/keys", .needs(.reportRead), "Give a colleague the key of a part of the centre") {
            call in
            try await giveKey(call)
            return .redirect(to: "/departments?done=saved")
        }
        routes.post("/departments/open311", .needs(.departmentManage), "Make a key for a program that reports") {
            call in
            return try await departmentPage(call, newKey: try await newProgramKey(call))
        }
        routes.get(
            "/api/v1/departments", .needs(.reportRead), "Departments",
            shapes: Shapes(
                gives: .page(
                    of: .object(
                        ["id": .id, "name": .text, "phone": .text, "categories": .list(.text)],
                        required: ["id", "name"])))
        ) { call in
            struct View: Encodable {
                var id: DepartmentID
                var name: String
                var phone: String
                var categories: [String]
            }
            let all = try await database.read { db in try DepartmentStore.all(in: db) }
            return try .list(
                all.map { View(id: $0.id, name: $0.name, phone: $0.phone, categories: $0.categories) }, next: nil)
        }
    }

    /// A department as somebody wants it.
    struct DepartmentWish: Decodable, Sendable {
        var name: String
        var phone: String?
        var categories: [String]?
        var members: [StaffID]?
        var active: Bool?
    }

    /// Adds or changes a department.
    func save(_ wish: DepartmentWish, as id: DepartmentID?, _ call: Call) async throws -> DepartmentID {
        var check = FieldCheck()
        let name = check.text(wish.name, "name", 1...60)
        let phone = check.text(wish.phone, "phone", 0...40)
        let chosen = wish.categories?.filter { category($0) != nil }
        check.expect((wish.members ?? []).count <= 200, "members", "too-many")
        try check.finish()
        return try await call.once { db in
            let known = try id.flatMap { try DepartmentStore.find($0, in: db) }
            if id != nil, known == nil { throw Problem.notFound }
            var department = known ?? Department(name: name, phone: phone, categories: [])
            (department.name, department.phone) = (name, phone)
            department.categories = chosen ?? department.categories
            department.isActive = known == nil || wish.active ?? department.isActive
            let members = try wish.members ?? DepartmentStore.members(department.id, in: db)
            try Self.save(department, members: members, in: db)
            return department.id
        }
    }

    /// Gives a colleague who waits for it the key that the caller holds.
    func giveKey(_ call: Call) async throws {
        let caller = try call.signedIn()
        guard let name = call.form["holder"], let staff = call.form["staff"].flatMap(StaffID.init) else {
            throw Problem.invalid(["staff": "required"])
        }
        let holder = Holder(name: name)
        try await database.write { db in
            guard try waiting(in: db).contains(where: { $0.holder == holder && $0.staff == staff }),
                try KeyRing.holders(of: caller, in: db).contains(holder)
                    || (caller.roles.contains(.leader) && holder.department != nil)
            else { throw Problem.conflict("woodpecker.not-waiting") }
            try keys.give(holder, to: staff, by: caller.id, in: db)
            try audit.record(
                AuditEntry(
                    at: .now, actor: caller.id, actorName: caller.name, action: "report.key-given",
                    subject: "staff/\(staff)", detail: try JSON.text(["holder": holder.name])), in: db)
        }
    }

    /// Makes a key for a program that reports by Open311.
    func newProgramKey(_ call: Call) async throws -> String {
        var check = FieldCheck()
        let name = check.text(call.form["name"], "name", 1...60)
        try check.finish()
        let key = try Secret.password()
        try await database.write { db in try Open311Store.addKey(key, name: name, at: .now, in: db) }
        return key
    }

    /// Adds or changes a department with its members; a new one gets its key. For set-up and the page.
    public static func save(_ department: Department, members: [StaffID], in db: any Writing) throws {
        try DepartmentStore.save(department, in: db)
        let holder = Holder.department(department.id)
        let before = try DepartmentStore.members(department.id, in: db)
        try DepartmentStore.setMembers(members, of: department.id, in: db)
        for gone in Set(before).subtracting(members) { try KeyStore.drop(holder, of: gone, in: db) }
        if try KeyStore.publicKey(holder, in: db) == nil {
            let leaders = try StaffDirectory.onDuty(role: .leader, area: nil, in: db).map(\.id)
            try KeyRing.begin(holder, for: Array(Set(members + leaders)), in: db)
        }
    }

    /// A key for a program that reports by Open311; for set-up.
    public static func addProgram(_ name: String, key: String, at now: Instant, in db: any Writing) throws {
        try Open311Store.addKey(key, name: name, at: now, in: db)
    }

    /// Who acts for a holder, has a key of their own, and lacks the holder's.
    private func waiting(in db: any Reading) throws -> [(holder: Holder, staff: StaffID, name: String)] {
        var result: [(Holder, StaffID, String)] = []
        func add(_ holder: Holder, _ people: [StaffDirectory.Contact]) throws {
            for person in people
            where try KeyStore.person(person.id, in: db) != nil && KeyStore.share(holder, person.id, in: db) == nil {
                result.append((holder, person.id, person.name))
            }
        }
        let officers = try StaffDirectory.onDuty(role: .officer, area: nil, in: db)
        let leaders = try StaffDirectory.onDuty(role: .leader, area: nil, in: db)
        try add(.desk, officers + leaders.filter { leader in !officers.contains { $0.id == leader.id } })
        try add(.leader, leaders)
        let clerks = try StaffDirectory.onDuty(role: .clerk, area: nil, in: db)
        for department in try DepartmentStore.all(in: db) {
            let members = try DepartmentStore.members(department.id, in: db)
            try add(.department(department.id), clerks.filter { members.contains($0.id) })
        }
        return result
    }

    private func departmentPage(_ call: Call, newKey: String? = nil) async throws -> Answer {
        let caller = try call.signedIn()
        let mayManage = caller.may(.departmentManage)
        let (all, members, clerks, lacking) = try await database.read { db in
            let all = try DepartmentStore.all(in: db)
            return (
                all, try all.map { try DepartmentStore.members($0.id, in: db) },
                try StaffDirectory.onDuty(role: .clerk, area: nil, in: db), try waiting(in: db)
            )
        }
        let programs = try await database.read { db in try Open311Store.names(in: db) }
        func form(_ department: Department?, _ members: [StaffID]) -> [String: Any] {
            [
                "id": department?.id.description ?? "", "key": department?.id.description ?? "new",
                "name": department?.name ?? "", "phone": department?.phone ?? "", "isNew": department == nil,
                "active": department?.isActive ?? true,
                "categories": categories.map {
                    [
                        "value": $0.code, "label": $0.name.text(call.language),
                        "checked": department?.categories.contains($0.code) == true,
                    ] as [String: Any]
                },
                "members": clerks.map {
                    ["value": $0.id.description, "label": $0.name, "checked": members.contains($0.id)] as [String: Any]
                },
            ]
        }
        let names = Dictionary(clerks.map { ($0.id, $0.name) }) { first, _ in first }
        var context: [String: Any] = [
            "items": zip(all, members).map { department, members -> [String: Any] in
                [
                    "id": department.id.description, "name": department.name, "phone": department.phone,
                    "inactive": !department.isActive,
                    "categories": department.categories.compactMap { category($0)?.name.text(call.language) }
                        .joined(separator: "、"), "members": members.compactMap { names[$0] }.joined(separator: "、"),
                ]
            },
            "waiting": lacking.map { item in
                [
                    "holder": item.holder.name, "staff": item.staff.description, "name": item.name,
                    "holderName": holderName(item.holder, all, call),
                ]
            },
            "newKey": newKey ?? "", "programs": programs.map { ["name": $0] },
            "mayManage": mayManage, "keyOpen": keys.isOpen(caller.id),
        ]
        if mayManage {
            context["forms"] = zip(all, members).map { form($0, $1) } + [form(nil, [])]
        }
        return try call.page("departments", title: call.word("woodpecker.departments.title"), Citizen.tidy(context))
    }

    private func holderName(_ holder: Holder, _ all: [Department], _ call: Call) -> String {
        if let id = holder.department { return all.first { $0.id == id }?.name ?? "" }
        return call.word("woodpecker.holder.\(holder.name)")
    }
}
