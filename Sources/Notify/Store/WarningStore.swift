import Kernel
import Storage

/// What the centre found about its own ways to people.
enum WarningStore {
    /// Those that still hold.
    static func open(in db: any Reading) throws -> [ReachWarning] {
        try db.all(
            ReachWarning.self,
            "SELECT \(raw: ReachWarning.columns) FROM reach_warning WHERE ended_at IS NULL ORDER BY from_at, id LIMIT 500"
        )
    }

    /// Compares what was found with what is known of these kinds: keeps what goes on, ends what is over, and adds what
    /// is new.
    /// - Returns: what is new, and what ended.
    static func compare(
        _ findings: [ReachFinding], kinds: Set<ReachWarning.Kind>, at now: Instant, in db: any Writing
    ) throws -> (new: [ReachFinding], ended: [ReachWarning]) {
        var known = try open(in: db).filter { kinds.contains($0.kind) }
        var new: [ReachFinding] = []
        for finding in findings {
            guard let index = known.firstIndex(where: { finding.isTold(by: $0) }) else {
                new.append(finding)
                continue
            }
            let warning = known.remove(at: index)
            guard warning.until != finding.until || warning.text != finding.text else { continue }
            try db.execute(
                "UPDATE reach_warning SET until_at = \(finding.until), text = \(finding.text) WHERE id = \(warning.id)")
        }
        for warning in known { try db.execute("UPDATE reach_warning SET ended_at = \(now) WHERE id = \(warning.id)") }
        return (new, known)
    }

    static func insert(_ finding: ReachFinding, caseID: CaseID?, at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO reach_warning (id, kind, subject, text, from_at, until_at, found_at, case_id)
            VALUES (\(ID<ReachWarning>.next()), \(finding.kind), \(finding.subject), \(finding.text), \(finding.from),
            \(finding.until), \(now), \(caseID))
            """)
    }

    // MARK: Connections that stay

    /// Notes that a carrier's connection lives, as far as this node sees; a carrier that is new begins now.
    static func beat(_ carrier: String, isAlive: Bool, at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO carrier_pulse (carrier, heard_at) VALUES (\(carrier), \(now))
            ON CONFLICT (carrier) DO UPDATE SET
            heard_at = CASE WHEN \(isAlive) = 1 THEN excluded.heard_at ELSE carrier_pulse.heard_at END
            """)
    }

    /// When each was heard last, by any node.
    static func beats(in db: any Reading) throws -> [String: Instant] {
        var beats: [String: Instant] = [:]
        try db.query("SELECT carrier, heard_at FROM carrier_pulse") { row in
            beats[try row.next()] = try row.next(Instant.self)
            return true
        }
        return beats
    }

    /// How a carrier's tries of the last hour went: what failed since the last that was taken, and since when.
    static func failures(
        of carrier: String, since: Instant, in db: any Reading
    ) throws -> (count: Int64, first: Instant?) {
        let taken =
            try db.value(
                Instant?.self,
                "SELECT MAX(at) FROM carrier_try WHERE carrier = \(carrier) AND outcome = 'taken' AND at >= \(since)")
            ?? nil
        let from = taken ?? since
        var result: (count: Int64, first: Instant?) = (0, nil)
        try db.query(
            """
            SELECT COUNT(*), MIN(at) FROM carrier_try WHERE carrier = \(carrier) AND at > \(from)
            AND took_ms IS NOT NULL AND outcome IN ('failed', 'unknown')
            """
        ) { row in
            result = (try row.next(), try row.next())
            return false
        }
        return result
    }

    /// A carrier's last trial that is old enough to have come through.
    static func lastTrial(of carrier: String, before: Instant, in db: any Reading) throws -> Message? {
        try db.first(
            Message.self,
            """
            SELECT \(raw: Message.columns) FROM message WHERE subject = \("trial/" + carrier)
            AND queued_at <= \(before) ORDER BY queued_at DESC, id DESC LIMIT 1
            """)
    }
}
