import Crypt
import Kernel
import Storage
import Web

extension IdentityRoom {
    func accountRoutes(_ routes: inout Routes) {
        routes.get("/account", .anyone, "The own account") { call in try await accountPage(call) }
        routes.post("/account/password", .anyone, "Change the own password") { call in
            let errors = try await changePassword(try call.signedIn(), call, current: call.form["current"] ?? "")
            guard errors.isEmpty else { return try await accountPage(call, errors: errors) }
            return .redirect(to: "/account?done=identity.passwordChanged")
        }
        routes.post("/account/codes", .anyone, "Turn one-time codes on or off") { call in
            try await changeCodes(call)
        }
        routes.get("/api/v1/me", .known, "Who is logged in", shapes: Shapes(gives: StaffView.shape)) { call in
            let caller = try call.signedIn()
            guard let staff = try await database.read({ db in try StaffStore.find(caller.id, in: db) }) else {
                throw Problem.unauthorized
            }
            return try .json(StaffView(staff))
        }
        routes.post(
            "/api/v1/me/password", .known, "Change the own password, also the one of set-up; other sessions end",
            shapes: Shapes(takes: .object(["current": .text, "new": .text], required: ["current", "new"]))
        ) { call in
            let errors = try await changePassword(try call.signedIn(), call, current: call.form["current"] ?? "")
            if !errors.isEmpty { throw Problem.invalid(errors) }
            return .nothing
        }
        codeRoutes(&routes)
        sessionRoutes(&routes)
        routes.post(
            "/api/v1/sessions", .open, "Log in as a program: a bearer token for name and password",
            shapes: Shapes(
                takes: .object(
                    ["username": .text, "password": .text, "code": .text], required: ["username", "password"]),
                gives: .object(["token": .text, "expiresAt": .time], required: ["token", "expiresAt"]))
        ) { call in try await openSession(call) }
        routes.delete("/api/v1/sessions/current", .known, "End the session that asks") { call in
            if let token = ownToken(call) {
                try await sessions.logOut(token, call.caller, at: .now)
            }
            return .nothing
        }
    }

    private func openSession(_ call: Call) async throws -> Answer {
        struct Wanted: Decodable {
            var username: String
            var password: String
            var code: String?
        }
        struct Opened: Encodable {
            var token: String
            var expiresAt: String
        }
        let wanted = try call.json(Wanted.self)
        let now = Instant.now
        let outcome = try await sessions.logIn(
            username: wanted.username, password: wanted.password, address: call.incoming.address, viaToken: true,
            code: wanted.code, at: now)
        switch outcome {
        case .refused: throw Problem(401, "login.refused")
        case .wait(let seconds): throw Problem(429, "login.wait", retryAfter: seconds)
        case .token(let token, _, _):
            return try .json(
                Opened(token: token, expiresAt: (now + Sessions.longestMs).rfc3339), status: 201)
        }
    }

    private func accountPage(_ call: Call, errors: [String: String] = [:]) async throws -> Answer {
        let caller = try call.signedIn()
        guard let staff = try await database.read({ db in try StaffStore.find(caller.id, in: db) }) else {
            throw Problem.unauthorized
        }
        var context: [String: Any] = [
            "errors": errors.mapValues { call.word("problem.field.\($0)") }, "username": staff.username,
            "phone": staff.phone, "codes": staff.usesCodes,
        ]
        if !staff.usesCodes {
            let offer = try CodeOffer(staff, again: call.form["secret"])
            context["enrol"] = ["secret": offer.secret, "text": offer.text, "uri": offer.uri]
        }
        context["sessions"] = try await sessionRows(call)
        return try call.page(
            "account", title: call.word("identity.account.title"), context, status: errors.isEmpty ? 200 : 422)
    }

    private func changeCodes(_ call: Call) async throws -> Answer {
        guard try await toggleCodes(call) else { return try await accountPage(call, errors: ["code": "code-wrong"]) }
        return .redirect(to: "/account?done=identity.codesChanged")
    }

    /// Turns one-time codes on with the secret and a code of it, or off with a code.
    /// - Returns: whether the code was right.
    func toggleCodes(_ call: Call) async throws -> Bool {
        let caller = try call.signedIn()
        let now = Instant.now
        let code = call.form["code"] ?? ""
        let offered = call.form["secret"].flatMap(Secret.bytes(hex:))
        let done = try await database.write { db in
            guard var staff = try StaffStore.find(caller.id, in: db) else { throw Problem.notFound }
            let secret = staff.usesCodes ? Secret.bytes(hex: staff.totp) : offered
            guard let secret, secret.count == 20,
                let step = OneTimeCode.step(of: code, secret: secret, now: now.ms / 1_000, after: staff.totpStep)
            else { return false }
            staff.totp = staff.usesCodes ? "" : Secret.hex(secret)
            staff.totpStep = step
            try StaffStore.update(staff, in: db)
            try audit.record(entry(caller, staff.usesCodes ? "staff.codes-on" : "staff.codes-off", caller.id), in: db)
            return true
        }
        if done { sessions.forget() }
        return done
    }
}
