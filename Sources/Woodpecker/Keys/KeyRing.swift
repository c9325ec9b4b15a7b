import Crypt
import Identity
import Kernel
import Storage
import Synchronization
import Web

/// The keys of those who are at work, in memory alone.
///
/// A person's private key lies wrapped under a key made of the password (argon2id); it is unwrapped when the person
/// logs in and forgotten after twelve hours, on a change of password by another, or when the process ends. A holder's
/// private key is sealed to each of its people. So the database, its backups and the disk open nothing; who holds the
/// memory of the running process while a holder's person is at work could.
public final class KeyRing: Sendable {
    private struct Entry {
        var pair: KeyPair
        var until: Instant
    }

    private let open = Mutex<[StaffID: Entry]>([:])
    private let database: any Database
    private let hard: HardKey
    static let openMs: Int64 = 12 * 3_600_000

    /// A ring over the keys in `database`.
    public init(database: any Database, hard: HardKey) {
        self.database = database
        self.hard = hard
    }

    /// Somebody has logged in with this password: unwraps the person's key. Who may handle reports and has no key yet
    /// gets one, and with it every holder's key that nobody has yet.
    public func opened(_ staff: StaffID, password: String, at now: Instant = .now) async throws {
        let roles = try await database.read { db in try StaffDirectory.roles(of: staff, in: db) }
        guard !roles.isDisjoint(with: [.officer, .leader, .clerk]), !roles.contains(.admin) else { return }
        let known = try await database.read { db in try KeyStore.person(staff, in: db) }
        if let known {
            let key = try await hard.derive(Array(password.utf8), salt: known.salt)
            if let bytes = Cipher.open(known.wrapped, key: key, context: Self.context(staff)),
                let pair = try? KeyPair(privateKey: bytes)
            {
                remember(pair, of: staff, at: now)
                return
            }
        }
        // The first log-in, or an administrator has set another password: a new key, to which colleagues must give
        // the holders' keys again. So a reset password opens nothing by itself.
        let pair = try KeyPair()
        let person = try await wrap(pair, of: staff, password: password)
        try await database.write { db in
            try KeyStore.drop(sharesOf: staff, in: db)
            try KeyStore.save(person, in: db)
            try Self.beginHolders(for: person, roles: roles, in: db)
        }
        remember(pair, of: staff, at: now)
    }

    /// The person has chosen another password: the key is wrapped anew, where it is open.
    public func changed(_ staff: StaffID, password: String) async throws {
        guard let pair = pair(of: staff, at: .now) else { return }
        let person = try await wrap(pair, of: staff, password: password)
        try await database.write { db in try KeyStore.save(person, in: db) }
    }

    /// Whether the person's key is open.
    func isOpen(_ staff: StaffID, at now: Instant = .now) -> Bool { pair(of: staff, at: now) != nil }

    /// The holders for whom this person acts.
    static func holders(of caller: Caller, in db: any Reading) throws -> [Holder] {
        try holders(staff: caller.id, roles: caller.roles, in: db)
    }

    private static func holders(staff: StaffID, roles: Set<Role>, in db: any Reading) throws -> [Holder] {
        // Who administers the machine and its people reads no reports, whatever else that person is.
        guard !roles.contains(.admin) else { return [] }
        var holders: [Holder] = []
        if !roles.isDisjoint(with: [.officer, .leader]) { holders.append(.desk) }
        if roles.contains(.leader) { holders.append(.leader) }
        if roles.contains(.clerk) {
            holders += try DepartmentStore.departments(of: staff, in: db).map(Holder.department)
        }
        return holders
    }

    /// The private key of a holder, for somebody who acts for it and whose own key is open.
    func key(of holder: Holder, for staff: StaffID, in db: any Reading) throws -> KeyPair? {
        guard let own = pair(of: staff, at: .now), let sealed = try KeyStore.share(holder, staff, in: db),
            let bytes = SealedBox.open(sealed, with: own, context: holder.name)
        else { return nil }
        return try? KeyPair(privateKey: bytes)
    }

    /// Gives a colleague the key of a holder. Only who has it can give it.
    /// - Throws: 409 when the giver's key is closed or the colleague has none.
    func give(_ holder: Holder, to staff: StaffID, by giver: StaffID, in db: any Writing) throws {
        guard let key = try key(of: holder, for: giver, in: db) else { throw Problem.conflict("woodpecker.locked") }
        guard let person = try KeyStore.person(staff, in: db) else { throw Problem.conflict("woodpecker.no-key") }
        try KeyStore.share(
            holder, staff, try SealedBox.seal(key.privateKey, to: person.publicKey, context: holder.name), in: db)
    }

    /// Gives everybody of `staff` the desk's key, by whoever of them has it open; for set-up.
    public func shareDesk(among staff: [StaffID], in db: any Writing) throws {
        guard let giver = try staff.first(where: { try key(of: .desk, for: $0, in: db) != nil }) else { return }
        for person in staff where person != giver { try give(.desk, to: person, by: giver, in: db) }
    }

    /// Makes the key of a new department: its members get it, and the leaders, who can give it on.
    static func begin(_ holder: Holder, for staff: [StaffID], in db: any Writing) throws {
        let pair = try KeyPair()
        try KeyStore.begin(holder, pair.publicKey, in: db)
        for person in try staff.compactMap({ try KeyStore.person($0, in: db) }) {
            try KeyStore.share(
                holder, person.staff, try SealedBox.seal(pair.privateKey, to: person.publicKey, context: holder.name),
                in: db)
        }
    }

    /// Every holder of this person that has no key at all gets one, and the person its first share.
    private static func beginHolders(for person: KeyStore.Person, roles: Set<Role>, in db: any Writing) throws {
        for holder in try holders(staff: person.staff, roles: roles, in: db)
        where try KeyStore.publicKey(holder, in: db) == nil {
            try begin(holder, for: [person.staff], in: db)
        }
    }

    private func wrap(_ pair: KeyPair, of staff: StaffID, password: String) async throws -> KeyStore.Person {
        let salt = try Secret.bytes(16)
        let key = try await hard.derive(Array(password.utf8), salt: salt)
        return KeyStore.Person(
            staff: staff, publicKey: pair.publicKey, salt: salt,
            wrapped: try Cipher.seal(pair.privateKey, key: key, context: Self.context(staff)))
    }

    private func remember(_ pair: KeyPair, of staff: StaffID, at now: Instant) {
        open.withLock { open in
            open = open.filter { $0.value.until > now }
            open[staff] = Entry(pair: pair, until: now + Self.openMs)
        }
    }

    private func pair(of staff: StaffID, at now: Instant) -> KeyPair? {
        open.withLock { $0[staff].flatMap { $0.until > now ? $0.pair : nil } }
    }

    private static func context(_ staff: StaffID) -> [UInt8] { Array("person \(staff)".utf8) }
}
