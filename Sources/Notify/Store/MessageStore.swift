import Kernel
import Storage

/// Messages and the history of each.
enum MessageStore {
    /// Its number, or `nil` where it is there already.
    static func insert(_ new: NewMessage, in db: any Writing) throws -> MessageID? {
        let id = MessageID.next()
        let isNew =
            try db.execute(
                """
                INSERT INTO message (id, message_key, channel, to_name, to_phone, to_role, text, case_id, subject, state,
                queued_at, priority, next_at, kind, variables, via) VALUES (\(id), \(new.key), \(new.channel), \(new.to.name),
                \(new.to.phone), \(new.to.role), \(new.text), \(new.caseID), \(new.subject), 'queued', \(new.at),
                \(new.priority), \(new.at), \(new.content?.kind), \(new.content?.stored), \(new.via))
                ON CONFLICT (message_key) DO NOTHING
                """) > 0
        return isNew ? id : nil
    }

    /// Whether a message with that key was queued before.
    static func isKnown(_ key: String, in db: any Reading) throws -> Bool {
        try db.value(Int64.self, "SELECT 1 FROM message WHERE message_key = \(key)") != nil
    }

    static func find(_ id: MessageID, in db: any Reading) throws -> Message? {
        try db.first(Message.self, "SELECT \(raw: Message.columns) FROM message WHERE id = \(id)")
    }

    static func of(_ id: CaseID, in db: any Reading) throws -> [Message] {
        try db.all(
            Message.self, "SELECT \(raw: Message.columns) FROM message WHERE case_id = \(id) ORDER BY id LIMIT 200")
    }

    /// A case has few messages, and a brigade's phone had thousands: the case's index is the one to read, which this
    /// form leaves alone.
    private static func isTo(_ phone: String) -> SQL { "to_phone || '' = \(phone)" }

    /// How often somebody was rung, or is about to be, about a case: a fire has one, however many detectors see it.
    static func calls(to phone: String, about id: CaseID, in db: any Reading) throws -> Int {
        Int(
            try db.value(
                Int64.self,
                """
                SELECT COUNT(*) FROM message WHERE case_id = \(id) AND \(isTo(phone)) AND channel = 'call'
                AND state <> 'withdrawn'
                """) ?? 0)
    }

    /// Takes back what an escalation has queued about a subject and no carrier has yet.
    static func withdrawSteps(of subject: String, at now: Instant, in db: any Writing) throws {
        let waiting = try db.values(
            MessageID.self,
            """
            SELECT id FROM message WHERE subject = \(subject) AND state = 'queued'
            AND message_key LIKE \(subject + "/step-%")
            """)
        for id in waiting { try set(id, .withdrawn, detail: "taken", at: now, in: db) }
    }

    /// Takes back what waits for one person about a case.
    static func withdraw(_ id: CaseID, to phone: String, at now: Instant, in db: any Writing) throws {
        let waiting = try db.values(
            MessageID.self,
            """
            SELECT id FROM message WHERE case_id = \(id) AND \(isTo(phone)) AND state = 'queued' AND channel = 'call'
            """)
        for one in waiting { try set(one, .withdrawn, detail: "taken", at: now, in: db) }
    }

    /// The last emergency that a phone was told of since a moment: what a reply from there answers.
    static func lastEmergency(to phone: String, since: Instant, in db: any Reading) throws -> Message? {
        try db.first(
            Message.self,
            """
            SELECT \(raw: Message.columns) FROM message WHERE to_phone = \(phone) AND queued_at >= \(since)
            AND priority = 0 AND case_id IS NOT NULL AND state <> 'withdrawn' ORDER BY queued_at DESC, id DESC LIMIT 1
            """)
    }

    static func withdraw(subject: String, at now: Instant, in db: any Writing) throws {
        let waiting = try db.values(
            MessageID.self, "SELECT id FROM message WHERE subject = \(subject) AND state = 'queued'")
        for id in waiting { try set(id, .withdrawn, detail: "", at: now, in: db) }
    }

    // MARK: The worker's side

    /// Milliseconds by which a lease may lie ahead of what it can: clocks of nodes differ by seconds, and one that
    /// differs by more has been put back.
    private static let steppedBackMs: Int64 = 60_000

    /// Messages that nobody has tried and that come from a clock that was put back since: they wait for nothing.
    /// Numbers grow with time, so that without such a clock there is none to look at.
    private static func early(_ channel: Channel, at now: Instant) -> SQL {
        """
        id > \(MessageID.earliest(at: now + steppedBackMs)) AND state = 'queued' AND channel = \(channel)
        AND attempt = 0 AND queued_at > \(now + steppedBackMs)
        """
    }

    private struct Held: RowDecodable {
        var first: Instant?
        var last: Instant?

        init(row: inout Row) throws {
            first = try row.next()
            last = try row.next()
        }
    }

    /// Puts back what a worker held that did not come back, and marks it: it may have gone out.
    static func reclaim(at now: Instant, limit: Int64, in db: any Writing) throws {
        for id in try db.values(
            MessageID.self,
            """
            SELECT id FROM message WHERE state = 'sending'
            AND (lease_until <= \(now) OR lease_until > \(now + steppedBackMs)) ORDER BY priority, id LIMIT \(limit)
            """
        ) {
            try db.execute(
                "UPDATE message SET state = 'queued', possible_repeat = 1, next_at = \(now) WHERE id = \(id)")
            try note(id, .queued, detail: "lease-ran-out", at: now, in: db)
        }
    }

    /// Takes what is due of a channel, the gravest and oldest first, and holds it for `leaseMs`.
    /// - Parameters:
    ///   - limit: the most of all.
    ///   - kept: of these, so many are for emergencies alone.
    static func claim(
        _ channel: Channel, owner: Int64, at now: Instant, leaseMs: Int64, limit: Int64, kept: Int64 = 0,
        in db: any Writing
    ) throws -> [Message] {
        var due = try Self.due(channel, .emergency, at: now, limit: limit, in: db)
        let rest = limit - kept - Int64(due.count)
        if rest > 0 { due += try Self.due(channel, .routine, at: now, limit: rest, in: db) }
        return try due.map { message in
            var taken = message
            taken.state = .sending
            taken.attempt += 1
            try db.execute(
                """
                UPDATE message SET state = 'sending', attempt = \(taken.attempt), lease_owner = \(owner),
                lease_until = \(now + leaseMs) WHERE id = \(message.id)
                """)
            try note(message.id, .sending, detail: String(taken.attempt), at: now, in: db)
            return taken
        }
    }

    /// What may be tried now, the longest due first: read off the index as it lies, however much waits.
    private static func due(
        _ channel: Channel, _ priority: Priority, at now: Instant, limit: Int64, in db: any Reading
    ) throws -> [Message] {
        var due = try db.all(
            Message.self,
            """
            SELECT \(raw: Message.columns) FROM message WHERE state = 'queued' AND channel = \(channel)
            AND priority = \(priority) AND next_at <= \(now) ORDER BY next_at, id LIMIT \(limit)
            """)
        guard due.count < limit else { return due }
        due += try db.all(
            Message.self,
            """
            SELECT \(raw: Message.columns) FROM message WHERE \(early(channel, at: now)) AND priority = \(priority)
            AND next_at > \(now) ORDER BY id LIMIT \(limit - Int64(due.count))
            """)
        return due
    }

    /// When the next message of these channels falls due, a lease runs out or a report is missing.
    static func nextDue(among channels: [Channel], at now: Instant, in db: any Reading) throws -> Instant? {
        var moments = [try nextReport(in: db)]
        for channel in channels {
            let early = try db.value(
                Int64.self, "SELECT 1 FROM message WHERE \(early(channel, at: now)) LIMIT 1")
            if early != nil { return now }
            for priority in [Priority.emergency, .routine] {
                moments.append(
                    try db.value(
                        Instant?.self,
                        """
                        SELECT MIN(next_at) FROM message WHERE state = 'queued' AND channel = \(channel)
                        AND priority = \(priority)
                        """) ?? nil)
            }
        }
        let held = try db.first(
            Held.self, "SELECT MIN(lease_until), MAX(lease_until) FROM message WHERE state = 'sending'")
        if let last = held?.last, last > now + steppedBackMs { return now }
        moments.append(held?.first)
        return moments.compactMap(\.self).min()
    }

    /// When the first report falls due that has not come.
    private static func nextReport(in db: any Reading) throws -> Instant? {
        try db.value(
            Instant?.self,
            "SELECT MIN(report_due) FROM message WHERE state = 'sent' AND report_due IS NOT NULL") ?? nil
    }

    /// Says until when a carrier's report must have come.
    static func expectReport(_ id: MessageID, by moment: Instant, in db: any Writing) throws {
        try db.execute("UPDATE message SET report_due = \(moment) WHERE id = \(id)")
    }

    /// Marks as unknown what a carrier has taken and never spoke of again; returns these messages.
    static func missing(at now: Instant, limit: Int64, in db: any Writing) throws -> [Message] {
        let late = try db.all(
            Message.self,
            """
            SELECT \(raw: Message.columns) FROM message WHERE state = 'sent' AND report_due <= \(now)
            ORDER BY report_due LIMIT \(limit)
            """)
        for message in late { try set(message.id, .unknown, detail: "no-report", at: now, in: db) }
        return late
    }

    /// Writes down what came of a try, unless another worker has taken it over meanwhile or a receipt was quicker.
    static func finish(
        _ message: Message, owner: Int64, _ outcome: Delivery, at now: Instant, in db: any Writing
    ) throws {
        let held = try db.value(
            Int64.self,
            """
            SELECT 1 FROM message WHERE id = \(message.id) AND state = 'sending' AND lease_owner = \(owner)
            AND attempt = \(message.attempt)
            """)
        guard held != nil else { return }
        switch outcome {
        case .taken(let providerID):
            try db.execute("UPDATE message SET provider_id = \(providerID) WHERE id = \(message.id)")
            try set(message.id, .sent, detail: providerID ?? "", at: now, in: db)
        case .refused(let why):
            try set(message.id, .failed, detail: why, at: now, in: db)
        case .again(let why, let mayHaveGoneOut):
            guard let pause = Retry.pauseMs(afterAttempt: Int(message.attempt)) else {
                // Where a try may have gone out, nobody knows that it failed.
                let state: MessageState = message.mayRepeat || mayHaveGoneOut ? .unknown : .failed
                try set(message.id, state, detail: why, at: now, in: db)
                return
            }
            try db.execute(
                """
                UPDATE message SET next_at = \(now + pause), possible_repeat = \(message.mayRepeat || mayHaveGoneOut)
                WHERE id = \(message.id)
                """)
            try set(message.id, .queued, detail: why, at: now, in: db)
        case .later(let moment, let why):
            // It was not handed to anybody: that is no try.
            try db.execute(
                """
                UPDATE message SET next_at = \(max(moment, now + 1_000)), attempt = \(message.attempt - 1)
                WHERE id = \(message.id)
                """)
            try set(message.id, .queued, detail: why, at: now, in: db)
        }
    }

    /// Whether somebody else must be told instead: it has failed, or no carrier may take it within two minutes.
    static func isLost(_ id: MessageID, _ outcome: Delivery, at now: Instant, in db: any Reading) throws -> Bool {
        if case .later(let moment, _) = outcome { return moment - now > 120_000 }
        return try [.failed, .unknown].contains(find(id, in: db)?.state)
    }

    /// Puts a failed message back into the queue; it starts counting its tries anew.
    static func again(_ message: Message, at now: Instant, in db: any Writing) throws -> Message {
        try db.execute("UPDATE message SET attempt = 0, next_at = \(now) WHERE id = \(message.id)")
        try set(message.id, .queued, detail: "by-hand", at: now, in: db)
        db.wake(Outbox.topic)
        var again = message
        again.state = .queued
        again.attempt = 0
        return again
    }

    /// Sets the state, keeps the change, and lets screens know.
    static func set(_ id: MessageID, _ state: MessageState, detail: String, at now: Instant, in db: any Writing) throws
    {
        try db.execute("UPDATE message SET state = \(state) WHERE id = \(id)")
        try note(id, state, detail: detail, at: now, in: db)
        let caseID = try db.value(CaseID?.self, "SELECT case_id FROM message WHERE id = \(id)") ?? nil
        try db.publish(
            NewEvent(
                type: "message.changed", subject: "messages/\(id)", permission: "message.read",
                data: """
                    {"id":"\(id)","subject":"\(caseID.map { "cases/\($0)" } ?? "messages/\(id)")",\
                    "state":"\(state.rawValue)"}
                    """))
    }

    /// One line of a message's history.
    struct Change: RowDecodable, Sendable {
        var at: Instant
        var state: String
        var detail: String

        init(row: inout Row) throws {
            at = try row.next()
            state = try row.next()
            detail = try row.next()
        }
    }

    static func changes(of id: MessageID, in db: any Reading) throws -> [Change] {
        try db.all(
            Change.self,
            "SELECT at, state, detail FROM message_change WHERE message_id = \(id) ORDER BY id LIMIT 100")
    }

    private static func note(
        _ id: MessageID, _ state: MessageState, detail: String, at now: Instant, in db: any Writing
    ) throws {
        try db.execute(
            """
            INSERT INTO message_change (id, message_id, at, state, detail)
            VALUES (\(ID<Change>.next()), \(id), \(now), \(state), \(String(detail.prefix(300))))
            """)
    }
}
