import Foundation
import HTTPTypes
import Kernel
import Storage
import Testing
import Web

@testable import Woodpecker

@Suite("Open311 GeoReport v2")
struct Open311Tests {
    private static let key = "key-for-tests"

    private func stranger(_ engine: Engine = .sqlite) async throws -> (Nest, Stranger) {
        let nest = try await Nest(engine)
        try await nest.database.write { db in
            try Open311Store.addKey(Self.key, name: "test", at: .now, in: db)
        }
        return (nest, try Stranger(nest))
    }

    private func json(_ answer: Answer) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(answer.bodyBytes))
    }

    @Test("is discovered in both formats with every field that the standard requires")
    func discovery() async throws {
        let (_, stranger) = try await stranger()
        let xml = await stranger.ask(.get, "/open311/discovery.xml")
        #expect(xml.header("Content-Type") == "text/xml")
        #expect(
            xml.text.contains(
                "<specification>http://wiki.open311.org/GeoReport_v2</specification><url>http://127.0.0.1:8080/open311/v2</url>"
            ))
        let document = try #require(try json(await stranger.ask(.get, "/open311/discovery.json")) as? [String: Any])
        #expect(Set(document.keys) == ["changeset", "contact", "key_service", "endpoints"])
        let endpoint = try #require((document["endpoints"] as? [[String: Any]])?.first)
        #expect(Set(endpoint.keys) == ["specification", "url", "changeset", "type", "formats"])
        #expect(endpoint["formats"] as? [String] == ["text/xml", "application/json"])
    }

    @Test("lists services with codes as texts and truth values as such, and their questions in order")
    func services() async throws {
        let (_, stranger) = try await stranger()
        let all = try #require(try json(await stranger.ask(.get, "/open311/v2/services.json")) as? [[String: Any]])
        let water = try #require(all.first { $0["service_code"] as? String == "water" })
        #expect(
            Set(water.keys) == ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"])
        #expect(water["metadata"] as? Bool == true && water["type"] as? String == "realtime")
        let text = await stranger.ask(.get, "/open311/v2/services.xml").text
        #expect(
            text.hasPrefix(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<services><service><service_code>water</service_code>"))
        let definition = try #require(
            try json(await stranger.ask(.get, "/open311/v2/services/water.json")) as? [String: Any])
        let attributes = try #require(definition["attributes"] as? [[String: Any]])
        #expect(attributes.map { $0["order"] as? Int } == [1, 2])
        #expect(attributes[0]["required"] as? Bool == true && attributes[0]["datatype"] as? String == "singlevaluelist")
        let xml = await stranger.ask(.get, "/open311/v2/services/water.xml").text
        #expect(xml.contains("<values><value><key>drip</key><name>"))
    }

    @Test("takes a request, shows of it what everybody may know, and follows it", arguments: Engine.allCases)
    func request(_ engine: Engine) async throws {
        let (nest, stranger) = try await stranger(engine)
        let answer = await stranger.ask(
            .post, "/open311/v2/requests.json",
            [
                ("api_key", Self.key), ("service_code", "water"), ("lat", "34.01234"), ("long", "113.01234"),
                ("attribute[flow]", "burst"), ("description", "<b>水管</b>爆了"), ("first_name", "某"), ("last_name", "贺"),
                ("phone", "19900001111"), ("email", ""), ("device_id", "DEVICE-7"),
            ])
        let made = try #require(try (json(answer) as? [[String: Any]])?.first)
        #expect(Set(made.keys) == ["service_request_id", "service_notice", "account_id"])
        let id = try #require(made["service_request_id"] as? String)
        let one = await stranger.ask(.get, "/open311/v2/requests/\(id).json")
        let shown = try #require(try (json(one) as? [[String: Any]])?.first)
        #expect(shown["status"] as? String == "open" && shown["service_code"] as? String == "water")
        #expect(shown["lat"] as? Double == 34.0125 && shown["description"] is NSNull)
        for secret in ["水管", "贺", "19900001111", "DEVICE-7", "34.01234"] { #expect(!one.text.contains(secret)) }
        let caseID = try #require(CaseID(id))
        #expect(try await nest.words(caseID, as: "officer") == "<b>水管</b>爆了")
        let listed = await stranger.ask(.get, "/open311/v2/requests.xml?status=open&service_code=water").text
        #expect(
            listed.contains(
                "<service_requests><request><service_request_id>\(id)</service_request_id><status>open</status>"))
        let token = await stranger.ask(.get, "/open311/v2/tokens/\(id).xml").text
        #expect(token.contains("<request><service_request_id>\(id)</service_request_id><token>\(id)</token></request>"))
        try await nest.act(.handOver, caseID, as: "officer", [("department", nest.water.id.description)])
        try await nest.act(.finish, caseID, as: "clerk", [("text", "修好"), ("outcome", "fixed")])
        let closed = await stranger.ask(.get, "/open311/v2/requests.xml?status=closed").text
        #expect(closed.contains("<status>closed</status>"))
        #expect(
            await stranger.ask(.get, "/open311/v2/requests.xml?status=open").text.hasSuffix("\n<service_requests/>"))
        let start = Open311.w3c(.now - 3_600_000).replacing("+", with: "%2B")
        let changes = await stranger.ask(
            .get, "/open311/v2/servicerequestupdates.xml?api_key=\(Self.key)&start_date=\(start)"
        ).text
        #expect(changes.contains("<status>FIXED</status>"))
    }

    @Test("takes another system's update once, however often it comes", arguments: Engine.allCases)
    func updates(_ engine: Engine) async throws {
        let (nest, stranger) = try await stranger(engine)
        let (_, taken) = try await nest.report()
        var numbers: Set<String> = []
        for _ in 0..<3 {
            let answer = await stranger.ask(
                .post, "/open311/v2/servicerequestupdates.xml",
                [
                    ("api_key", Self.key), ("service_request_id", taken.caseID.description), ("update_id", "u-1"),
                    ("status", "IN_PROGRESS"), ("updated_datetime", "2026-11-24T10:00:00Z"), ("description", "处理中"),
                ])
            #expect(answer.status == 200)
            numbers.insert(answer.text)
        }
        #expect(numbers.count == 1)
        // What it says is sealed to who handles it, also to the department that gets the case later, and to nobody else.
        let clear = try await nest.database.read { db in
            try db.values(String.self, "SELECT content FROM case_entry")
                + db.values(String.self, "SELECT data FROM event")
        }
        #expect(!clear.joined().contains("处理中"))
        func read(_ name: String) async throws -> [String?] {
            let (caller, room) = (try nest.person(name), nest.room)
            return try await nest.database.read { db in
                try room.handling.updates(of: taken.caseID, for: caller, in: db).map(\.words)
            }
        }
        #expect(try await read("officer") == ["处理中"])
        // A clerk without the case has no key to it.
        #expect(try await read("clerk") == [nil])
        try await nest.act(.handOver, taken.caseID, as: "officer", [("department", nest.water.id.description)])
        #expect(try await read("clerk") == ["处理中"])
        #expect(try await read("admin") == [nil])
        try await nest.act(.giveBack, taken.caseID, as: "clerk", [("text", "不归我们")])
        #expect(try await read("clerk") == [nil])
    }

    @Test("takes no update of what is not for everybody")
    func hiddenUpdates() async throws {
        let (nest, stranger) = try await stranger()
        let (_, conduct) = try await nest.report(category: "conduct")
        let (_, about) = try await nest.report(about: .department(nest.service.id))
        for id in [conduct.caseID, about.caseID] {
            let answer = await stranger.ask(
                .post, "/open311/v2/servicerequestupdates.xml",
                [
                    ("api_key", Self.key), ("service_request_id", id.description), ("update_id", "u-1"),
                    ("status", "CLOSED"),
                ])
            #expect(answer.status == 404)
        }
        let count = try await nest.database.read { db in
            try db.value(Int64.self, "SELECT COUNT(*) FROM open311_update")
        }
        #expect(count == 0)
    }

    @Test(
        "answers every error with the standard's status and document",
        arguments: [
            ("/open311/v2/services/no-such.xml", 404), ("/open311/v2/services.xml?jurisdiction_id=elsewhere.gov", 404),
            ("/open311/v2/requests.xml?service_code=no-such", 404), ("/open311/v2/requests/0000000000001.xml", 404),
            ("/open311/v2/tokens/0000000000001.xml", 404), ("/open311/v2/requests.xml?status=half", 400),
            ("/open311/v2/requests.xml?start_date=yesterday", 400),
            ("/open311/v2/requests.xml?start_date=2026-01-01T00:00:00Z&end_date=2026-06-01T00:00:00Z", 400),
            ("/open311/v2/requests.xml?page_size=100000", 400), ("/open311/v2/servicerequestupdates.xml", 403),
        ])
    func errors(_ path: String, _ status: Int) async throws {
        let (_, stranger) = try await stranger()
        let answer = await stranger.ask(.get, path)
        #expect(answer.status == status)
        #expect(answer.text.contains("<errors><error><code>\(status)</code><description>"))
    }

    @Test("refuses a request without key, service, place or a required answer")
    func refusals() async throws {
        let (nest, stranger) = try await stranger()
        let good = [
            ("api_key", Self.key), ("service_code", "water"), ("lat", "34"), ("long", "113"),
            ("attribute[flow]", "drip"),
        ]
        func without(_ name: String, _ value: String? = nil) async -> Int {
            let form = good.filter { $0.0 != name } + (value.map { [(name, $0)] } ?? [])
            return await stranger.ask(.post, "/open311/v2/requests.json", form).status
        }
        #expect(await without("api_key") == 403)
        #expect(await without("api_key", "wrong-key-here") == 403)
        #expect(await without("service_code") == 400)
        #expect(await without("service_code", "no-such") == 404)
        #expect(await without("lat") == 400)
        #expect(await without("lat", "north") == 400)
        #expect(await without("attribute[flow]") == 400)
        #expect(await without("attribute[flow]", "flood") == 400)
        let count = try await nest.database.read { db in try db.value(Int64.self, "SELECT COUNT(*) FROM report") }
        #expect(count == 0)
        #expect(await stranger.ask(.post, "/open311/v2/requests.json", good).status == 200)
    }
}
