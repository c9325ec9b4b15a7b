import Kernel
import Storage
import Web

/// Whom other rooms may call.
public enum StaffDirectory {
    /// Somebody who can be reached.
    public struct Contact: Sendable, Equatable {
        /// Its number.
        public var id: StaffID
        /// The name that people read.
        public var name: String
        /// The phone.
        public var phone: String
    }

    /// Active people with `role` who answer for `area`: those bound to it, and those of the whole town.
    /// - Parameter within: whether an area lies in one of those a person answers for.
    public static func onDuty(
        role: Role, area: AreaID?, within: (_ areas: [AreaID], _ area: AreaID) -> Bool = { $0.contains($1) },
        in db: any Reading
    ) throws -> [Contact] {
        try StaffStore.active(in: db)
            .filter { person in
                guard person.roles.contains(role) else { return false }
                guard let area, !person.areas.isEmpty else { return true }
                return within(person.areas, area)
            }
            .map { Contact(id: $0.id, name: $0.name, phone: $0.phone) }
    }

    /// What an active person does in the town; empty for anybody else.
    public static func roles(of id: StaffID, in db: any Reading) throws -> Set<Role> {
        guard let staff = try StaffStore.find(id, in: db), staff.isActive else { return [] }
        return staff.roles
    }

    /// The person with that log-in name.
    public static func find(username: String, in db: any Reading) throws -> StaffID? {
        try StaffStore.find(username: username, in: db)?.id
    }

    /// How these people are reached; who may not log in any more is left out.
    public static func contacts(of ids: some Sequence<StaffID>, in db: any Reading) throws -> [StaffID: Contact] {
        let wanted = Set(ids)
        guard !wanted.isEmpty else { return [:] }
        var contacts: [StaffID: Contact] = [:]
        try db.query("SELECT id, name, phone FROM staff WHERE active = 1 AND id IN \(list: wanted.map(\.rawValue))") {
            row in
            let contact = Contact(id: try row.next(), name: try row.next(), phone: try row.next())
            contacts[contact.id] = contact
            return true
        }
        return contacts
    }

    /// The names of people, for lists that hold their numbers.
    public static func names(of ids: some Sequence<StaffID>, in db: any Reading) throws -> [StaffID: String] {
        let wanted = Set(ids)
        guard !wanted.isEmpty else { return [:] }
        var names: [StaffID: String] = [:]
        try db.query("SELECT id, name FROM staff WHERE id IN \(list: wanted.map(\.rawValue))") { row in
            names[StaffID(rawValue: try row.next())] = try row.next(String.self)
            return true
        }
        return names
    }
}
