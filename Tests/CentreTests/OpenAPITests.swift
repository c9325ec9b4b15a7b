import Foundation
import HTTPTypes
import Kernel
import Testing
import Web

@testable import Centre

@Suite("The API's description", .serialized)
struct OpenAPITests {
    private func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test("It names every route of the API with its permission, and no other")
    func complete() async throws {
        let town = try await Town.open()
        let document = try object(await town.ask(.get, "/api/v1/openapi.json", as: nil).bodyBytes)
        #expect(document["openapi"] as? String == "3.1.0")
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        var described: Set<String> = []
        for (path, operations) in paths {
            for method in operations.keys { described.insert("\(method.uppercased()) \(path)") }
        }
        let known = town.house.routes.all
            .filter {
                ($0.path.hasPrefix("/api/v1/") && $0.path != "/api/v1/openapi.json") || $0.path.hasPrefix("/push/")
            }
            .map { "\($0.method.rawValue) \($0.path)" }
        #expect(described == Set(known))
        let sites = try #require(paths["/api/v1/sites"]?["get"] as? [String: Any])
        #expect(sites["x-permission"] as? String == "site.read")
        await town.close()
    }

    @Test("What it says of an answer holds for the answer")
    func answers() async throws {
        let town = try await Town.open()
        for route in town.house.routes.all where route.method == .get && route.path.hasPrefix("/api/v1/") {
            guard let shape = route.shapes.gives, !route.path.contains("{"), case .needs(let permission) = route.access,
                let person = Town.people.first(where: { name in
                    Role(rawValue: name).map(permission.roles.contains) ?? false
                })
            else { continue }
            let answer = await town.ask(.get, route.path, as: person)
            let value = try JSONSerialization.jsonObject(with: Data(answer.bodyBytes), options: [.fragmentsAllowed])
            #expect(flaw(value, shape, "$") == nil, "\(route.path)")
        }
        await town.close()
    }

    /// Where `value` is not of `shape`, or `nil`.
    private func flaw(_ value: Any, _ shape: Shape, _ path: String) -> String? {
        switch shape {
        case .text: return value is String ? nil : path
        case .time: return (value as? String).flatMap(Instant.init) == nil ? path : nil
        case .id: return (value as? String)?.utf8.count == 13 ? nil : path
        case .integer, .number: return value is NSNumber ? nil : path
        case .flag: return value is Bool ? nil : path
        case .oneOf(let texts): return (value as? String).map(texts.contains) == true ? nil : "\(path): \(value)"
        case .anything: return nil
        case .list(let item):
            guard let list = value as? [Any] else { return path }
            return list.enumerated().lazy.compactMap { flaw($0.element, item, "\(path)[\($0.offset)]") }.first
        case .object(let members, let required):
            guard let object = value as? [String: Any] else { return path }
            if let missing = required.first(where: { object[$0] == nil }) { return "\(path).\(missing) is missing" }
            return members.lazy.compactMap { name, member in
                object[name].flatMap { $0 is NSNull ? nil : flaw($0, member, "\(path).\(name)") }
            }.first
        }
    }
}
