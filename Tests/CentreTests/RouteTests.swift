import HTTPTypes
import Kernel
import Testing
import Web

@testable import Centre

@Suite("Every way in", .serialized)
struct RouteTests {
    /// Which role each of the sample's people has; they are named after it.
    private func roles(of person: String) -> Set<Role> { Set([Role(rawValue: person)].compactMap(\.self)) }

    @Test("Every route lets in those who hold its permission, and nobody else")
    func everyRouteEveryRole() async throws {
        let town = try await Town.open()
        for route in town.house.routes.all where route.path != "/logout" {
            let anonymous = await town.ask(route.method, route.path, as: nil)
            switch route.access {
            case .open, .device:
                #expect(
                    anonymous.status != 403 || ["/open311/", "/wechat"].contains { route.path.hasPrefix($0) },
                    "\(route.method) \(route.path)")
            case .known, .anyone, .needs: #expect(anonymous.status == 401, "\(route.method) \(route.path)")
            }
            guard case .needs(let permission) = route.access else { continue }
            for person in Town.people where !route.path.contains("/sessions") {
                let answer = await town.ask(route.method, route.path, as: person)
                let isHolder = !permission.roles.isDisjoint(with: roles(of: person))
                if isHolder {
                    // A handler may still find that this one thing is not the caller's; nobody is turned away at once.
                    #expect(answer.status != 401, "\(person) \(route.method) \(route.path)")
                    #expect(answer.status != 403, "\(person) \(route.method) \(route.path)")
                    #expect(answer.status < 500, "\(person) \(route.method) \(route.path)")
                } else {
                    #expect(answer.status == 403, "\(person) \(route.method) \(route.path)")
                }
            }
        }
        await town.close()
    }

    @Test("Every entry of the navigation stands under a heading of the rail, and leads to a page")
    func navigation() async throws {
        let town = try await Town.open()
        #expect(town.house.navigation.alone == [])
        let pages = Set(town.house.routes.all.filter { $0.method == .get }.map(\.path))
        #expect(town.house.navigation.all.filter { !pages.contains($0) } == [])
        await town.close()
    }

    @Test("Nothing is open to strangers but what must be")
    func openRoutes() async throws {
        let town = try await Town.open()
        let open = town.house.routes.all.filter { $0.access == .open || $0.access == .device }
            .map { "\($0.method.rawValue) \($0.path)" }
        #expect(
            Set(open) == [
                "GET /cap/alerts", "GET /cap/alerts/{id}", "POST /cap/alerts", "GET /healthz", "GET /readyz",
                "GET /metrics", "GET /login", "POST /login", "POST /preferences",
                "POST /api/v1/sessions", "GET /api/v1/openapi.json", "GET /push/{gateway}", "POST /push/{gateway}",
                "POST /api/v1/messages/{id}/receipt", "POST /sample-gateway/messages",
                "POST /carriers/{carrier}/{token}", "GET /duty/calendar/{token}",
                "GET /report", "GET /report/map.svg", "GET /report/safety", "POST /report/form", "POST /report/send",
                "GET /receipt", "GET /receipt/work", "POST /receipt", "POST /api/v1/reports",
                "POST /api/v1/reports/status", "GET /api/v1/categories/reports",
                "GET /fixed", "GET /fixed/photos/{photo}", "GET /lessons", "GET /lessons.xml", "GET /lessons/{id}",
                "POST /lessons/{id}",
                "GET /lessons/{id}/poster", "GET /lessons/{id}/poster.pdf", "GET /lessons/{id}/pictures/{picture}",
                "GET /lessons/{id}/video", "GET /lessons/{id}/video/poster", "GET /lessons/{id}/video/captions",
                "GET /lessons/{id}/season.ics", "GET /lessons/{id}/remind",
                "GET /api/v1/lessons", "GET /wechat", "POST /wechat", "POST /sample-wechat/api/cgi-bin/stable_token",
                "GET /sample-wechat/api/cgi-bin/media/get", "POST /sample-wechat/api/cgi-bin/message/custom/send",
                "POST /sample-wechat/api/cgi-bin/message/subscribe/bizsend",
                "POST /sample-wechat/api/cgi-bin/message/template/subscribe",
                "POST /sample-wechat/api/cgi-bin/message/mass/sendall", "POST /sample-wechat/api/cgi-bin/menu/create",
                "POST /sample-wechat/api/cgi-bin/material/add_material", "POST /sample-wechat/api/cgi-bin/draft/add",
                "POST /sample-wechat/api/cgi-bin/freepublish/submit",
                "POST /sample-wechat/api/cgi-bin/openapi/quota/get", "GET /open311/discovery.xml",
                "GET /open311/discovery.json",
                "GET /open311/v2/services.xml",
                "GET /open311/v2/services.json", "GET /open311/v2/services/{code}", "GET /open311/v2/requests.xml",
                "GET /open311/v2/requests.json", "POST /open311/v2/requests.xml", "POST /open311/v2/requests.json",
                "GET /open311/v2/requests/{code}", "GET /open311/v2/tokens/{code}",
                "GET /open311/v2/servicerequestupdates.xml", "GET /open311/v2/servicerequestupdates.json",
                "POST /open311/v2/servicerequestupdates.xml", "POST /open311/v2/servicerequestupdates.json",
            ])
        await town.close()
    }

    @Test("Every permission that a route names has words for the page of roles, in both languages")
    func permissionWords() async throws {
        let town = try await Town.open()
        let catalogue = try Catalogue(bundles: RoomList.resources)
        let names = town.house.routes.permissions.values.map(\.name).sorted()
        for language in Language.allCases {
            #expect(
                names.filter { !catalogue.keys(language).contains("permission.\($0)") } == [], "\(language.rawValue)")
        }
        await town.close()
    }

    @Test("A page of every list that needs nothing more than a query answers to who may read it, in words alone")
    func lists() async throws {
        let town = try await Town.open()
        let catalogue = try Catalogue(bundles: RoomList.resources)
        let rooms = Set(catalogue.keys(.zh).compactMap { $0.split(separator: ".").first.map(String.init) })
        // Names of permissions stand on the page of roles on purpose.
        let permissions = Set(town.house.routes.permissions.values.map(\.name))
        for route in town.house.routes.all where route.method == .get && !route.path.contains("{") {
            guard case .needs(let permission) = route.access else { continue }
            let person = try #require(Town.people.first { !permission.roles.isDisjoint(with: roles(of: $0)) })
            let answer = await town.ask(.get, route.path, as: person)
            #expect(answer.status == 200, "\(person) \(route.path)")
            let page = String(decoding: answer.bodyBytes, as: UTF8.self)
            guard page.hasPrefix("<!doctype html>") else { continue }
            let shown = Self.words(of: page).filter { !permissions.contains($0) && Self.isKey($0, of: rooms) }
            #expect(shown == [], "\(person) \(route.path) shows keys in place of words")
        }
        await town.close()
    }

    /// What a reader sees of a page, word by word.
    private static func words(of page: String) -> [String] {
        var text = ""
        var rest = page[...]
        while let open = rest.firstIndex(of: "<") {
            text += rest[..<open] + " "
            let isScript = rest[open...].hasPrefix("<script")
            guard let end = rest[open...].firstRange(of: isScript ? "</script>" : ">") else { break }
            rest = rest[end.upperBound...]
        }
        return text.split(whereSeparator: { $0.isWhitespace || "，、；：（）".contains($0) }).map(String.init)
    }

    private static func isKey(_ word: String, of rooms: Set<String>) -> Bool {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count > 1 && rooms.contains(String(parts[0]))
            && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0 == "-") } }
    }
}
