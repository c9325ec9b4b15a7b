import Crypt
import Kernel
import Storage
import StorageTesting
import Testing
import Web

@testable import Identity

@Suite("Logging in")
struct LoginTests {
    private let start = Instant(ms: 1_790_000_000_000)
    private let password = "correct-horse-9"

    private func open(
        _ engine: Engine, totp: [UInt8] = [], mustChange: Bool = false
    ) async throws -> (TestDatabase, Sessions, Staff) {
        let storage = try await TestDatabase(engine)
        try await Migrator.migrate(storage.database, try IdentityRoom.schema())
        let hasher = PasswordHasher()
        var staff = Staff(
            username: "officer", name: "值班员", phone: "", roles: [.officer], areas: [],
            password: try await hasher.hash(password), mustChange: mustChange, at: start)
        staff.totp = Secret.hex(totp)
        let made = staff
        try await storage.database.write { db in
            try StaffStore.insert(made, in: db)
            try StaffStore.update(made, in: db)
        }
        let audit = try Audit(folder: storage.folder)
        return (storage, Sessions(database: storage.database, audit: audit, hasher: hasher), made)
    }

    private func logIn(
        _ sessions: Sessions, _ password: String, address: String = "10.0.0.1", code: String? = nil, after ms: Int64 = 0
    ) async throws -> Sessions.Outcome {
        try await sessions.logIn(
            username: "officer", password: password, address: address, viaToken: true, code: code, at: start + ms)
    }

    @Test(
        "Five wrong passwords lock the account, from every address and for the right one too, for five minutes",
        arguments: Engine.allCases)
    func lockOut(_ engine: Engine) async throws {
        let (storage, sessions, _) = try await open(engine)
        for attempt in 0..<5 {
            guard case .refused = try await logIn(sessions, "wrong", address: "10.0.0.\(attempt)") else {
                Issue.record("a wrong password was not refused")
                return
            }
        }
        guard case .wait(let seconds) = try await logIn(sessions, password, address: "10.9.9.9", after: 1_000) else {
            Issue.record("the account is not locked")
            return
        }
        #expect((1...300).contains(seconds))
        guard case .token = try await logIn(sessions, password, after: 301_000) else {
            Issue.record("the account is locked for good")
            return
        }
        _ = storage
    }

    @Test("Failures of many names lock their address, and a success does not wash it clean", arguments: Engine.allCases)
    func address(_ engine: Engine) async throws {
        let (storage, sessions, _) = try await open(engine)
        for number in 0..<30 {
            _ = try await sessions.logIn(
                username: "nobody\(number)", password: "x", address: "10.0.0.1", viaToken: true, at: start)
        }
        guard case .wait = try await logIn(sessions, password, after: 1_000) else {
            Issue.record("the address is not locked")
            return
        }
        guard case .token = try await logIn(sessions, password, address: "10.0.0.2", after: 1_000) else {
            Issue.record("another address suffers")
            return
        }
        _ = storage
    }

    @Test("A one-time code is needed where it was set up, and is good once", arguments: Engine.allCases)
    func codes(_ engine: Engine) async throws {
        let secret: [UInt8] = Array("12345678901234567890".utf8)
        let (storage, sessions, _) = try await open(engine, totp: secret)
        let code = OneTimeCode.code(secret: secret, step: start.ms / 1_000 / OneTimeCode.period)
        guard case .refused = try await logIn(sessions, password) else {
            Issue.record("no code was needed")
            return
        }
        guard case .token = try await logIn(sessions, password, code: code) else {
            Issue.record("the right code was refused")
            return
        }
        guard case .refused = try await logIn(sessions, password, code: code, after: 1_000) else {
            Issue.record("a code was good twice")
            return
        }
        _ = storage
    }

    @Test("The code of RFC 6238's own vector is computed")
    func vector() {
        // RFC 6238, appendix B: T = 59 s, SHA-1, the last six digits of 94287082.
        #expect(OneTimeCode.code(secret: Array("12345678901234567890".utf8), step: 1) == "287082")
    }

    @Test("Who must still change a set-up password is known as such", arguments: Engine.allCases)
    func mustChange(_ engine: Engine) async throws {
        let (storage, sessions, _) = try await open(engine, mustChange: true)
        guard
            case .token(let token, _, _) = try await sessions.logIn(
                username: "officer", password: password, address: "10.0.0.1", viaToken: true, at: .now)
        else {
            Issue.record("not logged in")
            return
        }
        let caller = try #require(try await sessions.caller(cookie: nil, bearer: token))
        #expect(caller.mustChangePassword)
        // A token does not pass as a cookie: the cookie's protection against forgery would be lost.
        #expect(try await sessions.caller(cookie: token, bearer: nil) == nil)
        _ = storage
    }
}
