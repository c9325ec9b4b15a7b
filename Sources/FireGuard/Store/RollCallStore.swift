import Kernel
import Storage

/// The roll-calls of duty posts (查岗).
enum RollCallStore {
    static func ask(_ call: RollCall, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO roll_call (id, gateway, asked_at, asked_by, minutes, delivered_at, answered_at, outcome)
            VALUES (\(call.id), \(call.gateway), \(call.askedAt), \(call.askedBy), \(call.minutes),
              \(Instant?.none), \(Instant?.none), \(RollCall.Outcome.asked))
            """)
    }

    static func delivered(_ id: ID<RollCall>, _ isDelivered: Bool, at now: Instant, in db: any Writing) throws {
        let outcome = isDelivered ? RollCall.Outcome.delivered : .undelivered
        try db.execute(
            """
            UPDATE roll_call SET delivered_at = \(isDelivered ? now : nil), outcome = \(outcome)
            WHERE id = \(id) AND outcome = \(RollCall.Outcome.asked)
            """)
    }

    /// An answer counts for the newest call of that post that is still unanswered.
    static func answered(_ gateway: GatewayID, at now: Instant, in db: any Writing) throws {
        let newest: ID<RollCall>? = try db.value(
            ID<RollCall>.self,
            """
            SELECT id FROM roll_call WHERE gateway = \(gateway) AND answered_at IS NULL ORDER BY id DESC LIMIT 1
            """)
        guard let newest else { return }
        let asked: Int64 =
            try db.value(Int64.self, "SELECT asked_at + minutes * 60000 FROM roll_call WHERE id = \(newest)") ?? 0
        let outcome = now.ms <= asked ? RollCall.Outcome.answered : .late
        try db.execute("UPDATE roll_call SET answered_at = \(now), outcome = \(outcome) WHERE id = \(newest)")
    }

    /// Marks calls whose time is over.
    static func expire(at now: Instant, in db: any Writing) throws -> Int {
        try db.execute(
            """
            UPDATE roll_call SET outcome = \(RollCall.Outcome.unanswered)
            WHERE answered_at IS NULL AND outcome IN \(list: [RollCall.Outcome.asked, .delivered])
              AND asked_at + minutes * 60000 < \(now)
            """)
    }

    static func list(gateway: GatewayID, limit: Int, in db: any Reading) throws -> [RollCall] {
        try db.all(
            RollCall.self,
            """
            SELECT \(raw: RollCall.columns) FROM roll_call WHERE gateway = \(gateway) ORDER BY id DESC LIMIT \(limit)
            """)
    }
}

extension RollCall: RowDecodable {
    static let columns = "id, gateway, asked_at, asked_by, minutes, answered_at, outcome"

    /// Reads the columns of a roll-call.
    public init(row: inout Row) throws {
        id = try row.next()
        gateway = try row.next()
        askedAt = try row.next()
        askedBy = try row.next()
        minutes = try row.next()
        answeredAt = try row.next()
        outcome = try row.next()
    }
}
