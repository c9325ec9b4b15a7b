import Foundation
import HTTPTypes
import Kernel
import Storage
import Testing
import Web

@testable import Centre

@Suite("Lists of ten thousand", .serialized)
struct LongListTests {
    private struct Item: Decodable { var id: String }
    private struct List: Decodable {
        var items: [Item]
        var next: String?
    }

    private static let count = 10_000

    /// Copies a row of `table` ten thousand times under new numbers; `changed` are columns of the copies as SQL over
    /// `i`, the copy's number from 1.
    private static func copy(_ table: String, _ changed: [String: String], in db: any Writing) throws {
        let columns = try db.values(String.self, "SELECT name FROM pragma_table_info(\(table)) ORDER BY cid")
        let chosen = columns.map { column in
            column == "id" ? "(SELECT MAX(id) FROM \(table)) + i" : changed[column] ?? "base.\(column)"
        }
        try db.execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(Int64(count)))
            INSERT INTO \(raw: table) (\(raw: columns.joined(separator: ", ")))
            SELECT \(raw: chosen.joined(separator: ", "))
            FROM n, (SELECT * FROM \(raw: table) ORDER BY id LIMIT 1) AS base
            """)
    }

    @Test("Each list is walked page by page: every row once, none left out, in pages of the asked size")
    func walk() async throws {
        let town = try await Town.open()
        let made = await town.ask(
            .post, "/api/v1/cases", as: "officer", body: Array(#"{"kind":"report","severity":2,"title":"路灯"}"#.utf8))
        #expect(made.status == 201)
        try await town.centre.database.write { db in
            try Self.copy("case_record", ["number": "'长' || i"], in: db)
            try Self.copy("site", ["name": "'场所' || i"], in: db)
            try Self.copy("gateway", ["address": "'copy-' || i"], in: db)
            try Self.copy("detector", ["address": "'copy-' || i"], in: db)
            try Self.copy("staff", ["username": "'copy' || i", "roles": "'grid'"], in: db)
            try Self.copy("unit", ["name": "'队' || i"], in: db)
            // Many fall due at one moment: the number tells them apart.
            try Self.copy(
                "inspection", ["done_at": "1", "due_at": "base.due_at + i / 1000 * 86400000"], in: db)
            try db.execute(
                """
                INSERT INTO roll_call (id, gateway, asked_at, asked_by, minutes, outcome)
                SELECT id, id, id, 'x', 10, 'answered' FROM gateway
                """)
            try db.execute(
                """
                INSERT INTO alarm (id, site, source_key, peer, scope, kind, place, state, severity, marked_test,
                  in_maintenance, raised_at, last_signal_at, repeats, acknowledged_by, verified_by, note, cleared_at,
                  reasons)
                SELECT id, id, 's' || id, '', 'component', 'smoke', '厨房', 'cleared', 1, 0, 0, 1, 1, 0, '', '', '', 1, '[]'
                FROM site
                """)
        }
        for (list, table, person) in [
            ("cases", "case_record", "officer"), ("alarms", "alarm", "officer"), ("sites", "site", "officer"),
            ("detectors", "detector", "officer"), ("gateways", "gateway", "officer"),
            ("inspections", "inspection", "officer"), ("roll-calls", "roll_call", "officer"),
            ("staff", "staff", "admin"), ("units", "unit", "officer"),
        ] {
            let all = try await town.centre.database.read { db in
                try db.values(Int64.self, "SELECT id FROM \(raw: table)")
            }
            #expect(all.count > Self.count, "\(list)")
            var seen: [String] = []
            var query = "limit=500"
            for _ in 0..<60 {
                let answer = await town.ask(.get, "/api/v1/\(list)", as: person, query: query)
                let page = try JSON.decode(List.self, answer.bodyBytes)
                seen += page.items.map(\.id)
                guard let next = page.next else { break }
                #expect(page.items.count == 500, "\(list)")
                query = String(next.drop { $0 != "?" }.dropFirst())
            }
            #expect(seen.count == all.count && Set(seen).count == all.count, "\(list)")
        }
        await town.close()
    }
}
