import Kernel
import Places
import Storage

extension WoodpeckerRoom {
    /// Adds requests that Open311 lists, for measuring: of all public categories, evenly over two years before `now`, one
    /// in seven of them open, half of the others published.
    public static func addRequests(
        _ count: Int, areas: [AreaID], at now: Instant, in database: any Database
    ) async throws {
        let codes = try Category.load().filter(\.isPublic).map(\.code)
        guard count > 0, !codes.isEmpty else { return }
        let stepMs = max(1, 730 * CivilTime.dayMs / Int64(count))
        let begin = now - stepMs * Int64(count)
        let category = choice(codes.map { "\($0)" as SQL })
        let area = areas.isEmpty ? "NULL" as SQL : choice(areas.map { "\($0)" as SQL })
        // One statement for many rows: what is measured is the reading.
        for from in stride(from: 0, to: count, by: batch) {
            let (first, last) = (Int64(from), Int64(min(count, from + batch) - 1))
            _ = try await database.write { db in
                try db.execute(
                    """
                    INSERT INTO report_case (case_id, category, area, lat, lon, about, department, opened_at, due_at,
                    answer_due_at, handed_at, answered_at, outcome, finished_at, returns, extensions, reopened, waits,
                    public_words, published_at)
                    WITH RECURSIVE n (i) AS (SELECT CAST(\(first) AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < \(last)),
                    line (i, at) AS (SELECT i, \(begin) + i * \(stepMs) FROM n)
                    SELECT \(CaseID.earliest(at: begin)) + i * \(stepMs << 22), \(category), \(area),
                    34.0 + (i % 97) * 0.001, 113.0 + (i % 89) * 0.001, '', NULL, at, at + 604800000, at + 86400000,
                    at + 3600000, at + 7200000, CASE WHEN i % 7 = 0 THEN '' ELSE 'fixed' END,
                    CASE WHEN i % 7 = 0 THEN NULL ELSE at + 172800000 END, 0, 0, 0, 0,
                    CASE WHEN i % 2 = 0 THEN '桥头水管已经修好，路面也恢复了。' ELSE '' END,
                    CASE WHEN i % 2 = 0 AND i % 7 <> 0 THEN at + 172800000 END FROM line
                    """)
            }
        }
    }

    private static let batch = 20_000

    /// Each of some values in turn.
    private static func choice(_ values: [SQL]) -> SQL {
        let cases = values.enumerated().map { "WHEN \(Int64($0.offset)) THEN \($0.element)" as SQL }
        return "CASE i % \(Int64(values.count)) \(SQL.joined(cases, by: " ")) END"
    }
}
