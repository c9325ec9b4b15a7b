import Kernel
import Storage
import Web

/// The roll-calls of duty posts (查岗).
enum RollCallStore {
    /// The event that has a question sent.
    static let asked = "roll-call.asked"

    private static func publish(_ type: String, _ id: ID<RollCall>, in db: any Writing) throws {
        try db.publish(
            NewEvent(
                type: type, subject: "roll-calls/\(id)", permission: Permission.rollCallRead.name,
                data: "{\"subject\":\"roll-calls/\(id)\"}"))
    }

    static func ask(_ call: RollCall, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO roll_call (id, gateway, asked_at, asked_by, minutes, delivered_at, answered_at, outcome)
            VALUES (\(call.id), \(call.gateway), \(call.askedAt), \(call.askedBy), \(call.minutes),
              \(Instant?.none), \(Instant?.none), \(RollCall.Outcome.asked))
            """)
        try publish(asked, call.id, in: db)
    }

    static func delivered(_ id: ID<RollCall>, _ isDelivered: Bool, at now: Instant, in db: any Writing) throws {
        let outcome = isDelivered ? RollCall.Outcome.delivered : .undelivered
        // A device that confirmed late has it all the same.
        let before: [RollCall.Outcome] = isDelivered ? [.asked, .undelivered] : [.asked]
        let changed = try db.execute(
            """
            UPDATE roll_call SET delivered_at = \(isDelivered ? now : nil), outcome = \(outcome)
            WHERE id = \(id) AND outcome IN \(list: before)
            """)
        if changed > 0 { try publish("roll-call.changed", id, in: db) }
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
        try publish("roll-call.changed", newest, in: db)
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

    static func find(_ id: ID<RollCall>, in db: any Reading) throws -> RollCall? {
        try db.first(RollCall.self, "SELECT \(raw: RollCall.columns) FROM roll_call WHERE id = \(id)")
    }

    /// The newest first.
    static func list(_ filter: RollCallFilter, limit: Int, in db: any Reading) throws -> [RollCall] {
        try db.all(
            RollCall.self,
            """
            SELECT \(raw: RollCall.columns) FROM roll_call WHERE \(filter.sql) ORDER BY id DESC LIMIT \(limit)
            """)
    }
}

/// Which roll-calls a list shows.
struct RollCallFilter: Sendable {
    /// Only those older than this one (the next page).
    var before: ID<RollCall>?
    var gateway: GatewayID?
    var outcome: RollCall.Outcome?
    /// Only those asked at or after this moment.
    var from: Instant?
    /// Only those asked before this moment.
    var to: Instant?
    /// Only those of posts in these areas.
    var areas: [AreaID]?

    fileprivate var sql: SQL {
        var conditions: [SQL] = ["1 = 1"]
        if let before { conditions.append("id < \(before)") }
        if let gateway { conditions.append("gateway = \(gateway)") }
        if let outcome { conditions.append("outcome = \(outcome)") }
        if let from { conditions.append("asked_at >= \(from)") }
        if let to { conditions.append("asked_at < \(to)") }
        if let areas {
            conditions.append(
                """
                gateway IN (SELECT gateway.id FROM gateway JOIN site ON site.id = gateway.site
                  WHERE site.area IN \(list: areas))
                """)
        }
        return SQL.joined(conditions, by: " AND ")
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
