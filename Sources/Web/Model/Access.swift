import Kernel

/// What somebody does in the town; one person may hold several.
public enum Role: String, Codable, Sendable, CaseIterable {
    case officer, leader, brigade, patrol, grid, clerk, owner, admin, auditor
}

/// Something that may be done, by a stable name and the roles that may.
public struct Permission: Sendable, Hashable {
    /// Such as `case.read`.
    public let name: String
    /// Who may.
    public let roles: Set<Role>

    /// A permission; rooms declare theirs as static members.
    public init(_ name: String, _ roles: Set<Role>) {
        self.name = name
        self.roles = roles
    }
}

/// Who may call a route. A route cannot be made without one.
public enum Access: Sendable, Hashable {
    /// Nobody needs to be known.
    case open
    /// Any logged-in person, even one who must still change the password that set-up gave.
    case known
    /// Any logged-in person.
    case anyone
    /// Who holds this permission.
    case needs(Permission)
    /// A device or outside service: the handler checks its signature or token; cookies count for nothing here.
    case device
}

/// The person behind a request.
public struct Caller: Sendable {
    /// Who.
    public var id: StaffID
    /// The log-in name.
    public var username: String
    /// The name that people read.
    public var name: String
    /// What the person does in the town.
    public var roles: Set<Role>
    /// The areas the person answers for, with all that lies in them; `nil` is the whole town.
    public var areas: [AreaID]?
    /// Whether the password is still the one that set-up gave.
    public var mustChangePassword: Bool
    /// What a form or script must send back with every write.
    public var csrf: String
    /// Whether the caller came with a bearer token instead of a cookie.
    public var viaToken: Bool

    /// A caller as the authenticator found it.
    public init(
        id: StaffID, username: String, name: String, roles: Set<Role>, areas: [AreaID]?, mustChangePassword: Bool,
        csrf: String, viaToken: Bool
    ) {
        self.id = id
        self.username = username
        self.name = name
        self.roles = roles
        self.areas = areas
        self.mustChangePassword = mustChangePassword
        self.csrf = csrf
        self.viaToken = viaToken
    }

    /// Whether one of the caller's roles holds `permission`.
    public func may(_ permission: Permission) -> Bool { !roles.isDisjoint(with: permission.roles) }

    /// Throws a 403 unless the caller holds `permission`.
    public func require(_ permission: Permission) throws(Problem) {
        if !may(permission) { throw Problem.forbidden }
    }
}

/// Finds the person behind a cookie or a token.
public protocol Authenticator: Sendable {
    /// The name of the cookie that holds a session.
    var cookieName: String { get }
    /// Who holds this session cookie or bearer token, or `nil` when it is unknown, expired or ended.
    func caller(cookie: String?, bearer: String?) async throws -> Caller?
}
