import Foundation
import Kernel
import Storage

/// Measures how punctually a great many escalations climb: each has its own moment, and all of them are running.
struct ClimbBench {
    /// How much is measured.
    struct Size {
        var climbs: Int
        /// Seconds over which their next steps are spread: how often a policy repeats.
        var spreadSeconds: Int
        /// Seconds for which it is looked at.
        var seconds: Int

        static let full = Size(climbs: 100_000, spreadSeconds: 600, seconds: 120)
        static let small = Size(climbs: 1_000, spreadSeconds: 60, seconds: 5)
    }

    let size: Size
    /// When the first of them is due.
    let begin: Instant
    let database: SQLiteDatabase

    private func due(_ number: Int) -> Int64 {
        begin.ms + Int64(number) * Int64(size.spreadSeconds) * 1_000 / Int64(size.climbs)
    }

    /// Gives a row of the table.
    func run() async throws -> String {
        let count = size.climbs * size.seconds / size.spreadSeconds
        guard Instant.now < begin else { throw BenchError(description: "the centre started after the first was due") }
        var seen = Set<Int>()
        var lateness = Samples()
        var early = 0
        var last = Instant.now.ms
        let end = begin.ms + Int64(size.seconds) * 1_000 + 60_000
        while seen.count < count, Instant.now.ms < end {
            // A step that was set a little before what is known may have been committed after it.
            let since = last - 2_000
            let found = try await database.read { db in
                try db.all(Step.self, "SELECT subject, set_at FROM escalation WHERE set_at >= \(since) AND step > 0")
            }
            let now = Instant.now.ms
            for step in found {
                last = max(last, step.at)
                guard let number = Int(step.subject.dropFirst(6)), number < count, seen.insert(number).inserted else {
                    continue
                }
                let late = now - due(number)
                if late < 0 { early += 1 }
                lateness.add(late * 1_000_000)
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        let outcome =
            seen.count == count && early == 0
            ? "\(lateness.text) / \(short(lateness.percentile(1))) ms"
            : "\(count - seen.count) did not climb, \(early) early, the others \(lateness.text) ms"
        return """
            | \(size.climbs) policies running, \(size.climbs / size.spreadSeconds) a second due, \(count) of them: due → \
            told, noted on its case and committed, p50 / p99 / max | \(outcome) | |
            """
    }

    private struct Step: RowDecodable {
        var subject: String
        var at: Int64

        init(row: inout Row) throws {
            subject = try row.next()
            at = try row.next()
        }
    }
}
