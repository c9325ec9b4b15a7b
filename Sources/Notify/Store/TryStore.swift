import Kernel
import Storage

/// Every time that a carrier was handed something: what quotas, costs and health are counted from.
enum TryStore {
    static func begin(
        _ id: ID<CarrierLine>, _ line: CarrierLine, _ message: Message, fen: Int64, original: String,
        at now: Instant, in db: any Writing
    ) throws {
        try db.execute(
            """
            INSERT INTO carrier_try (id, carrier, channel, phone, message_id, at, outcome, detail, fen,
            text)
            VALUES (\(id), \(line.name), \(line.channel), \(message.to.phone), \(message.id), \(now), 'unknown', '',
            \(fen), \(message.text == original ? nil : message.text))
            """)
        try db.execute("UPDATE message SET carrier = \(line.name) WHERE id = \(message.id)")
    }

    static func end(_ id: ID<CarrierLine>, _ outcome: Delivery, tookMs: Int64, in db: any Writing) throws {
        let (word, detail, provider): (String, String, String?) =
            switch outcome {
            case .taken(let provider): ("taken", "", provider)
            case .refused(let why): ("refused", why, nil)
            case .again(let why, let mayHaveGoneOut): (mayHaveGoneOut ? "unknown" : "failed", why, nil)
            case .later(_, let why): ("failed", why, nil)
            }
        // What was refused costs nothing.
        let isFree = word == "refused" || word == "failed"
        try db.execute(
            """
            UPDATE carrier_try SET outcome = \(word), detail = \(String(detail.prefix(200))),
            provider_id = \(provider), took_ms = \(tookMs), fen = CASE WHEN \(isFree) = 1 THEN 0 ELSE fen END
            WHERE id = \(id)
            """)
    }

    /// Tries to a callee in the last day and night.
    static func recent(
        to phone: String, _ channel: Channel, at now: Instant, in db: any Reading
    ) throws -> [CarrierChoice.Try] {
        var tries: [CarrierChoice.Try] = []
        try db.query(
            """
            SELECT carrier, message_id, at FROM carrier_try WHERE phone = \(phone) AND channel = \(channel)
            AND at > \(now - CivilTime.dayMs) ORDER BY at LIMIT 500
            """
        ) { row in
            tries.append(
                CarrierChoice.Try(carrier: try row.next(), message: try row.next(), at: try row.next()))
            return true
        }
        return tries
    }

    /// The message that a carrier knows under its own number.
    static func message(of provider: String, by carrier: String, in db: any Reading) throws -> MessageID? {
        try db.value(
            MessageID.self,
            """
            SELECT message_id FROM carrier_try WHERE provider_id = \(provider) AND carrier = \(carrier)
            ORDER BY id DESC LIMIT 1
            """)
    }

    /// What a carrier did since a moment.
    struct Sum: Sendable, RowDecodable {
        var carrier: String
        var tries: Int64
        var taken: Int64
        var unknown: Int64
        var fen: Int64
        var lastAt: Instant?

        init(row: inout Row) throws {
            carrier = try row.next()
            tries = try row.next()
            taken = try row.next()
            unknown = try row.next()
            fen = try row.next()
            lastAt = try row.next()
        }
    }

    static func sums(since moment: Instant, in db: any Reading) throws -> [Sum] {
        try db.all(
            Sum.self,
            """
            SELECT carrier, COUNT(*), CAST(SUM(CASE WHEN outcome = 'taken' THEN 1 ELSE 0 END) AS BIGINT),
            CAST(SUM(CASE WHEN outcome = 'unknown' THEN 1 ELSE 0 END) AS BIGINT), CAST(SUM(fen) AS BIGINT), MAX(at)
            FROM carrier_try WHERE at >= \(moment) GROUP BY carrier ORDER BY carrier
            """)
    }
}
