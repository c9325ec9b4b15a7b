import Kernel
import Storage
import Web

/// Templates, and the language that a phone is told in.
enum TemplateStore {
    /// All that are not retired, and the last retired ones.
    static func all(in db: any Reading) throws -> [MessageTemplate] {
        try db.all(
            MessageTemplate.self,
            """
            SELECT \(raw: MessageTemplate.columns) FROM message_template
            ORDER BY CASE state WHEN 'approved' THEN 0 WHEN 'draft' THEN 1 ELSE 2 END, id DESC LIMIT 500
            """)
    }

    static func find(_ id: ID<MessageTemplate>, in db: any Reading) throws -> MessageTemplate? {
        try db.first(
            MessageTemplate.self, "SELECT \(raw: MessageTemplate.columns) FROM message_template WHERE id = \(id)")
    }

    /// What is in use for a kind and a way.
    static func approved(_ kind: String, _ channel: Channel, in db: any Reading) throws -> [MessageTemplate] {
        try db.all(
            MessageTemplate.self,
            """
            SELECT \(raw: MessageTemplate.columns) FROM message_template
            WHERE kind = \(kind) AND channel = \(channel) AND state = 'approved' ORDER BY id DESC LIMIT 100
            """)
    }

    /// Keeps a draft.
    static func save(_ draft: MessageTemplate, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO message_template (id, kind, language, channel, carrier, body, carrier_code, state, written_by,
            writer, written_at) VALUES (\(draft.id), \(draft.kind), \(draft.language), \(draft.channel),
            \(draft.carrier), \(draft.body), \(draft.carrierCode), 'draft', \(draft.writtenBy), \(draft.writer),
            \(draft.writtenAt)) ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, language = excluded.language,
            channel = excluded.channel, carrier = excluded.carrier, body = excluded.body,
            carrier_code = excluded.carrier_code, written_by = excluded.written_by, writer = excluded.writer,
            written_at = excluded.written_at
            """)
    }

    /// Brings a draft into use; what was in use for the same is retired.
    static func approve(
        _ template: MessageTemplate, by staff: StaffID, name: String, at now: Instant, in db: any Writing
    ) throws {
        try db.execute(
            """
            UPDATE message_template SET state = 'retired' WHERE state = 'approved' AND kind = \(template.kind)
            AND language = \(template.language) AND channel = \(template.channel) AND carrier = \(template.carrier)
            """)
        try db.execute(
            """
            UPDATE message_template SET state = 'approved', approved_by = \(staff), approver = \(name),
            approved_at = \(now) WHERE id = \(template.id)
            """)
    }

    static func retire(_ id: ID<MessageTemplate>, in db: any Writing) throws {
        try db.execute("UPDATE message_template SET state = 'retired' WHERE id = \(id)")
    }

    /// The language in which a phone is told; Chinese unless somebody has set another.
    static func language(of phone: String, in db: any Reading) throws -> String {
        try db.value(String.self, "SELECT language FROM recipient_language WHERE phone = \(phone)")
            ?? Language.zh.rawValue
    }

    static func set(_ language: Language, of phone: String, in db: any Writing) throws {
        guard language != .zh else {
            try db.execute("DELETE FROM recipient_language WHERE phone = \(phone)")
            return
        }
        try db.execute(
            """
            INSERT INTO recipient_language (phone, language) VALUES (\(phone), \(language.rawValue))
            ON CONFLICT (phone) DO UPDATE SET language = excluded.language
            """)
    }

    /// The phones that are not told in Chinese.
    static func languages(in db: any Reading) throws -> [(phone: String, language: String)] {
        var all: [(phone: String, language: String)] = []
        try db.query("SELECT phone, language FROM recipient_language ORDER BY phone LIMIT 500") { row in
            all.append((phone: try row.next(), language: try row.next()))
            return true
        }
        return all
    }
}
