import Kernel
import Storage

/// How somebody is told.
public enum Channel: String, Codable, Sendable, CaseIterable, SQLConvertible {
    /// A text, and a call, to a phone.
    case sms, call
    /// A letter to an address that the person has given.
    case email
    /// A notice on a device that the person has allowed it on (Web Push).
    case push

    /// Whether it goes to a phone number; the others go to what a person has given for them.
    public var isPhone: Bool { self == .sms || self == .call }
}

/// Who is told.
public struct Recipient: Sendable {
    /// The name that people read.
    public var name: String
    /// The phone; for letters the address, for notices the person's number.
    public var phone: String
    /// The role in which the person is told.
    public var role: String

    /// A recipient.
    public init(name: String, phone: String, role: String) {
        self.name = name
        self.phone = phone
        self.role = role
    }
}

/// What goes first when much waits.
public enum Priority: Int64, Sendable, SQLConvertible {
    /// A fire.
    case emergency = 0
    /// Work on a device and everything else.
    case routine = 5
}

/// A text or call that is to go out.
public struct NewMessage: Sendable {
    /// How: `sms` or `call`.
    public var channel: Channel
    /// To whom.
    public var to: Recipient
    /// The words.
    public var text: String
    /// The case.
    public var caseID: CaseID?
    /// Such as `alarms/01…`.
    public var subject: String
    /// The same key is the same message: it is queued once.
    public var key: String
    /// What goes first.
    public var priority: Priority
    /// When.
    public var at: Instant
    /// What a template for it is filled with; `nil` for words that have no templates.
    public var content: MessageContent?
    /// The one carrier that may bring it; `nil` for any.
    public var via: String?

    /// A message.
    public init(
        channel: Channel, to: Recipient, text: String, caseID: CaseID?, subject: String, key: String,
        priority: Priority = .routine, at: Instant, content: MessageContent? = nil,
        via: String? = nil
    ) {
        self.channel = channel
        self.to = to
        self.text = text
        self.caseID = caseID
        self.subject = subject
        self.key = key
        self.priority = priority
        self.at = at
        self.content = content
        self.via = via
    }
}
