import Kernel
import Places
import Storage
import Web

/// `/registry/quality`: how complete, how fresh and how free of contradictions the data are, village by village.
struct QualityPages {
    let desk: RegistryDesk

    func add(to routes: inout Routes) {
        routes.get("/registry/quality", .needs(.registryQuality), "How true the data are, by village") { call in
            try await page(call)
        }
        routes.get(
            "/api/v1/registry/quality", .needs(.registryQuality),
            "How true the data are, by village; counts of people below 5 are held back",
            shapes: Shapes(query: [("category", "one category")], gives: .page(of: .anything))
        ) { call in
            try .list(try await lines(call), next: nil)
        }
    }

    struct Line: Encodable, Sendable {
        var village: String
        /// As text, because a small number of people is told as `<5`.
        var records: String
        var complete: String
        var fresh: String
        var contradictory: String
        var isHeldBack: Bool
    }

    private func lines(_ call: Call) async throws -> [Line] {
        let (caller, wanted) = (try call.signedIn(), call.query("category"))
        return try await call.database.read { db in
            guard let lines = try lines(for: caller, category: wanted, in: db) else {
                throw Problem.invalid(["category": "unknown"])
            }
            return lines
        }
    }

    /// The lines of the villages that the caller answers for; `nil` where there is no such category for them.
    func lines(for caller: Caller, category wanted: String? = nil, in db: any Reading) throws -> [Line]? {
        let viewer = Viewer(caller, desk.areas)
        let categories = desk.book.all.filter { Policy.sees($0, viewer) && (wanted == nil || $0.key == wanted) }
        guard !categories.isEmpty else { return nil }
        let sums = try Self.sums(categories.map(\.key), at: .now, in: db)
        let aboutPeople = Set(categories.filter(\.isAboutPeople).map(\.key))
        return desk.areas.villages.filter { viewer.areas?.contains($0.id) ?? true }.map { village in
            let mine = sums.filter { $0.village == village.id }
            return Self.line(village.name, mine, aboutPeople)
        }
    }

    struct Sum: RowDecodable {
        var category: String
        var village: AreaID?
        var records: Int64
        var due: Int64
        var doubts: Int64
        var missing: Int64

        init(row: inout Row) throws {
            category = try row.next()
            village = try row.next()
            records = try row.next()
            due = try row.next()
            doubts = try row.next()
            missing = try row.next()
        }
    }

    static func sums(_ categories: [String], at now: Instant, in db: any Reading) throws -> [Sum] {
        try db.all(
            Sum.self,
            """
            SELECT category, village, COUNT(*), COUNT(CASE WHEN due_at <= \(now) THEN 1 END),
              COUNT(CASE WHEN doubts > 0 THEN 1 END), COUNT(CASE WHEN missing > 0 THEN 1 END)
            FROM registry_record WHERE category IN \(list: categories) GROUP BY category, village
            """)
    }

    /// A village's line. Where any category of people has fewer than 5 records there, that category is left out: a
    /// share of four people would tell about each.
    static func line(_ village: String, _ sums: [Sum], _ aboutPeople: Set<String>) -> Line {
        let told = sums.filter { !aboutPeople.contains($0.category) || $0.records >= Shown.smallest }
        let isHeldBack = told.count < sums.count
        let records = told.reduce(0) { $0 + $1.records }
        func share(_ part: Int64) -> String { records == 0 ? "—" : "\(part * 100 / records)%" }
        // A contradiction of few people points at them.
        let doubts = told.reduce(0) { sum, one in
            sum + (aboutPeople.contains(one.category) && one.doubts > 0 && one.doubts < Shown.smallest ? 0 : one.doubts)
        }
        let smallDoubts = told.contains {
            aboutPeople.contains($0.category) && $0.doubts > 0 && $0.doubts < Shown.smallest
        }
        return Line(
            village: village, records: records == 0 && isHeldBack ? "<\(Shown.smallest)" : String(records),
            complete: share(records - told.reduce(0) { $0 + $1.missing }),
            fresh: share(records - told.reduce(0) { $0 + $1.due }),
            contradictory: smallDoubts && doubts == 0 ? "<\(Shown.smallest)" : String(doubts),
            isHeldBack: isHeldBack || smallDoubts)
    }

    private func page(_ call: Call) async throws -> Answer {
        let lines = try await lines(call)
        let viewer = Viewer(try call.signedIn(), desk.areas)
        return try call.page(
            "registry-quality", title: call.word("registry.quality"),
            [
                "items": lines.map {
                    [
                        "village": $0.village, "records": $0.records, "complete": $0.complete, "fresh": $0.fresh,
                        "contradictory": $0.contradictory, "heldBack": $0.isHeldBack,
                    ] as [String: Any]
                },
                "categories": desk.book.all.filter { Policy.sees($0, viewer) }.map {
                    [
                        "value": $0.key, "label": $0.name.text(call.language),
                        "selected": call.query("category") == $0.key,
                    ] as [String: Any]
                },
            ])
    }
}
