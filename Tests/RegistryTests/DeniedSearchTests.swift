import Kernel
import Storage
import Testing
import Web

@testable import Registry

/// Counts what a search asks the store for, and what that hands over.
private final class Counting: Reading {
    let engine: Engine
    private let inner: any Reading
    private(set) var statements: [String] = []
    private(set) var rows = 0

    init(_ inner: any Reading) {
        self.inner = inner
        engine = inner.engine
    }

    func query(_ sql: SQL, each: (inout Row) throws -> Bool) throws {
        statements.append(sql.text)
        try inner.query(sql) { row in
            rows += 1
            return try each(&row)
        }
    }

    func scan(_ sql: SQL, each: (inout Row) throws -> Bool) throws {
        statements.append(sql.text)
        try inner.scan(sql) { row in
            rows += 1
            return try each(&row)
        }
    }
}

@Suite("A denied search takes the same steps whether there is such a record or not")
struct DeniedSearchTests {
    @Test(
        "By a whole number, its last four, a phone and an address, for roles that see none of them",
        arguments: Engine.allCases)
    func steps(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.add("resident", Town.zhang)
        let desk = town.desk
        let now = town.now
        let pairs = [
            ("412723199010050012", "11010519491231002X"), ("0012", "0013"), ("19900001234", "19900009999"),
            ("东村一社12号", "东村一社99号"),
        ]
        for role in [Role.brigade, .patrol, .owner, .auditor] {
            let viewer = Viewer(roles: [role])
            let categories = desk.book.all.filter { Policy.sees($0, viewer) }
            for (known, unknown) in pairs {
                func steps(_ text: String) async throws -> [String] {
                    try await town.database.read { db in
                        let counting = Counting(db)
                        let finder = RecordFinder(search: desk.search, viewer: viewer, now: now)
                        let query = RecordQuery(categories: categories, text: SearchQuery(text))
                        let page = try finder.page(query, limit: 50, in: counting)
                        return counting.statements + ["\(counting.rows) rows, \(page.records.count) records"]
                    }
                }
                #expect(try await steps(known) == (try await steps(unknown)), "\(role) \(known)")
            }
        }
    }
}
