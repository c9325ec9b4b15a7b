import Kernel

/// Something that changed, as it is appended to the log.
public struct NewEvent: Sendable {
    /// What happened, such as `alarm.raised`.
    public var type: String
    /// What it happened to, such as `alarms/01…`.
    public var subject: String
    /// The permission that a reader of it must hold.
    public var permission: String
    /// The area in which it happened, where readers are bound to areas.
    public var area: Int64?
    /// When it happened, where that may not be known exactly; `nil` is the moment of the append.
    public var at: Instant?
    /// A JSON object for the screens. No personal datum belongs in it: readers fetch those, masked, by `subject`.
    public var data: String

    /// An event with its readers' permission and its JSON.
    public init(
        type: String, subject: String, permission: String, area: Int64? = nil, at: Instant? = nil,
        data: String = "{}"
    ) {
        self.at = at
        self.type = type
        self.subject = subject
        self.permission = permission
        self.area = area
        self.data = data
    }
}

/// A committed event.
public struct Event: Sendable, RowDecodable {
    /// Its place in the log: grows by one from commit to commit.
    public var seq: Int64
    /// When it was appended.
    public var at: Instant
    /// What was appended.
    public var content: NewEvent

    /// The columns that ``init(row:)`` reads.
    public static let columns = "seq, at, type, subject, permission, area, data"

    /// Reads ``columns``.
    public init(row: inout Row) throws {
        seq = try row.next()
        at = try row.next()
        content = NewEvent(
            type: try row.next(), subject: try row.next(), permission: try row.next(), area: try row.next(),
            at: at, data: try row.next())
    }

    init(seq: Int64, at: Instant, content: NewEvent) {
        self.seq = seq
        self.at = at
        self.content = content
    }
}
