import Crypt
import Kernel
import Storage
import Web

/// A person as an administrator wants them.
struct StaffWish: Decodable, Sendable {
    /// The log-in name, of a new person alone.
    var username: String?
    var name: String
    var phone: String?
    /// Names of ``Role``.
    var roles: [String]
    /// Areas to answer for; none is the whole town. Left out, as they were.
    var areas: [AreaID]?
    /// Left out, the person may log in.
    var active: Bool?
    /// Whether to make a new set-up password.
    var resetPassword: Bool?
}

/// What is kept for a repeat of the request: the person, and which try made it.
private struct SavedStaff: Codable, Sendable {
    var mark: ID<StaffWish>
    var staff: StaffView
}

extension IdentityRoom {
    /// Adds or changes a person.
    /// - Returns: the person, and the set-up password where one was made; it is told once, and kept nowhere, so that
    ///   the answer to a repeat of the same request is without it.
    /// - Throws: a 422 that names the wrong fields; 404 for nobody.
    func save(_ wish: StaffWish, as id: StaffID?, _ call: Call) async throws -> (staff: StaffView, password: String?) {
        let caller = try call.signedIn()
        var check = FieldCheck()
        let name = check.text(wish.name, "name", 1...60)
        let phone = check.text(wish.phone, "phone", 0...20)
        check.expect(phone.allSatisfy { $0.isNumber || "+- ".contains($0) }, "phone", "invalid")
        let username = wish.username ?? ""
        if id == nil { check.expect(isUsername(username), "username", "username") }
        let roles = Set(wish.roles.compactMap(Role.init(rawValue:)))
        check.expect(!roles.isEmpty, "roles", "required")
        check.expect(wish.roles.allSatisfy { Role(rawValue: $0) != nil }, "roles", "unknown")
        let known = Set(areas().map(\.id))
        check.expect((wish.areas ?? []).allSatisfy(known.contains), "areas", "unknown")
        check.expect((wish.areas ?? []).count <= 100, "areas", "too-many")
        let active = wish.active ?? true
        check.expect(active || id != caller.id, "active", "not-yourself")
        check.expect(roles.contains(.admin) || id != caller.id, "roles", "not-yourself")
        try check.finish()
        let password = id == nil || wish.resetPassword == true ? try Secret.password() : nil
        var hash: String?
        if let password { hash = try await sessions.hasher.hash(password) }
        let made = hash
        let mark = ID<StaffWish>.next()
        let saved = try await call.once { [audit] db in
            var staff: Staff
            if let id {
                guard let found = try StaffStore.find(id, in: db) else { throw Problem.notFound }
                staff = found
            } else {
                if try StaffStore.find(username: username, in: db) != nil {
                    throw Problem.invalid(["username": "taken"])
                }
                staff = Staff(
                    username: username, name: name, phone: phone, roles: roles, areas: [], password: "",
                    mustChange: true, at: .now)
            }
            staff.name = name
            staff.phone = phone
            staff.roles = roles
            staff.areas = wish.areas ?? staff.areas
            staff.isActive = active
            if let made {
                staff.password = made
                staff.mustChange = true
            }
            if made != nil || !active { try SessionStore.endAll(of: staff.id, in: db) }
            if id == nil { try StaffStore.insert(staff, in: db) } else { try StaffStore.update(staff, in: db) }
            let detail = try JSON.text([
                "roles": staff.rolesText, "areas": staff.areasText, "active": active ? "1" : "0",
                "reset": made == nil ? "0" : "1",
            ])
            try audit.record(
                entry(caller, id == nil ? "staff.add" : "staff.change", staff.id, detail: detail), in: db)
            return SavedStaff(mark: mark, staff: StaffView(staff))
        }
        sessions.forget()
        return (saved.staff, saved.mark == mark ? password : nil)
    }
}
