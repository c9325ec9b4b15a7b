import Kernel

/// One line of a watch's log, wherever it came from.
public struct LogLine: Sendable {
    /// What the line is about.
    public enum Kind: String, Sendable, CaseIterable {
        /// A step of a case.
        case step = "case"
        /// An alarm, or a device that went out of order or came back.
        case device
        /// Somebody came, did not come, or handed over.
        case watch
        /// A time in which nobody was where somebody must be.
        case gap
        /// What somebody wrote.
        case remark
    }

    /// When.
    public var at: Instant
    /// What it is about.
    public var kind: Kind
    /// Who did it; empty where nobody did.
    public var who: String
    /// The words.
    public var text: String
    /// Where it is looked at; empty where there is no page.
    public var href: String
    /// Whether it should not have been.
    public var isBad: Bool

    /// A line.
    public init(at: Instant, kind: Kind, who: String = "", text: String, href: String = "", isBad: Bool = false) {
        self.at = at
        self.kind = kind
        self.who = who
        self.text = text
        self.href = href
        self.isBad = isBad
    }
}
