import Kernel
import Storage

/// What one person proposes and another decides: merging two records, noting a death, deleting.
enum ProposalStore {
    enum Kind: String, Sendable, CaseIterable { case merge, death, delete }

    /// The kind of a proposal that is about a whole category: it has no record, and its detail is how many go with it.
    static let removal = "remove-category"

    /// Proposals to remove a category, or any.
    static func removals(of key: String? = nil, in db: any Reading) throws -> [Proposal] {
        let one: SQL = key.map { "category = \($0)" } ?? "1 = 1"
        return try db.all(
            Proposal.self,
            """
            SELECT \(raw: Proposal.columns) FROM registry_proposal WHERE kind = \(removal) AND state = 'open' AND \(one)
            ORDER BY id LIMIT 200
            """)
    }

    static func insertRemoval(
        of key: String, records: Int64, reason: String, by hand: Hand, in db: any Writing
    ) throws {
        try db.execute(
            """
            INSERT INTO registry_proposal (id, kind, category, record, reason, detail, by_staff, by_name, at, state,
              decided_name)
            VALUES (\(RecordID.next()), \(removal), \(key), 0, \(reason), \(String(records)),
              \(hand.staff?.rawValue ?? 0), \(hand.name), \(hand.at), 'open', '')
            """)
    }

    struct Proposal: RowDecodable {
        var id: Int64
        var kind: String
        var category: String
        var record: RecordID
        var other: RecordID?
        var reason: String
        var detail: String
        var byStaff: StaffID
        var byName: String
        var at: Instant
        var state: String

        static let columns = "id, kind, category, record, other, reason, detail, by_staff, by_name, at, state"

        init(row: inout Row) throws {
            id = try row.next()
            kind = try row.next()
            category = try row.next()
            record = try row.next()
            other = try row.next()
            reason = try row.next()
            detail = try row.next()
            byStaff = try row.next()
            byName = try row.next()
            at = try row.next()
            state = try row.next()
        }
    }

    static func open(of record: RecordID, in db: any Reading) throws -> [Proposal] {
        try db.all(
            Proposal.self,
            """
            SELECT \(raw: Proposal.columns) FROM registry_proposal WHERE record = \(record) AND state = 'open'
            ORDER BY id LIMIT 20
            """)
    }

    static func open(in db: any Reading) throws -> [Proposal] {
        try db.all(
            Proposal.self,
            """
            SELECT \(raw: Proposal.columns) FROM registry_proposal WHERE state = 'open' AND kind <> \(removal)
            ORDER BY id LIMIT 200
            """)
    }

    static func find(_ id: Int64, in db: any Reading) throws -> Proposal? {
        try db.first(Proposal.self, "SELECT \(raw: Proposal.columns) FROM registry_proposal WHERE id = \(id)")
    }

    static func insert(
        _ kind: Kind, _ record: Record, other: RecordID?, reason: String, detail: String, by hand: Hand,
        in db: any Writing
    ) throws {
        try db.execute(
            """
            INSERT INTO registry_proposal (id, kind, category, record, other, reason, detail, by_staff, by_name, at,
              state, decided_name)
            VALUES (\(RecordID.next()), \(kind.rawValue), \(record.category), \(record.id), \(other), \(reason),
              \(detail), \(hand.staff?.rawValue ?? 0), \(hand.name), \(hand.at), 'open', '')
            """)
    }

    static func decide(_ id: Int64, _ state: String, by hand: Hand, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE registry_proposal SET state = \(state), decided_staff = \(hand.staff?.rawValue),
              decided_name = \(hand.name), decided_at = \(hand.at)
            WHERE id = \(id)
            """)
    }
}
