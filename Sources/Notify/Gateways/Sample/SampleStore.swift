import Kernel
import Storage

/// A message as the sample gateway got it.
struct SampleDelivery: Sendable, RowDecodable {
    var id: String
    var at: Instant
    var times: Int64
    var mayRepeat: Bool
    var channel: String
    var name: String
    var phone: String
    var text: String
    var answer: String?

    init(
        id: String, at: Instant, times: Int64, mayRepeat: Bool, channel: String, name: String, phone: String,
        text: String, answer: String?
    ) {
        self.id = id
        self.at = at
        self.times = times
        self.mayRepeat = mayRepeat
        self.channel = channel
        self.name = name
        self.phone = phone
        self.text = text
        self.answer = answer
    }

    init(row: inout Row) throws {
        id = try row.next()
        at = try row.next()
        times = try row.next()
        mayRepeat = try row.next()
        channel = try row.next()
        name = try row.next()
        phone = try row.next()
        text = try row.next()
        answer = try row.next()
    }
}

enum SampleStore {
    /// Keeps a message; the same number again only counts.
    static func take(_ new: SampleDelivery, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO sample_delivery (message_id, received_at, times, possible_repeat, channel, to_name, to_phone,
            text) VALUES (\(new.id), \(new.at), 1, \(new.mayRepeat), \(new.channel), \(new.name), \(new.phone),
            \(new.text)) ON CONFLICT (message_id) DO UPDATE SET times = sample_delivery.times + 1,
            possible_repeat = excluded.possible_repeat
            """)
    }

    static func page(before: Instant?, limit: Int, in db: any Reading) throws -> [SampleDelivery] {
        try db.all(
            SampleDelivery.self,
            """
            SELECT message_id, received_at, times, possible_repeat, channel, to_name, to_phone, text, answer
            FROM sample_delivery WHERE received_at < \(before ?? Instant(ms: .max))
            ORDER BY received_at DESC LIMIT \(Int64(limit))
            """)
    }

    static func answer(_ id: String, _ answer: String, in db: any Writing) throws -> Bool {
        try db.execute("UPDATE sample_delivery SET answer = \(answer) WHERE message_id = \(id)") > 0
    }
}
