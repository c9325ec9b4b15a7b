import Kernel
import Storage
import Web

/// A person with a log-in.
public struct Staff: Sendable, RowDecodable {
    /// Who.
    public var id: StaffID
    /// The log-in name: lower-case letters, digits, `-` and `.`, 2…32.
    public var username: String
    /// The name that people read.
    public var name: String
    /// The phone, where known.
    public var phone: String
    /// What the person does in the town.
    public var roles: Set<Role>
    /// The areas the person answers for; empty is the whole town.
    public var areas: [AreaID]
    /// Whether the person may log in.
    public var isActive: Bool
    /// The scrypt hash.
    var password: String
    /// Whether the password is still the one that set-up or an administrator gave.
    public var mustChange: Bool
    /// The secret of one-time codes in hexadecimal; empty where they are off.
    var totp: String
    /// The last step whose code was used.
    var totpStep: Int64
    /// When the person was added.
    public var createdAt: Instant

    /// Whether a one-time code is asked for at log-in.
    public var usesCodes: Bool { !totp.isEmpty }

    static let columns = """
        id, username, name, phone, roles, areas, active, password, must_change, totp, totp_step, created_at
        """

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = StaffID(rawValue: try row.next())
        username = try row.next()
        name = try row.next()
        phone = try row.next()
        roles = Set(try row.next(String.self).split(separator: ",").compactMap { Role(rawValue: String($0)) })
        areas = try row.next(String.self).split(separator: ",").compactMap { AreaID(String($0)) }
        isActive = try row.next(Int64.self) == 1
        password = try row.next()
        mustChange = try row.next(Int64.self) == 1
        totp = try row.next()
        totpStep = try row.next()
        createdAt = try row.next()
    }

    /// Somebody new.
    init(
        username: String, name: String, phone: String, roles: Set<Role>, areas: [AreaID], password: String,
        mustChange: Bool, at: Instant
    ) {
        id = .next()
        self.username = username
        self.name = name
        self.phone = phone
        self.roles = roles
        self.areas = areas
        isActive = true
        self.password = password
        self.mustChange = mustChange
        totp = ""
        totpStep = 0
        createdAt = at
    }

    var rolesText: String { roles.map(\.rawValue).sorted().joined(separator: ",") }
    var areasText: String { areas.map(\.description).joined(separator: ",") }
}

/// A phone number as a list shows it: who it is can be told, who calls it cannot.
public func maskedPhone(_ phone: String) -> String {
    guard phone.count >= 7 else { return phone.isEmpty ? "" : "****" }
    return phone.prefix(3) + "****" + phone.suffix(4)
}
