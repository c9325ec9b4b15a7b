import Kernel
import Storage

/// Where a message stands.
public enum MessageState: String, Codable, Sendable, CaseIterable, SQLConvertible {
    /// It waits, for the first time or for another try.
    case queued
    /// A worker holds it; whether the gateway has it is not known until the gateway answers.
    case sending
    /// The gateway has taken it.
    case sent
    /// The phone has it.
    case delivered
    /// Somebody took the call.
    case answered
    /// It will not be tried again.
    case failed
    /// Taken back before it was sent.
    case withdrawn
    /// It was handed over, and nobody said in time what became of it: the person may have it, or not.
    case unknown

    /// How far it has come: a late receipt never takes a message back.
    var rank: Int {
        switch self {
        case .queued, .sending, .withdrawn: 0
        case .sent, .unknown: 1
        case .failed: 2
        case .delivered: 3
        case .answered: 4
        }
    }
}

/// A message with what became of it.
public struct Message: Sendable, RowDecodable {
    /// Its number; gateways get it as the idempotency key.
    public var id: MessageID
    /// How.
    public var channel: Channel
    /// To whom.
    public var to: Recipient
    /// The words.
    public var text: String
    /// The case.
    public var caseID: CaseID?
    /// Such as `alarms/01…`.
    public var subject: String
    /// Where it stands.
    public var state: MessageState
    /// When it was queued.
    public var queuedAt: Instant
    /// How often it was handed to a gateway, or was about to be.
    public var attempt: Int64
    /// Whether an earlier try may have reached the person although nobody said so.
    public var mayRepeat: Bool
    /// The gateway's own number for it.
    public var providerID: String?
    /// What a template for it is filled with; `nil` for words that have no templates.
    public var content: MessageContent?
    /// The one carrier that may bring it; `nil` for any.
    public var via: String?
    /// The carrier's own template that stands for the words, where there is one; set for one try.
    public var form: CarrierForm?

    static let columns = """
        id, channel, to_name, to_phone, to_role, text, case_id, subject, state, queued_at, attempt, possible_repeat,
        provider_id, kind, variables, via
        """

    /// Reads `columns`.
    public init(row: inout Row) throws {
        id = try row.next()
        channel = try row.next()
        to = Recipient(name: try row.next(), phone: try row.next(), role: try row.next())
        text = try row.next()
        caseID = try row.next()
        subject = try row.next()
        state = try row.next()
        queuedAt = try row.next()
        attempt = try row.next()
        mayRepeat = try row.next()
        providerID = try row.next()
        content = MessageContent(kind: try row.next(), stored: try row.next())
        via = try row.next()
    }
}
