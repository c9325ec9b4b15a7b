import Foundation
import Geo
import HTTPTypes
import Kernel
import Testing
import Web

@testable import Centre

@Suite("No way out of the map shows what the policy hides", .serialized)
struct MapExitTests {
    private static let place = Position(lon: 112.96, lat: 33.99)
    /// Of a business: none of it is drawn for anybody, its name for those who may.
    private static let hidden = ["贾雀东", "19907651234", "雀巷七十七号", "雀店备注", "雀工坊备注"]
    private static let name = "示例雀工坊"

    private func ask(
        _ town: Town, _ method: HTTPRequest.Method, _ path: String, as person: String,
        _ parameters: [String: String] = [:], query: String = "", body: [UInt8] = []
    ) async throws -> Answer {
        let route = try #require(town.house.routes.all.first { $0.method == method && $0.path == path }, "\(path)")
        var headers: HTTPFields = [.accept: "application/json", .contentType: "application/json"]
        if let token = town.tokens[person] { headers[.authorization] = "Bearer \(token)" }
        let incoming = Incoming(
            method: method, path: path, parameters: parameters, query: Form(query.utf8), headers: headers,
            authority: "127.0.0.1", address: "127.0.0.1")
        return await town.house.dispatcher.answer(route, incoming) { _ in body }
    }

    private struct Layers: Decodable {
        struct Layer: Decodable {
            var name: String
            var hasMarks: Bool
        }
        var items: [Layer]
    }

    private struct Made: Decodable {
        var id: String
        var version: Int64
    }

    @Test(
        "Tiles of every layer, marks, counts, what is around, inside and found, for every role; and tiles go with the data"
    )
    func everyWayOut() async throws {
        let town = try await Town.open()
        let values = [
            "name": Self.name, "head": Self.hidden[0], "phone": Self.hidden[1], "address": Self.hidden[2],
            "note": Self.hidden[3], "place": "\(Self.place.lat),\(Self.place.lon)",
        ]
        let answer = try await ask(
            town, .post, "/api/v1/records/{category}", as: "clerk", ["category": "business"],
            body: try JSON.encode(["values": values]))
        #expect(answer.status == 201, "\(String(decoding: answer.bodyBytes, as: UTF8.self))")
        let made = try JSON.decode(Made.self, answer.bodyBytes)
        var (tiles, seen) = (0, Set<String>())
        for person in Town.people {
            let list = try await ask(town, .get, "/api/v1/map/layers", as: person)
            let layers = try JSON.decode(Layers.self, list.bodyBytes).items
            var ways: [(String, Answer)] = []
            for layer in layers {
                for zoom in [10, 13, 16] where layer.hasMarks {
                    let tile = Self.tile(zoom)
                    ways.append(("tile \(layer.name)", try await self.tile(town, layer.name, tile, as: person)))
                    tiles += 1
                }
                for path in ["/api/v1/map/marks", "/api/v1/map/counts"] {
                    ways.append(
                        (
                            "\(path) \(layer.name)",
                            try await ask(town, .get, path, as: person, query: "layer=\(layer.name)&limit=500")
                        ))
                }
            }
            let names = layers.map(\.name).joined(separator: ",")
            ways.append(
                (
                    "around",
                    try await ask(
                        town, .get, "/api/v1/map/around", as: person,
                        query: "lat=\(Self.place.lat)&lon=\(Self.place.lon)&layers=\(names)")
                ))
            for text in [Self.name] + Self.hidden {
                let found = try await ask(
                    town, .get, "/api/v1/map/find", as: person,
                    query: "q=\(text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")")
                ways.append(("find", found))
                // Asked by what is hidden, nothing is found: the answer is that of nonsense.
                if text != Self.name { #expect(!String(decoding: found.bodyBytes, as: UTF8.self).contains(made.id)) }
            }
            for (way, answer) in ways {
                #expect(answer.status == 200, "\(person) \(way)")
                let text = String(decoding: answer.bodyBytes, as: UTF8.self)
                for word in Self.hidden { #expect(!text.contains(word), "\(person) \(way) shows \(word)") }
                if text.contains(Self.name) { seen.insert(person) }
            }
            // A layer that a person may not see is refused, not empty.
            if !layers.contains(where: { $0.name == "record-business" }) {
                #expect(try await tile(town, "record-business", Self.tile(13), as: person).status == 403)
            }
        }
        #expect(tiles > 100)
        #expect(seen.contains("officer") && !seen.contains("owner"), "\(seen)")
        let first = try await tile(town, "record-business", Self.tile(16), as: "officer")
        let again = try await tile(town, "record-business", Self.tile(16), as: "officer")
        #expect(Self.tag(first) == Self.tag(again) && Self.tag(first) != nil)
        let changed = try await ask(
            town, .patch, "/api/v1/records/{category}/{id}", as: "clerk", ["category": "business", "id": made.id],
            body: Array(#"{"version":\#(made.version),"values":{"name":"示例新雀坊"}}"#.utf8))
        #expect(changed.status == 200)
        let after = try await tile(town, "record-business", Self.tile(16), as: "officer")
        #expect(Self.tag(after) != Self.tag(first))
        #expect(!String(decoding: after.bodyBytes, as: UTF8.self).contains(Self.name))
        await town.close()
    }

    private static func tag(_ answer: Answer) -> String? { answer.headers.first { $0.name == "ETag" }?.value }

    private static func tile(_ zoom: Int) -> (z: Int, x: Int, y: Int) {
        let (n, radians) = (Double(1 << zoom), place.lat * .pi / 180)
        return (zoom, Int((place.lon + 180) / 360 * n), Int((1 - asinh(tan(radians)) / .pi) / 2 * n))
    }

    private func tile(
        _ town: Town, _ layer: String, _ at: (z: Int, x: Int, y: Int), as person: String
    ) async throws -> Answer {
        try await ask(
            town, .get, "/tiles/{layer}/{z}/{x}/{tile}", as: person,
            ["layer": layer, "z": "\(at.z)", "x": "\(at.x)", "tile": "\(at.y).mvt"])
    }
}
