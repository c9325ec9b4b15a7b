import Crypt
import Kernel
import Storage
import Synchronization
import Web

/// What other parts of the house do at the moments at which a person's password is known.
public struct PasswordHooks: Sendable {
    /// The person has proved to know this password.
    public var proved: @Sendable (StaffID, String) async throws -> Void
    /// The person has chosen this password.
    public var changed: @Sendable (StaffID, String) async throws -> Void

    /// Hooks for both moments.
    public init(
        proved: @escaping @Sendable (StaffID, String) async throws -> Void,
        changed: @escaping @Sendable (StaffID, String) async throws -> Void
    ) {
        self.proved = proved
        self.changed = changed
    }

    /// Nothing is done.
    public static let none = PasswordHooks(proved: { _, _ in }, changed: { _, _ in })
}

/// Who is logged in: finds the person behind a cookie or token, logs in and out.
public final class Sessions: Authenticator {
    /// Milliseconds without a request after which a session ends.
    static let idleMs: Int64 = 12 * 3_600_000
    /// Milliseconds after which it ends in any case.
    static let longestMs: Int64 = 7 * 86_400_000
    private static let cacheMs: Int64 = 2_000
    private static let seenEveryMs: Int64 = 5 * 60_000

    private let database: any Database
    private let audit: Audit
    let hasher: PasswordHasher
    private let passwords: PasswordHooks
    private let reach: @Sendable ([AreaID]) -> [AreaID]
    private let cache = Mutex<[String: (caller: Caller?, until: Instant)]>([:])

    /// Sessions kept in `database`.
    /// - Parameter reach: areas together with all that lies in them.
    public init(
        database: any Database, audit: Audit, hasher: PasswordHasher, passwords: PasswordHooks = .none,
        reach: @escaping @Sendable ([AreaID]) -> [AreaID] = { $0 }
    ) {
        self.passwords = passwords
        self.reach = reach
        self.database = database
        self.audit = audit
        self.hasher = hasher
    }

    /// The cookie's name.
    public var cookieName: String { "zhili_session" }

    /// The person behind the token, from memory when it was asked for within the last two seconds.
    public func caller(cookie: String?, bearer: String?) async throws -> Caller? {
        guard let token = bearer ?? cookie, token.utf8.count == 64 else { return nil }
        let key = Self.hash(token) + (bearer == nil ? "c" : "b")
        let now = Instant.now
        if let known = cache.withLock({ $0[key] }), known.until > now { return known.caller }
        let caller = try await load(token, viaBearer: bearer != nil, at: now)
        cache.withLock { cache in
            if cache.count > 10_000 { cache.removeAll() }
            cache[key] = (caller, now + Self.cacheMs)
        }
        return caller
    }

    private func load(_ token: String, viaBearer: Bool, at now: Instant) async throws -> Caller? {
        let hash = Self.hash(token)
        let found = try await database.read { db -> (Session, Staff)? in
            guard let session = try SessionStore.find(hash: hash, in: db), session.step == .complete,
                session.viaToken == viaBearer, session.expiresAt > now, session.seenAt + Self.idleMs > now,
                let staff = try StaffStore.find(session.staff, in: db), staff.isActive
            else { return nil }
            return (session, staff)
        }
        guard let (session, staff) = found else { return nil }
        if session.seenAt + Self.seenEveryMs < now, !database.isFull {
            try await database.write { db in try SessionStore.seen(hash: hash, at: now, in: db) }
        }
        return Caller(
            id: staff.id, username: staff.username, name: staff.name, roles: staff.roles,
            areas: staff.areas.isEmpty ? nil : staff.areas + reach(staff.areas).filter { !staff.areas.contains($0) },
            mustChangePassword: staff.mustChange,
            csrf: Self.csrf(token), viaToken: viaBearer)
    }

    /// What a log-in led to.
    enum Outcome: Sendable {
        /// The token, and what is still to be done with it.
        case token(String, SessionStep, Staff)
        /// Wrong name or password; which of them is not said.
        case refused
        /// Too many failures.
        case wait(seconds: Int)
    }

    /// Checks a password and begins a session.
    func logIn(
        username: String, password: String, address: String, viaToken: Bool, code: String? = nil, at now: Instant
    ) async throws -> Outcome {
        let name = "user:" + username.prefix(64)
        let place = "address:" + address
        let (staff, wait) = try await database.read { db in
            (
                try StaffStore.find(username: username, in: db),
                max(
                    try FailureStore.wait(name, limit: FailureStore.perAccount, at: now, in: db),
                    try FailureStore.wait(place, limit: FailureStore.perAddress, at: now, in: db))
            )
        }
        if wait > 0 { return .wait(seconds: wait) }
        let right = try await hasher.verify(password, staff?.password)
        guard right, let staff, staff.isActive else {
            try await fail(staff, names: [name, place], at: now)
            return .refused
        }
        if viaToken, staff.usesCodes {
            guard try await useCode(code ?? "", of: staff, at: now) else {
                try await fail(staff, names: [name, place], at: now)
                return .refused
            }
        }
        let token = try Secret.token()
        let step: SessionStep = staff.usesCodes && !viaToken ? .code : .complete
        try await database.write { [audit] db in
            try FailureStore.clear(name, in: db)
            try SessionStore.endExpired(at: now, in: db)
            try SessionStore.insert(
                hash: Self.hash(token), staff: staff.id, viaToken: viaToken, step: step, at: now,
                expires: now + Self.longestMs, in: db)
            if step == .complete {
                try audit.record(
                    AuditEntry(
                        at: now, actor: staff.id, actorName: staff.name, action: "session.begin",
                        subject: "staff/\(staff.id)"), in: db)
            }
        }
        try await passwords.proved(staff.id, password)
        return .token(token, step, staff)
    }

    /// A person has another password; `current` is the one before, where the person said it just now.
    func changed(_ staff: StaffID, current: String?, new: String) async throws {
        if let current { try await passwords.proved(staff, current) }
        try await passwords.changed(staff, new)
    }

    /// Checks the one-time code of a session that waits for it.
    func confirm(_ token: String, code: String, address: String, at now: Instant) async throws -> Outcome {
        let hash = Self.hash(token)
        let staff = try await database.read { db -> Staff? in
            guard let session = try SessionStore.find(hash: hash, in: db), session.step == .code,
                session.expiresAt > now
            else { return nil }
            return try StaffStore.find(session.staff, in: db)
        }
        guard let staff, staff.isActive else { return .refused }
        let name = "code:" + staff.username
        let wait = try await database.read { db in
            try FailureStore.wait(name, limit: FailureStore.perAccount, at: now, in: db)
        }
        if wait > 0 { return .wait(seconds: wait) }
        guard try await useCode(code, of: staff, at: now) else {
            try await fail(staff, names: [name, "address:" + address], at: now)
            return .refused
        }
        try await database.write { [audit] db in
            try FailureStore.clear(name, in: db)
            try db.execute("UPDATE session SET step = 'complete', seen_at = \(now) WHERE token_hash = \(hash)")
            try audit.record(
                AuditEntry(
                    at: now, actor: staff.id, actorName: staff.name, action: "session.begin",
                    subject: "staff/\(staff.id)"), in: db)
        }
        forget()
        return .token(token, .complete, staff)
    }

    /// Ends a session.
    func logOut(_ token: String, _ caller: Caller?, at now: Instant) async throws {
        let hash = Self.hash(token)
        try await database.write { [audit] db in
            try SessionStore.end(hash: hash, in: db)
            if let caller {
                try audit.record(
                    AuditEntry(
                        at: now, actor: caller.id, actorName: caller.name, action: "session.end",
                        subject: "staff/\(caller.id)"), in: db)
            }
        }
        forget()
    }

    /// Drops what is remembered, after a change of people or sessions.
    func forget() { cache.withLock { $0.removeAll() } }

    static func hash(_ token: String) -> String { Secret.hex(Digest.sha256(Array(token.utf8))) }

    /// Derived from the session's token, so that it needs no place of its own and ends with it.
    private static func csrf(_ token: String) -> String {
        Secret.hex(Array(Digest.hmacSHA256(key: Array(token.utf8), Array("csrf".utf8)).prefix(16)))
    }

    /// Uses up a one-time code: the same one is refused afterwards, by whichever request comes second.
    private func useCode(_ code: String, of staff: Staff, at now: Instant) async throws -> Bool {
        guard let secret = Secret.bytes(hex: staff.totp) else { return false }
        return try await database.write { db in
            guard var current = try StaffStore.find(staff.id, in: db),
                let step = OneTimeCode.step(
                    of: code, secret: secret, now: now.ms / 1_000, after: current.totpStep)
            else { return false }
            current.totpStep = step
            try StaffStore.update(current, in: db)
            return true
        }
    }

    private func fail(_ staff: Staff?, names: [String], at now: Instant) async throws {
        try await database.write { [audit] db in
            for name in names { try FailureStore.add(name, at: now, in: db) }
            if let staff {
                try audit.record(
                    AuditEntry(
                        at: now, actor: nil, actorName: staff.username, action: "session.refused",
                        subject: "staff/\(staff.id)"), in: db)
            }
        }
    }
}
