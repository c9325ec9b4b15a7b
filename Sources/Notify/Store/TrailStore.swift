import Kernel
import Storage

/// What is kept of messages' ways.
enum TrailStore {
    /// The trails of a case's messages, with two questions for all of them.
    static func of(_ id: CaseID, _ messages: [Message], in db: any Reading) throws -> [MessageID: MessageTrail] {
        try trails(messages, "IN (SELECT id FROM message WHERE case_id = \(id))", in: db)
    }

    /// The trail of one message.
    static func of(_ message: Message, in db: any Reading) throws -> MessageTrail {
        try trails([message], "= \(message.id)", in: db)[message.id]
            ?? MessageTrail(queuedAt: message.queuedAt, changes: [], tries: [])
    }

    private static func trails(
        _ messages: [Message], _ which: SQL, in db: any Reading
    ) throws -> [MessageID: MessageTrail] {
        var changes: [MessageID: [MessageStore.Change]] = [:]
        try db.query(
            """
            SELECT message_id, at, state, detail FROM message_change WHERE message_id \(which) ORDER BY id LIMIT 4000
            """
        ) { row in
            changes[try row.next(), default: []].append(try MessageStore.Change(row: &row))
            return true
        }
        var tries: [MessageID: [MessageTrail.Try]] = [:]
        try db.query(
            """
            SELECT message_id, carrier, at, took_ms, outcome, detail, provider_id, text FROM carrier_try
            WHERE message_id \(which) ORDER BY id LIMIT 4000
            """
        ) { row in
            tries[try row.next(), default: []].append(
                MessageTrail.Try(
                    carrier: try row.next(), at: try row.next(), tookMs: try row.next(), outcome: try row.next(),
                    detail: try row.next(), providerID: try row.next(), text: try row.next()))
            return true
        }
        var trails: [MessageID: MessageTrail] = [:]
        for message in messages {
            trails[message.id] = MessageTrail(
                queuedAt: message.queuedAt, changes: changes[message.id] ?? [], tries: tries[message.id] ?? [])
        }
        return trails
    }
}
