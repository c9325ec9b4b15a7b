import Crypt
import Foundation
import HTTPTypes
import Kernel
import Testing
import Web

@testable import Centre

@Suite("Sessions over HTTP", .serialized)
struct SessionTests {
    private func object(_ answer: Answer) -> [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(answer.bodyBytes)) as? [String: Any]) ?? [:]
    }

    /// Sends a form as a browser does.
    private func send(
        _ town: Town, _ path: String, cookie: String, form: String, headers more: [(String, String)] = []
    ) async throws -> Answer {
        let route = try #require(town.house.routes.all.first { $0.method == .post && $0.path == path })
        var headers: HTTPFields = [
            .contentType: "application/x-www-form-urlencoded", .cookie: cookie, .accept: "text/html",
        ]
        for (name, value) in more { headers[try #require(HTTPField.Name(name))] = value }
        let incoming = Incoming(
            method: .post, path: path, headers: headers, authority: "127.0.0.1", address: "127.0.0.1")
        return await town.house.dispatcher.answer(route, incoming) { _ in Array(form.utf8) }
    }

    private func logIn(_ town: Town) async throws -> (cookie: String, csrf: String) {
        let answer = try await send(town, "/login", cookie: "", form: "username=officer&password=trial-password-1")
        let set = try #require(answer.headers.first { $0.name == "Set-Cookie" }?.value)
        #expect(set.contains("HttpOnly") && set.contains("SameSite="))
        let cookie = String(try #require(set.split(separator: ";").first))
        let route = try #require(town.house.routes.all.first { $0.path == "/account" })
        let page = await town.house.dispatcher.answer(
            route,
            Incoming(
                method: .get, path: "/account", headers: [.cookie: cookie, .accept: "text/html"],
                authority: "127.0.0.1")
        ) { _ in [] }
        let html = String(decoding: page.bodyBytes, as: UTF8.self)
        let match = try #require(html.firstMatch(of: /name="_csrf" value="([0-9a-f]+)"/))
        return (cookie, String(match.output.1))
    }

    @Test("A write that rides on a cookie needs the page's own value, and none from another site is taken")
    func forgery() async throws {
        let town = try await Town.open()
        let (cookie, csrf) = try await logIn(town)
        let unit = "text=x&type=note&_csrf="
        for (form, headers) in [
            ("", []), (unit, []), (unit + String(csrf.reversed()), []),
            (unit + csrf, [("Sec-Fetch-Site", "cross-site")]), (unit + csrf, [("Origin", "http://evil.example")]),
        ] as [(String, [(String, String)])] {
            let answer = try await send(town, "/account/password", cookie: cookie, form: form, headers: headers)
            #expect(answer.status == 403, "\(form) \(headers)")
        }
        let wrong = "current=wrong&new=another-password-2&again=another-password-2&_csrf=" + csrf
        let taken = try await send(
            town, "/account/password", cookie: cookie, form: wrong, headers: [("Origin", "http://127.0.0.1")])
        #expect(taken.status == 422)
        await town.close()
    }

    @Test("A set-up password opens nothing but its own change; afterwards its other sessions are over")
    func setUpPassword() async throws {
        var town = try await Town.open()
        let made = await town.ask(
            .post, "/api/v1/staff", as: "admin",
            body: Array(#"{"username":"newone","name":"新人","roles":["officer"]}"#.utf8))
        let first = try #require(object(made)["password"] as? String)
        try await town.logIn("newone", password: first)
        let other = town.tokens["newone"]
        try await town.logIn("newone", password: first)
        let refused = await town.ask(.get, "/api/v1/cases", as: "newone")
        #expect(refused.status == 403 && object(refused)["code"] as? String == "password.must-change")
        for (new, field) in [("short", "new"), (first, "new")] {
            let body = try JSON.encode(["current": first, "new": new])
            let answer = await town.ask(.post, "/api/v1/me/password", as: "newone", body: body)
            #expect(answer.status == 422 && (object(answer)["errors"] as? [String: String])?[field] != nil)
        }
        let body = try JSON.encode(["current": first, "new": "my-own-password-3"])
        #expect(await town.ask(.post, "/api/v1/me/password", as: "newone", body: body).status == 204)
        #expect(await town.ask(.get, "/api/v1/cases", as: "newone").status == 200)
        let own = try #require(town.tokens["newone"])
        town.use(other, for: "newone")
        #expect(await town.ask(.get, "/api/v1/cases", as: "newone").status == 401)
        town.use(own, for: "newone")
        await town.close()
    }

    @Test("One-time codes are turned on with a code of the offered secret, asked for at log-in, and turned off")
    func codes() async throws {
        let town = try await Town.open()
        let before = object(await town.ask(.get, "/api/v1/me/codes", as: "leader"))
        let offer = try #require(before["offer"] as? [String: String])
        #expect(before["on"] as? Bool == false && offer["uri"]?.hasPrefix("otpauth://totp/") == true)
        let secret = try #require(Secret.bytes(hex: offer["secret"] ?? ""))
        func code(_ shift: Int64) -> String {
            OneTimeCode.code(secret: secret, step: Instant.now.ms / 1_000 / OneTimeCode.period + shift)
        }
        func put(_ body: [String: String]) async throws -> Int {
            await town.ask(.put, "/api/v1/me/codes", as: "leader", body: try JSON.encode(body)).status
        }
        #expect(try await put(["code": "000000", "secret": offer["secret"] ?? ""]) == 422)
        #expect(try await put(["code": code(-1), "secret": offer["secret"] ?? ""]) == 204)
        #expect(object(await town.ask(.get, "/api/v1/me/codes", as: "leader"))["on"] as? Bool == true)
        func logIn(_ body: [String: String]) async throws -> Int {
            await town.ask(.post, "/api/v1/sessions", as: nil, body: try JSON.encode(body)).status
        }
        let name = ["username": "leader", "password": "trial-password-1"]
        #expect(try await logIn(name) == 401)
        #expect(try await logIn(name.merging(["code": code(0)]) { $1 }) == 201)
        #expect(try await put(["code": code(1)]) == 204)
        #expect(try await logIn(name) == 201)
        await town.close()
    }

    @Test("Everybody sees the own sessions and tokens, ends one of them, and nobody else's")
    func own() async throws {
        var town = try await Town.open()
        let first = try #require(town.tokens["clerk"])
        try await town.logIn("clerk")
        func sessions(_ person: String) async -> [[String: Any]] {
            object(await town.ask(.get, "/api/v1/sessions", as: person))["items"] as? [[String: Any]] ?? []
        }
        let mine = await sessions("clerk")
        #expect(mine.count == 2 && mine.filter { $0["current"] as? Bool == true }.count == 1)
        let old = try #require(mine.first { $0["current"] as? Bool == false }?["id"] as? String)
        #expect(await town.ask(.delete, "/api/v1/sessions/{id}", as: "grid", pieces: ["id": old]).status == 404)
        #expect(await town.ask(.delete, "/api/v1/sessions/{id}", as: "clerk", pieces: ["id": old]).status == 204)
        #expect(await sessions("clerk").count == 1)
        town.use(first, for: "clerk")
        #expect(await town.ask(.get, "/api/v1/me", as: "clerk").status == 401)
        await town.close()
    }

    @Test("A photo that is none, or too large, is refused with what is wrong")
    func photos() async throws {
        let town = try await Town.open()
        let none = await town.ask(.post, "/api/v1/attachments", as: "officer", body: Array("GIF89a not".utf8))
        #expect(none.status == 422 && object(none)["code"] as? String == "picture.not-a-picture")
        await town.close()
    }
}
