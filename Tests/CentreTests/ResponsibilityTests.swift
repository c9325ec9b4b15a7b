import Foundation
import HTTPTypes
import Kernel
import Storage
import Testing
import Web

@testable import Centre

@Suite("Areas of responsibility", .serialized)
struct ResponsibilityTests {
    private struct Item: Decodable { var id: String }
    private struct List: Decodable { var items: [Item] }

    private struct Place: RowDecodable, Sendable {
        var site: Int64
        var area: Int64
        var lat: Double
        var lon: Double
        init(row: inout Row) throws {
            (site, area) = (try row.next(), try row.next())
            (lat, lon) = (try row.next(), try row.next())
        }
    }

    private struct Parent: RowDecodable, Sendable {
        var id: Int64
        var kind: String
        var parent: Int64?
        init(row: inout Row) throws {
            id = try row.next()
            kind = try row.next()
            parent = try row.next()
        }
    }

    private func ids(_ town: Town, _ path: String, _ person: String) async throws -> Set<String> {
        let answer = await town.ask(.get, path, as: person, query: "limit=500")
        return Set(try JSON.decode(List.self, answer.bodyBytes).items.map(\.id))
    }

    @Test("Who answers for a village sees what lies in any of its parts, and nothing of other villages")
    func village() async throws {
        var town = try await Town.open()
        let (places, areas) = try await town.centre.database.read { db in
            (
                try db.all(Place.self, "SELECT id, area, lat, lon FROM site WHERE area IS NOT NULL ORDER BY id"),
                try db.all(Parent.self, "SELECT id, kind, parent FROM area")
            )
        }
        let parents = Dictionary(areas.map { ($0.id, $0) }) { first, _ in first }
        func village(of area: Int64) -> Int64? {
            var current = parents[area]
            while let area = current, area.kind != "village" { current = area.parent.flatMap { parents[$0] } }
            return current?.id
        }
        // A site in a part of a village, and one in another village.
        let here = try #require(places.first { village(of: $0.area) != nil && village(of: $0.area) != $0.area })
        let own = try #require(village(of: here.area))
        let there = try #require(places.first { village(of: $0.area) != nil && village(of: $0.area) != own })
        let area = AreaID(rawValue: own)

        var cases: [String] = []
        for place in [here, there] {
            let body = """
                {"kind":"report","severity":2,"title":"路灯","location":{"lat":\(place.lat),"lon":\(place.lon)}}
                """
            let made = await town.ask(.post, "/api/v1/cases", as: "officer", body: Array(body.utf8))
            cases.append(try JSON.decode(Item.self, made.bodyBytes).id)
        }
        let wish = #"{"username":"villager","name":"网格员","roles":["grid"],"areas":["\#(area)"]}"#
        #expect(await town.ask(.post, "/api/v1/staff", as: "admin", body: Array(wish.utf8)).status == 201)
        _ = try await town.centre.database.write { db in
            // As after the first log-in: the trial's password, chosen by oneself.
            try db.execute(
                """
                UPDATE staff SET must_change = 0, password = (SELECT password FROM staff WHERE username = 'grid')
                WHERE username = 'villager'
                """)
        }
        try await town.logIn("villager")

        let seen = try await ids(town, "/api/v1/cases", "villager")
        #expect(seen.contains(cases[0]) && !seen.contains(cases[1]))
        #expect(try await ids(town, "/api/v1/cases", "officer").isSuperset(of: cases))
        for (index, status) in [(0, 200), (1, 404)] {
            let answer = await town.ask(.get, "/api/v1/cases/{id}", as: "villager", pieces: ["id": cases[index]])
            #expect(answer.status == status)
        }
        let page = String(decoding: await town.ask(.get, "/cases", as: "villager").bodyBytes, as: UTF8.self)
        #expect(page.contains(cases[0]) && !page.contains(cases[1]))

        let sites = try await ids(town, "/api/v1/sites", "villager")
        let expected = places.filter { village(of: $0.area) == own }.map { ID<Place>(rawValue: $0.site).description }
        #expect(sites == Set(expected) && sites.count > 1)
        let other = ID<Place>(rawValue: there.site).description
        #expect(await town.ask(.get, "/api/v1/sites/{id}", as: "villager", pieces: ["id": other]).status == 404)
        await town.close()
    }
}
