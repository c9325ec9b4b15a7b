import Kernel
import Storage

/// What a screen on the wall tells of cases beside those that are open.
extension CasesRoom {
    /// Cases that were opened and closed since a moment.
    public static func figures(from: Instant, in db: any Reading) throws -> (opened: Int64, closed: Int64) {
        (
            try db.value(Int64.self, "SELECT COUNT(*) FROM case_record WHERE opened_at >= \(from)") ?? 0,
            try db.value(Int64.self, "SELECT COUNT(*) FROM case_record WHERE closed_at >= \(from)") ?? 0
        )
    }

    /// The last steps of the newest cases, the latest first.
    public static func lately(
        limit: Int, in db: any Reading
    ) throws -> [(at: Instant, step: String, title: String)] {
        var steps: [(at: Instant, step: String, title: String)] = []
        let names = ["opened", "acknowledged", "dispatched", "arrived", "handled", "closed"]
        try db.query(
            """
            SELECT title, opened_at, acknowledged_at, dispatched_at, arrived_at, handled_at, closed_at
            FROM case_record ORDER BY id DESC LIMIT 60
            """
        ) { row in
            let title = try row.next(String.self)
            for name in names {
                if let at = try row.next(Instant?.self) { steps.append((at, name, title)) }
            }
            return true
        }
        return Array(steps.sorted { $0.at > $1.at }.prefix(limit))
    }
}
