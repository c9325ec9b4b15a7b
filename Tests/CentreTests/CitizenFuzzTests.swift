import Foundation
import HTTPTypes
import Kernel
import Testing
import Web

@testable import Centre

/// What is open to citizens is driven by its own description: every parameter and every member of every body that the
/// OpenAPI document names gets what nobody should send.
@Suite("The citizens' API against hostile values", .serialized)
struct CitizenFuzzTests {
    /// What a parameter, a piece of a path or a text may hold in bad hands.
    private static let texts: [String] = [
        "", " ", "0", "-1", "99999999999999999999", "1e309", "NaN", "null", "true", "'", "\"", "' OR '1'='1",
        "1;DROP TABLE lesson",
        "%00", "\u{0}", "\u{FFFE}", "\u{202E}", "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd",
        "<script>alert(1)</script>",
        "{{7*7}}", "${jndi:ldap://x}", "\r\nSet-Cookie: a=b", "%", "%zz", "[]", "{}", "2026-13-45T99:99:99Z",
        "0000000000001", "zzzzzzzzzzzzz", "🧨👨‍👩‍👧", String(repeating: "长", count: 5_000),
        String(repeating: "[", count: 20_000),
    ]
    /// The same as JSON, whatever type is wanted.
    private static let values: [String] =
        [
            "null", "true", "0", "-1", "9223372036854775808", "-9223372036854775809", "1e309", "-0.0", "0.1", "[]",
            "{}",
            "[null]", "[[[[]]]]", "{\"a\":{\"a\":{}}}", "[1,\"x\",{}]", "\"\\u0000\"", "\"\\ud800\"",
            "\"\\udfff\\ud800\"",
            String(repeating: "[", count: 5_000), String(repeating: "{\"a\":", count: 5_000),
        ] + texts.compactMap { try? JSON.text($0) }
    /// Bodies that are of no shape at all.
    private static let bodies: [[UInt8]] = [
        [], [0], [0xff, 0xfe, 0xfd], Array("{".utf8), Array("[]".utf8), Array("\"".utf8), Array("{\"a\":1,}".utf8),
        Array("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>".utf8),
        Array(String(repeating: "{\"a\":", count: 50_000).utf8), [UInt8](repeating: 0x20, count: 100_000),
        Array(String(repeating: "a=b&", count: 20_000).utf8),
    ]

    private struct Operation {
        var method: HTTPRequest.Method
        var path: String
        var pieces: [String]
        var query: [String]
        /// The members of its body; `nil` where it takes none.
        var members: [String: [String: Any]]?
    }

    /// What the document says that nobody needs to log in for, and what handles reports and lessons.
    private func operations(_ town: Town) async throws -> [Operation] {
        let bytes = await town.ask(.get, "/api/v1/openapi.json", as: nil).bodyBytes
        let document = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
        return paths.sorted { $0.key < $1.key }.flatMap { path, operations -> [Operation] in
            guard
                ["/api/v1/reports", "/api/v1/lessons", "/api/v1/categories/reports"].contains(where: path.hasPrefix)
            else { return [] }
            return operations.sorted { $0.key < $1.key }.compactMap { name, said in
                guard let method = HTTPRequest.Method(rawValue: name.uppercased()) else { return nil }
                let parameters = said["parameters"] as? [[String: Any]] ?? []
                func names(_ place: String) -> [String] {
                    parameters.filter { $0["in"] as? String == place }.compactMap { $0["name"] as? String }
                }
                let content = (said["requestBody"] as? [String: Any])?["content"] as? [String: [String: Any]]
                let schema = content?.values.first?["schema"] as? [String: Any]
                return Operation(
                    method: method, path: path, pieces: names("path"), query: names("query"),
                    members: schema.map { $0["properties"] as? [String: [String: Any]] ?? [:] })
            }
        }
    }

    /// A body in which everything is as the document says.
    private func good(_ members: [String: [String: Any]]) -> [String: String] {
        members.mapValues { schema in
            if let first = (schema["enum"] as? [String])?.first { return "\"\(first)\"" }
            return switch schema["type"] as? String ?? (schema["type"] as? [String])?.first {
            case "integer", "number": "1"
            case "boolean": "true"
            case "array": "[]"
            case "object": "{}"
            default: "\"x\""
            }
        }
    }

    private func json(_ members: [String: String]) -> [UInt8] {
        Array("{\(members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ","))}".utf8)
    }

    private func query(_ name: String, _ value: String) -> String {
        name + "=" + (value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
    }

    @Test(
        "No parameter and no body makes an answer of the server's own fault, whoever sends it",
        arguments: [nil, "leader"])
    func hostile(_ person: String?) async throws {
        let town = try await Town.open()
        let all = try await operations(town)
        for (method, path) in [
            (.post, "/api/v1/reports"), (.post, "/api/v1/reports/status"), (.get, "/api/v1/lessons"),
            (.delete, "/api/v1/lessons/{id}/pictures/{picture}"),
        ] as [(HTTPRequest.Method, String)] {
            #expect(all.contains { $0.method == method && $0.path == path }, "\(path)")
        }
        #expect(all.contains { !$0.query.isEmpty } && all.contains { !$0.pieces.isEmpty })
        var asked = 0
        func send(
            _ operation: Operation, body: [UInt8] = Array("{}".utf8), query: String = "",
            pieces: [String: String] = [:],
            type: String? = nil
        ) async {
            asked += 1
            let answer = await town.ask(
                operation.method, operation.path, as: person, body: body, query: query, pieces: pieces,
                headers: type.map { [(.contentType, $0)] } ?? [])
            #expect(
                answer.status < 500,
                "\(operation.method) \(operation.path) ?\(query.prefix(80)) \(pieces) \(String(decoding: body.prefix(120), as: UTF8.self))"
            )
            let said = String(decoding: answer.bodyBytes.prefix(100_000), as: UTF8.self)
            #expect(!said.contains("root:x:0:0") && !said.contains("SELECT "), "\(operation.path)")
            #expect(
                !answer.headers.contains { $0.value.contains("\r") || $0.value.contains("\n") }, "\(operation.path)")
        }
        for operation in all {
            for piece in operation.pieces {
                for text in Self.texts { await send(operation, pieces: [piece: text]) }
            }
            for name in operation.query {
                for text in Self.texts { await send(operation, query: query(name, text)) }
            }
            guard let members = operation.members else { continue }
            let whole = good(members)
            for name in members.keys.sorted() {
                for value in Self.values {
                    var body = whole
                    body[name] = value
                    await send(operation, body: json(body))
                }
                var body = whole
                body[name] = nil
                await send(operation, body: json(body))
            }
            for body in Self.bodies {
                for type in [
                    "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a",
                    "text/xml", "",
                ] {
                    await send(operation, body: body, type: type)
                }
            }
        }
        #expect(asked > 1_000)
        // It still answers as before.
        #expect(await town.ask(.get, "/api/v1/lessons", as: nil).status == 200)
        await town.close()
    }

    @Test("Open311 answers every hostile parameter in its own form, and never as a fault of ours")
    func open311() async throws {
        let town = try await Town.open()
        let names = [
            "jurisdiction_id", "service_code", "service_request_id", "start_date", "end_date", "status", "page",
            "page_size", "lat", "long", "api_key", "extensions", "address_string", "description", "email", "media_url",
        ]
        for route in town.house.routes.all where route.path.hasPrefix("/open311/") {
            for piece in route.path.split(separator: "/") where piece.hasPrefix("{") {
                let name = String(piece.dropFirst().dropLast())
                for text in Self.texts.flatMap({ [$0, $0 + ".json", $0 + ".xml"] }) {
                    #expect(await town.ask(route.method, route.path, as: nil, pieces: [name: text]).status < 500)
                }
            }
            for name in names {
                for text in Self.texts {
                    let pair = query(name, text)
                    let status =
                        route.method == .get
                        ? await town.ask(.get, route.path, as: nil, query: pair).status
                        : await town.ask(
                            route.method, route.path, as: nil,
                            body: Array(("api_key=open311-sample-key&service_code=water&" + pair).utf8),
                            headers: [(.contentType, "application/x-www-form-urlencoded")]
                        ).status
                    #expect(status < 500, "\(route.method) \(route.path) \(pair.prefix(80))")
                }
            }
            guard route.method == .post else { continue }
            for body in Self.bodies {
                #expect(await town.ask(.post, route.path, as: nil, body: body).status < 500, "\(route.path)")
            }
        }
        await town.close()
    }
}
