import HTTPTypes
import Kernel
import Logging
import Storage

/// Decides whether a request may, gives it to its handler, and turns whatever goes wrong into an answer.
///
/// It knows nothing of sockets, so that a test can walk every route with every role.
public struct Dispatcher: Sendable {
    let database: any Database
    let pages: Pages
    let authenticator: any Authenticator
    let covers: @Sendable (_ areas: [AreaID], _ area: AreaID) -> Bool
    let logger: Logger
    private let failures = Metrics.shared.counter("zhili_http_failures_total", "Requests answered with 500")

    /// A dispatcher over the centre's store, pages and staff.
    /// - Parameter covers: whether somebody who answers for `areas` may know of what happens in `area`.
    public init(
        database: any Database, pages: Pages, authenticator: any Authenticator, logger: Logger,
        covers: @escaping @Sendable (_ areas: [AreaID], _ area: AreaID) -> Bool
    ) {
        self.covers = covers
        self.database = database
        self.pages = pages
        self.authenticator = authenticator
        self.logger = logger
    }

    /// Answers `incoming`; the body is read only after the caller was found to be allowed.
    public func answer(
        _ route: Route, _ incoming: Incoming, readBody: (Int) async throws -> [UInt8]
    ) async -> Answer {
        var caller: Caller?
        do {
            if route.access != .device {
                caller = try await authenticator.caller(
                    cookie: incoming.cookie(authenticator.cookieName), bearer: incoming.bearer)
            }
            try admit(caller, to: route, incoming)
            let body = isRead(route) ? [] : try await readBody(route.bodyLimit)
            let call = makeCall(caller, incoming, body: body)
            try checkForgery(call, route)
            return try await route.handler(call)
        } catch {
            return answer(to: error, caller, incoming)
        }
    }

    /// The answer to an address that leads nowhere.
    public func notFound(_ incoming: Incoming) async -> Answer {
        let caller = try? await authenticator.caller(
            cookie: incoming.cookie(authenticator.cookieName), bearer: incoming.bearer)
        return answer(to: Problem.notFound, caller, incoming)
    }

    private func isRead(_ route: Route) -> Bool { route.method == .get || route.method == .head }

    private func admit(_ caller: Caller?, to route: Route, _ incoming: Incoming) throws {
        switch route.access {
        case .open, .device: return
        case .known:
            if caller == nil { throw Problem.unauthorized }
        case .anyone:
            try allow(caller)
        case .needs(let permission):
            try allow(caller)
            try caller?.require(permission)
        }
    }

    private func allow(_ caller: Caller?) throws {
        guard let caller else { throw Problem.unauthorized }
        if caller.mustChangePassword { throw Problem(403, "password.must-change") }
    }

    /// A write that rides on a cookie must prove that the page which sent it is ours.
    private func checkForgery(_ call: Call, _ route: Route) throws {
        guard !isRead(route), route.access != .device else { return }
        if call.incoming.isCrossSite, call.caller?.viaToken != true { throw Problem(403, "forgery") }
        guard let caller = call.caller, !caller.viaToken, route.access != .open else { return }
        let sent = call.header("X-CSRF-Token") ?? call.form["_csrf"] ?? ""
        if !equal(sent, caller.csrf) { throw Problem(403, "forgery") }
    }

    /// Compares in a time that does not tell where the texts differ.
    private func equal(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func makeCall(_ caller: Caller?, _ incoming: Incoming, body: [UInt8]) -> Call {
        Call(
            caller: caller, database: database,
            language: Language(cookie: incoming.cookie("zhili_lang"), accept: incoming.headers[.acceptLanguage]),
            incoming: incoming, body: body, covers: covers, pages: pages,
            theme: incoming.cookie("zhili_theme") == "wall" ? "wall" : "light", eventsAfter: database.feed.last)
    }
}

extension Dispatcher {
    /// What went wrong, in words that the client can use.
    func answer(to error: any Error, _ caller: Caller?, _ incoming: Incoming) -> Answer {
        let call = makeCall(caller, incoming, body: [])
        var reference: String?
        let problem: Problem
        switch error {
        case let known as Problem: problem = known
        case StorageError.full: problem = Problem(503, "storage.full", retryAfter: 30)
        case StorageError.overloaded: problem = Problem(503, "overloaded", retryAfter: 1)
        case StorageError.unavailable: problem = Problem(503, "storage.unavailable", retryAfter: 5)
        case StorageError.duplicate: problem = Problem.conflict("duplicate")
        case is CancellationError: problem = Problem(503, "stopping", retryAfter: 5)
        default:
            let number = ID<Dispatcher>.next().description
            reference = number
            failures.add()
            logger.error(
                "request failed",
                metadata: [
                    "reference": "\(number)", "method": "\(incoming.method.rawValue)", "path": "\(incoming.path)",
                    "error": "\(error)",
                ])
            problem = Problem(500, "internal")
        }
        var answer = incoming.wantsJSON ? json(problem, reference, call) : page(problem, reference, call)
        if let seconds = problem.retryAfter { answer = answer.with("Retry-After", String(seconds)) }
        return answer
    }

    private func words(_ problem: Problem, _ call: Call) -> String {
        call.word(ifKnown: "problem.\(problem.code)") ?? call.word("problem.status.\(problem.status)")
    }

    private func json(_ problem: Problem, _ reference: String?, _ call: Call) -> Answer {
        struct Document: Encodable {
            var type: String
            var title: String
            var status: Int
            var code: String
            var detail: String?
            var errors: [String: String]?
            var reference: String?
        }
        let document = Document(
            type: "urn:zhili:problem:\(problem.code)", title: words(problem, call), status: problem.status,
            code: problem.code, detail: problem.detail,
            errors: problem.fields.isEmpty ? nil : call.fieldWords(problem), reference: reference)
        let bytes = (try? JSON.encode(document)) ?? Array("{}".utf8)
        var answer = Answer(
            status: problem.status, headers: [("Content-Type", "application/problem+json")], body: .bytes(bytes))
        if problem.status == 401 { answer = answer.with("WWW-Authenticate", "Bearer") }
        return answer
    }

    private func page(_ problem: Problem, _ reference: String?, _ call: Call) -> Answer {
        let here = call.incoming.path
        if problem.status == 401 { return .redirect(to: "/login?next=\(here)") }
        if problem.code == "password.must-change" { return .redirect(to: "/login") }
        var context: [String: Any] = [
            "status": String(problem.status), "back": "/",
        ]
        let detail = [problem.detail, call.fieldWords(problem).map { "\($0): \($1)" }.joined(separator: "; ")]
            .compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
        if !detail.isEmpty { context["detail"] = detail }
        if let hint = call.word(ifKnown: "problem.hint.\(problem.status)") { context["hint"] = hint }
        if let reference { context["reference"] = reference }
        let template = call.caller == nil ? "error" : "problem"
        return (try? call.page(template, title: words(problem, call), context, status: problem.status))
            ?? .text(words(problem, call), status: problem.status)
    }
}
