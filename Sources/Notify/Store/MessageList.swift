import Kernel
import Storage

/// What a list of messages is narrowed to.
struct MessageFilter: Sendable {
    var state: MessageState?
    var channel: Channel?
    var caseID: CaseID?
    var subject: String?
    var text: String?
    /// Only those queued at or after this moment.
    var from: Instant?
    /// Only those queued before this moment.
    var to: Instant?
    /// The last message seen: the list goes on with older ones.
    var before: MessageID?

    var conditions: SQL {
        var all: [SQL] = ["1 = 1"]
        if let state { all.append("state = \(state)") }
        if let channel { all.append("channel = \(channel)") }
        if let caseID { all.append("case_id = \(caseID)") }
        if let subject { all.append("subject = \(subject)") }
        if let from { all.append("queued_at >= \(from)") }
        if let to { all.append("queued_at < \(to)") }
        if let before { all.append("id < \(before)") }
        if let text {
            let pattern = "%" + text.filter { $0 != "%" && $0 != "_" } + "%"
            all.append("(to_name LIKE \(pattern) OR text LIKE \(pattern))")
        }
        return SQL.joined(all, by: " AND ")
    }
}

enum MessageList {
    static func page(_ filter: MessageFilter, limit: Int, in db: any Reading) throws -> [Message] {
        try db.all(
            Message.self,
            """
            SELECT \(raw: Message.columns) FROM message WHERE \(filter.conditions)
            ORDER BY id DESC LIMIT \(Int64(limit))
            """)
    }
}
