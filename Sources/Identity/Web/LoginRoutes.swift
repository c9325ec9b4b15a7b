import Crypt
import Kernel
import Storage
import Web

extension IdentityRoom {
    func loginRoutes(_ routes: inout Routes) {
        routes.get("/login", .open, "The log-in page") { call in try loginPage(call) }
        routes.post("/login", .open, "Log in with name and password, then a code, then a new password") { call in
            switch call.form["step"] {
            case "code": try await codeStep(call)
            case "change": try await changeStep(call)
            default: try await passwordStep(call)
            }
        }
        routes.post("/logout", .known, "Log out") { call in
            if let token = call.incoming.cookie(sessions.cookieName) {
                try await sessions.logOut(token, call.caller, at: .now)
            }
            return .redirect(to: "/login").settingCookie(
                sessions.cookieName, "", maxAge: 0, secure: call.incoming.isSecure)
        }
        routes.post("/preferences", .open, "Choose language and theme") { call in
            let form = call.form
            var answer = Answer.redirect(to: form["next"].flatMap { $0.isEmpty ? nil : $0 } ?? backPath(call))
            let secure = call.incoming.isSecure
            let year = 365 * 86_400
            if let language = form["lang"].flatMap(Language.init(rawValue:)) {
                answer = answer.settingCookie("zhili_lang", language.rawValue, maxAge: year, secure: secure)
            }
            if let theme = form["theme"], ["light", "wall"].contains(theme) {
                answer = answer.settingCookie("zhili_theme", theme, maxAge: year, secure: secure)
            }
            return answer
        }
    }

    private func backPath(_ call: Call) -> String {
        guard let referer = call.header("Referer"), let host = call.incoming.authority,
            let range = referer.firstRange(of: "://" + host)
        else { return "/" }
        return String(referer[range.upperBound...])
    }

    private enum Step: String { case stepPassword, stepCode, stepChange }

    private func loginPage(_ call: Call) throws -> Answer {
        if let caller = call.caller {
            guard caller.mustChangePassword else { return .redirect(to: call.query("next") ?? "/") }
            return try form(call, .stepChange)
        }
        return try form(call, .stepPassword, next: call.query("next"))
    }

    private func form(
        _ call: Call, _ step: Step, errors: [String: String] = [:], problem: String? = nil, next: String? = nil
    ) throws -> Answer {
        var context: [String: Any] = [
            step.rawValue: true, "next": next ?? call.form["next"] ?? "", "errors": errors,
            "values": ["username": call.form["username"] ?? ""],
        ]
        if let problem { context["flash"] = ["kind": "bad", "text": problem] }
        return try call.page(
            "login", title: call.word("identity.login.title"), context, status: problem == nil ? 200 : 422)
    }

    private func passwordStep(_ call: Call) async throws -> Answer {
        let form = call.form
        let outcome = try await sessions.logIn(
            username: form["username"] ?? "", password: form["password"] ?? "", address: call.incoming.address,
            viaToken: false, at: .now)
        switch outcome {
        case .refused: return try self.form(call, .stepPassword, problem: call.word("identity.login.refused"))
        case .wait(let seconds):
            return try self.form(
                call, .stepPassword, problem: call.word("identity.login.wait", ["seconds": String(seconds)]))
        case .token(let token, .code, _):
            return setting(token, call, try self.form(call, .stepCode))
        case .token(let token, .complete, let staff): return setting(token, call, enter(staff, call))
        }
    }

    private func codeStep(_ call: Call) async throws -> Answer {
        let token = call.incoming.cookie(sessions.cookieName) ?? ""
        let outcome = try await sessions.confirm(
            token, code: call.form["code"] ?? "", address: call.incoming.address, at: .now)
        switch outcome {
        case .refused: return try form(call, .stepCode, problem: call.word("identity.login.codeRefused"))
        case .wait(let seconds):
            return try form(call, .stepCode, problem: call.word("identity.login.wait", ["seconds": String(seconds)]))
        case .token(_, _, let staff): return enter(staff, call)
        }
    }

    private func changeStep(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        if call.form["_csrf"] != caller.csrf { throw Problem(403, "forgery") }
        let errors = try await changePassword(caller, call, current: nil)
        guard errors.isEmpty else {
            return try form(
                call, .stepChange, errors: errors.mapValues { call.word("problem.field.\($0)") },
                problem: call.word("problem.invalid"))
        }
        return .redirect(to: "/?done=identity.passwordChanged")
    }

    private func enter(_ staff: Staff, _ call: Call) -> Answer {
        if staff.mustChange { return .redirect(to: "/login") }
        let next = call.form["next"] ?? ""
        return .redirect(to: next.isEmpty ? "/" : next)
    }

    private func setting(_ token: String, _ call: Call, _ answer: Answer) -> Answer {
        answer.settingCookie(sessions.cookieName, token, secure: call.incoming.isSecure)
    }

    /// Checks and stores a new password from the form's `new` and `again`; ends the person's other sessions.
    /// - Returns: what is wrong, by field; empty when it was changed.
    func changePassword(_ caller: Caller, _ call: Call, current: String?) async throws -> [String: String] {
        let new = call.form["new"] ?? ""
        guard let staff = try await database.read({ db in try StaffStore.find(caller.id, in: db) }) else {
            throw Problem.notFound
        }
        if let current, try await !sessions.hasher.verify(current, staff.password) {
            return ["current": "password-wrong"]
        }
        if let flaw = Passwords.flaw(new, username: caller.username) { return ["new": flaw] }
        // A program says it once.
        if let again = call.form["again"], new != again { return ["again": "password-differs"] }
        if try await sessions.hasher.verify(new, staff.password) { return ["new": "password-same"] }
        let hash = try await sessions.hasher.hash(new)
        let kept = Sessions.hash(ownToken(call) ?? "")
        try await database.write { db in
            guard var staff = try StaffStore.find(caller.id, in: db) else { throw Problem.notFound }
            staff.password = hash
            staff.mustChange = false
            try StaffStore.update(staff, in: db)
            try SessionStore.endAll(of: caller.id, except: kept, in: db)
            try audit.record(entry(caller, "staff.password", caller.id), in: db)
        }
        sessions.forget()
        try await sessions.changed(caller.id, current: current, new: new)
        return [:]
    }

    /// The token of the session that asks.
    func ownToken(_ call: Call) -> String? {
        call.header("Authorization").map { String($0.dropFirst(7)) } ?? call.incoming.cookie(sessions.cookieName)
    }

    func entry(_ caller: Caller, _ action: String, _ subject: StaffID, detail: String = "{}") -> AuditEntry {
        AuditEntry(
            at: .now, actor: caller.id, actorName: caller.name, action: action, subject: "staff/\(subject)",
            detail: detail)
    }
}
