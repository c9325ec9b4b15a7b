import Dispatch
import Foundation
import Kernel
import Storage
import Synchronization

/// Measures lists of Open311 over many requests, beside the bare query of the same rows.
struct Open311Bench {
    let program: URL
    /// A town with ``requests(isSmall:)`` requests.
    let town: URL
    let isSmall: Bool

    /// How many requests the town has.
    static func requests(isSmall: Bool) -> Int { isSmall ? 10_000 : 1_000_000 }

    /// A list as somebody asks for it: how the page calls it, its query, and the same as SQL asks for it.
    private struct Kind {
        var name: String
        var query: String
        var sql: SQL
    }

    private var rounds: Int { isSmall ? 20 : 300 }
    private var seconds: Double { isSmall ? 1 : 10 }
    private static let size = 50

    /// Lines of a table: what is asked, over HTTP, the bare query, lists a second.
    func rows() async throws -> [String] {
        let kinds = Self.kinds(at: .now)
        let bare = try await bareQueries(kinds)
        let centre = try CentreProcess(program: program, folder: town, web: 28_292, devices: 28_293)
        defer { centre.stop() }
        return try zip(kinds, bare).map { kind, query in
            let path = "/open311/v2/requests.json?\(kind.query)"
            let lists = try lists(centre, path)
            return "| \(kind.name) | \(lists.text) | \(query.text) | \(try Int(perSecond(centre, path))) |"
        }
    }

    private static func kinds(at now: Instant) -> [Kind] {
        let day = CivilTime.dayMs
        func time(_ moment: Instant) -> String {
            moment.rfc3339.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        }
        func rows(_ from: Instant, _ to: Instant, _ more: SQL, _ limit: Int, _ offset: Int = 0) -> SQL {
            """
            SELECT * FROM report_case WHERE opened_at BETWEEN \(from) AND \(to) AND about = '' AND \(more)
            ORDER BY opened_at DESC, case_id DESC LIMIT \(Int64(limit)) OFFSET \(Int64(offset))
            """
        }
        let shown: SQL = "category IN ('water', 'power', 'road', 'light', 'river', 'waste')"
        let (start, end) = (now - 400 * day, now - 370 * day)
        let dates = "start_date=\(time(start))&end_date=\(time(end))"
        return [
            Kind(name: "newest \(size)", query: "page_size=\(size)", sql: rows(now - 90 * day, now, shown, size)),
            Kind(
                name: "newest \(size) open of one service", query: "service_code=water&status=open&page_size=\(size)",
                sql: rows(now - 90 * day, now, "category = 'water' AND outcome = ''", size)),
            Kind(
                name: "\(size) closed of two services in a month a year ago",
                query: "service_code=road,light&status=closed&\(dates)&page_size=\(size)",
                sql: rows(start, end, "category IN ('road', 'light') AND outcome <> ''", size)),
            Kind(
                name: "page 5 of the same month, all services", query: "\(dates)&page_size=\(size)&page=5",
                sql: rows(start, end, shown, size, 4 * size)),
            Kind(
                name: "newest 1,000, the most there is", query: "page_size=1000",
                sql: rows(now - 90 * day, now, shown, 1_000)),
        ]
    }

    /// The same rows read through the store alone, with nothing made of them.
    private func bareQueries(_ kinds: [Kind]) async throws -> [Samples] {
        let store = try SQLiteDatabase(path: town.appendingPathComponent("zhili.db").path)
        var all: [Samples] = []
        for kind in kinds {
            var samples = Samples()
            for _ in 0..<rounds {
                let sql = kind.sql
                let start = nanoseconds()
                let found = try await store.read { db in
                    var found = 0
                    try db.query(sql) { row in
                        _ = try row.next(Int64.self)
                        found += 1
                        return true
                    }
                    return found
                }
                samples.add(nanoseconds() - start)
                guard found > 0 else { throw BenchError(description: "no request is found by: \(kind.name)") }
            }
            all.append(samples)
        }
        await store.close()
        return all
    }

    private func lists(_ centre: CentreProcess, _ path: String) throws -> Samples {
        var samples = Samples()
        for _ in 0..<rounds {
            let start = nanoseconds()
            let answer = try centre.request("GET", path)
            samples.add(nanoseconds() - start)
            guard answer.contains(" 200 "), answer.contains("service_request_id") else {
                throw BenchError(description: "no list: \(answer.prefix(200))")
            }
        }
        return samples
    }

    /// Lists that four connections get at once.
    private func perSecond(_ centre: CentreProcess, _ path: String) throws -> Double {
        let count = Atomic(0)
        let failed = Atomic(0)
        let port = centre.web
        let start = nanoseconds()
        let end = start + Int64(seconds * 1e9)
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            while nanoseconds() < end {
                let isWell = (try? CentreProcess.request(port, "GET", path))?.contains(" 200 ") == true
                if isWell {
                    count.add(1, ordering: .relaxed)
                } else {
                    failed.add(1, ordering: .relaxed)
                }
            }
        }
        let failures = failed.load(ordering: .relaxed)
        guard failures == 0 else { throw BenchError(description: "\(failures) lists were not answered") }
        return Double(count.load(ordering: .relaxed)) * 1e9 / Double(nanoseconds() - start)
    }
}
