import Crypt
import Kernel
import Storage
import Web

/// Makes the first people of a centre.
public struct SetUp: Sendable {
    /// A person who was made, and the password to be read out once.
    public struct Made: Sendable {
        /// The log-in name.
        public var username: String
        /// The name that people read.
        public var name: String
        /// The password to be read out once.
        public var password: String
    }

    let database: any Database
    let audit: Audit
    let hasher: PasswordHasher

    /// Set-up of the staff in `database`.
    public init(database: any Database, audit: Audit, hasher: PasswordHasher) {
        self.database = database
        self.audit = audit
        self.hasher = hasher
    }

    /// The invented people of the sample town. None of them exists; the phones are no valid numbers.
    private static let sample: [(username: String, name: String, roles: Set<Role>)] = [
        ("admin", "管理员·祁安", [.admin]), ("auditor", "审计员·卞明", [.auditor]), ("officer", "值班员·闻静", [.officer]),
        ("leader", "值班领导·康正", [.leader]), ("brigade", "消防队·石磊", [.brigade]), ("patrol", "巡查员·江岸", [.patrol]),
        ("grid", "网格员·田心", [.grid]), ("clerk", "办事员·文清", [.clerk]), ("owner", "业主·贺店", [.owner]),
        ("officer2", "值班员·林夜", [.officer]), ("leader2", "值班领导·岳衡", [.leader]),
    ]

    /// Makes the administrator, and with `sample` the sample town's people.
    /// - Parameter trialPassword: where given, everybody logs in with it and need not change it; the centre then
    ///   serves loopback alone.
    /// - Returns: who was made with a password of their own; empty when there are people already.
    public func run(sample: Bool, trialPassword: String?, at now: Instant) async throws -> [Made] {
        guard try await database.read({ db in try StaffStore.isEmpty(in: db) }) else { return [] }
        if let trialPassword, trialPassword.count < Passwords.length.lowerBound {
            throw Problem.invalid(["ZHILI_SETUP_PASSWORD": "password-short"])
        }
        let people = sample ? Self.sample : Array(Self.sample.prefix(1))
        var made: [Made] = []
        var staff: [Staff] = []
        let common = try await trialPassword.asyncMap { try await hasher.hash($0) }
        for (index, person) in people.enumerated() {
            let password = try trialPassword ?? Secret.password()
            let hash = if let common { common } else { try await hasher.hash(password) }
            staff.append(
                Staff(
                    username: person.username, name: person.name, phone: "199000000\(index < 9 ? "0" : "")\(index + 1)",
                    roles: person.roles, areas: [], password: hash, mustChange: trialPassword == nil, at: now))
            made.append(Made(username: person.username, name: person.name, password: password))
        }
        let isTrial = trialPassword != nil
        try await database.write { [audit, staff] db in
            for person in staff { try StaffStore.insert(person, in: db) }
            if isTrial { try StaffStore.set("trial-password", "1", in: db) }
            try audit.record(
                AuditEntry(at: now, actor: nil, actorName: "setup", action: "staff.setup", subject: "staff"), in: db)
        }
        return made
    }

    /// Whether the people share a trial password, so that the centre must not be reachable from outside.
    public static func hasTrialPassword(in db: any Reading) throws -> Bool {
        try StaffStore.setting("trial-password", in: db) == "1"
    }
}

extension Optional {
    fileprivate func asyncMap<Value>(_ body: (Wrapped) async throws -> Value) async throws -> Value? {
        guard let self else { return nil }
        return try await body(self)
    }
}
