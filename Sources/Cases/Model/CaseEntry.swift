import Kernel

/// One line of a case's timeline. Entries are appended, never changed; all else is derived from them.
public struct CaseEntry: Sendable, Equatable {
    /// Its place, from 1.
    public var seq: Int
    /// When it happened.
    public var at: Instant
    /// Who did it.
    public var actor: Actor
    /// What happened.
    public var content: Content

    /// An entry.
    public init(seq: Int, at: Instant, actor: Actor, content: Content) {
        self.seq = seq
        self.at = at
        self.actor = actor
        self.content = content
    }

    /// What happened. The names of its cases are stored and must stay.
    public struct Content: Codable, Sendable, Equatable {
        /// What kind of line it is.
        public var type: EntryType
        /// Words that a person or rule wrote.
        public var text: String?
        /// The new or first severity.
        public var severity: Severity?
        /// What the case is about, in the first entry.
        public var kind: CaseKind?
        /// What an alarm turned out to be.
        public var verdict: Verdict?
        /// More time in milliseconds (``EntryType/extended``).
        public var moreMs: Int64?
        /// Until when a suspension is meant to last.
        public var until: Instant?
        /// The other case of a merge.
        public var other: CaseID?
        /// The task and where it stands now.
        public var task: TaskID?
        /// Where the task stands now.
        public var taskState: TaskState?
        /// The unit's name at that time.
        public var unit: String?
        /// Photos that came with it.
        public var attachments: [AttachmentID]?

        /// A line of a type with its words.
        public init(_ type: EntryType, text: String? = nil) {
            self.type = type
            self.text = text.flatMap { $0.isEmpty ? nil : $0 }
        }
    }
}

/// The kinds of line; the raw values are stored.
public enum EntryType: String, Codable, Sendable, CaseIterable {
    case opened, joined, severityRaised = "severity-raised", note, acknowledged, verified
    case accepted, rejected, assigned, started, handled, closed, returned, extended, suspended, resumed, supervised
    case merged, absorbed, reopened
    case stoodDown = "stood-down"
    case task, attachment
}
