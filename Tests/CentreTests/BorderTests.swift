import Geo
import HTTPTypes
import Kernel
import Places
import Storage
import Testing
import Web

@testable import Centre

@Suite("Whatever lies on the map goes with the borders")
struct BorderTests {
    /// What has an area: a table, and which of its rows an edit moves.
    private static let kinds: [(table: String, rows: SQL)] = [
        ("site", "1 = 1"), ("camera", "1 = 1"), ("water_place", "1 = 1"), ("case_record", "is_open = 1"),
        ("registry_record", "lat IS NOT NULL"),
    ]

    private func area(_ town: Town, _ table: String, _ id: Int64) async throws -> AreaID? {
        try await town.centre.database.read { db in
            try db.value(AreaID?.self, "SELECT area FROM \(raw: table) WHERE id = \(id)") ?? nil
        }
    }

    private func map(_ town: Town) async throws -> AreaMap {
        AreaMap(try await town.centre.database.read { db in try AreaEditor.areas(at: .now, in: db) })
    }

    /// Two neighbours become one: by the API, so that the house's own list of followers is what is tried.
    private func merge(_ town: Town, _ grids: [Area]) async throws -> AreaID {
        for left in grids {
            for right in grids where right.parent == left.parent && left.id < right.id {
                let body = """
                    {"edits":[{"op":"merge","areas":["\(left.id)","\(right.id)"],"name":"合并网格（示例）"}]}
                    """
                try await place(town, in: left)
                let answer = await town.ask(
                    .post, "/api/v1/areas/edits", as: "leader", body: Array(body.utf8),
                    key: "merge-\(left.id)-\(right.id)")
                if answer.status < 300 { return left.id }
            }
        }
        Issue.record("no two grids could be merged")
        return AreaID(rawValue: 0)
    }

    /// Puts the first row of each kind into the middle of an area, and the second one into the area without a place.
    private func place(_ town: Town, in area: Area) async throws {
        let spot = try #require(area.geometry.areas.max { $0.size < $1.size }?.inside)
        try await town.centre.database.write { db in
            for (table, rows) in Self.kinds {
                let ids = try Self.ids(table, rows, in: db)
                guard let first = ids.first else { continue }
                try db.execute(
                    """
                    UPDATE \(raw: table) SET lat = \(spot.lat), lon = \(spot.lon), area = \(area.id) WHERE id = \(first)
                    """)
                guard ids.count > 1 else { continue }
                try db.execute(
                    "UPDATE \(raw: table) SET lat = NULL, lon = NULL, area = \(area.id) WHERE id = \(ids[1])")
            }
            try db.execute(
                """
                UPDATE case_record SET is_open = 0, lat = \(spot.lat), lon = \(spot.lon), area = \(area.id)
                WHERE id = (SELECT MAX(id) FROM case_record)
                """)
        }
    }

    private static func ids(_ table: String, _ rows: SQL, in db: any Reading) throws -> [Int64] {
        try db.values(Int64.self, "SELECT id FROM \(raw: table) WHERE \(rows) ORDER BY id LIMIT 2")
    }

    @Test(
        "Sites, cameras, waters, open cases and records get their new area with the edit, and theirs back with the undo"
    )
    func follow() async throws {
        let town = try await Town.open()
        let made = await town.ask(
            .post, "/api/v1/records/{category}", as: "clerk",
            body: Array(#"{"values":{"number":"XF-901","kind":"pond","place":"33.99,112.96"}}"#.utf8),
            pieces: ["category": "hydrant"], key: "border-record")
        #expect(made.status == 201)
        let before = try await map(town)
        let old = try await merge(town, before.inForce.filter { $0.kind == .grid }.sorted { $0.id < $1.id })
        let after = try await map(town)
        let spot = try #require(before.byID[old]?.geometry.areas.max { $0.size < $1.size }?.inside)
        let heir = try #require(GeoPoint(lat: spot.lat, lon: spot.lon).flatMap(after.area(at:)))
        #expect(heir != old)
        for (table, rows) in Self.kinds {
            let ids = try await town.centre.database.read { db in try Self.ids(table, rows, in: db) }
            let first = try #require(ids.first, "the sample has no \(table)")
            #expect(try await area(town, table, first) == heir, "\(table)")
            if ids.count > 1, table != "registry_record" {
                #expect(try await area(town, table, ids[1]) == heir, "\(table) without a place")
            }
        }
        let closed = try await town.centre.database.read { db in
            try db.value(Int64.self, "SELECT MAX(id) FROM case_record") ?? 0
        }
        #expect(try await area(town, "case_record", closed) == old, "what is closed stays where it was")
        let undone = await town.ask(.post, "/api/v1/areas/undo", as: "leader", key: "border-undo")
        #expect(undone.status < 300)
        for (table, rows) in Self.kinds {
            let ids = try await town.centre.database.read { db in try Self.ids(table, rows, in: db) }
            #expect(try await area(town, table, try #require(ids.first)) == old, "\(table) after the undo")
        }
        await town.close()
    }
}
