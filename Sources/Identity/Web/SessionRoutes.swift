import Kernel
import Storage
import Web

/// Where somebody is logged in: browsers and programs, each of which can be ended.
extension IdentityRoom {
    private struct View: Encodable {
        var id: String
        var program: Bool
        var current: Bool
        var createdAt: String
        var seenAt: String
        var expiresAt: String
    }

    func sessionRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/sessions", .anyone, "The own sessions and tokens, the newest first",
            shapes: Shapes(
                gives: .page(
                    of: .object(
                        [
                            "id": .text, "program": .flag, "current": .flag, "createdAt": .time, "seenAt": .time,
                            "expiresAt": .time,
                        ], required: ["id", "program", "current", "createdAt", "seenAt", "expiresAt"])))
        ) { call in
            let own = ownToken(call).map { Sessions.hash($0) }
            return try .list(
                try await list(call).map {
                    View(
                        id: $0.id, program: $0.viaToken, current: $0.hash == own, createdAt: $0.createdAt.rfc3339,
                        seenAt: $0.seenAt.rfc3339, expiresAt: $0.expiresAt.rfc3339)
                }, next: nil)
        }
        routes.delete("/api/v1/sessions/{id}", .anyone, "End one of the own sessions or tokens") { call in
            try await end(call)
            return .nothing
        }
        routes.post("/account/sessions/{id}", .anyone, "End one of the own sessions, from the page") { call in
            try await end(call)
            return .redirect(to: "/account?done=identity.sessionEnded")
        }
    }

    /// The own sessions as the page of the account shows them.
    func sessionRows(_ call: Call) async throws -> [[String: Any]] {
        let own = ownToken(call).map { Sessions.hash($0) }
        return try await list(call).map { session -> [String: Any] in
            [
                "id": session.id, "current": session.hash == own, "at": session.createdAt.text,
                "seen": session.seenAt.text,
                "kind": call.word(session.viaToken ? "identity.sessions.program" : "identity.sessions.browser"),
            ]
        }
    }

    private func list(_ call: Call) async throws -> [OwnSession] {
        let caller = try call.signedIn()
        return try await database.read { db in try SessionStore.list(of: caller.id, at: .now, in: db) }
    }

    private func end(_ call: Call) async throws {
        let caller = try call.signedIn()
        let id = try call.param("id")
        try await database.write { db in
            guard try SessionStore.end(id: id, of: caller.id, in: db) else { throw Problem.notFound }
            try audit.record(entry(caller, "session.end", caller.id), in: db)
        }
        sessions.forget()
    }
}
