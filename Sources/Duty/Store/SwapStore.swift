import Crypt
import Kernel
import Storage

/// One person asks another to take a watch, or to exchange it for one of theirs.
struct Swap: Sendable, RowDecodable {
    enum State: String, Sendable, CaseIterable, SQLConvertible { case asked, agreed, refused }

    var id: ID<Swap>
    var shift: ShiftID
    var asker: StaffID
    var other: StaffID
    var otherShift: ShiftID?
    var reason: String
    var state: State
    var at: Instant
    var decidedAt: Instant?

    static let columns = "id, shift, asker, other, other_shift, reason, state, at, decided_at"

    init(shift: ShiftID, asker: StaffID, other: StaffID, otherShift: ShiftID?, reason: String, at: Instant) {
        id = .next()
        self.shift = shift
        self.asker = asker
        self.other = other
        self.otherShift = otherShift
        self.reason = reason
        state = .asked
        self.at = at
    }

    init(row: inout Row) throws {
        id = try row.next()
        shift = try row.next()
        asker = try row.next()
        other = try row.next()
        otherShift = try row.next()
        reason = try row.next()
        state = try row.next()
        at = try row.next()
        decidedAt = try row.next()
    }
}

enum SwapStore {
    static func insert(_ swap: Swap, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO shift_swap (\(raw: Swap.columns)) VALUES (\(swap.id), \(swap.shift), \(swap.asker),
            \(swap.other), \(swap.otherShift), \(swap.reason), \(swap.state), \(swap.at), \(swap.decidedAt))
            """)
    }

    static func find(_ id: ID<Swap>, in db: any Reading) throws -> Swap? {
        try db.first(Swap.self, "SELECT \(raw: Swap.columns) FROM shift_swap WHERE id = \(id)")
    }

    static func isAsked(_ shift: ShiftID, in db: any Reading) throws -> Bool {
        try db.value(Int64.self, "SELECT 1 FROM shift_swap WHERE shift = \(shift) AND state = 'asked'") != nil
    }

    /// What waits for somebody's word.
    static func waiting(for other: StaffID, in db: any Reading) throws -> [Swap] {
        try db.all(
            Swap.self,
            """
            SELECT \(raw: Swap.columns) FROM shift_swap WHERE other = \(other) AND state = 'asked' ORDER BY id DESC
            LIMIT 50
            """)
    }

    static func decide(_ id: ID<Swap>, _ state: Swap.State, at now: Instant, in db: any Writing) throws {
        try db.execute("UPDATE shift_swap SET state = \(state), decided_at = \(now) WHERE id = \(id)")
    }
}

/// Whose calendar a secret address shows; the secret itself is not kept.
enum CalendarStore {
    static func save(_ token: String, of staff: StaffID, at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO duty_calendar (staff, token_hash, at) VALUES (\(staff), \(hash(token)), \(now))
            ON CONFLICT (staff) DO UPDATE SET token_hash = excluded.token_hash, at = excluded.at
            """)
    }

    static func staff(of token: String, in db: any Reading) throws -> StaffID? {
        try db.value(StaffID.self, "SELECT staff FROM duty_calendar WHERE token_hash = \(hash(token))")
    }

    private static func hash(_ token: String) -> String { Secret.hex(Digest.sha256(Array(token.utf8))) }
}
