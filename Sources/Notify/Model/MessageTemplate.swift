import Kernel
import Storage
import Web

/// Words for one kind of message, in one language, for one way, and where needed for one carrier.
public struct MessageTemplate: Sendable, RowDecodable {
    /// Where it stands. Only what is approved is ever sent.
    public enum State: String, Sendable, CaseIterable, SQLConvertible {
        /// Somebody has written it.
        case draft
        /// Somebody else has approved it: it is in use.
        case approved
        /// Another one is in use instead, or none.
        case retired
    }

    /// Its number.
    public var id: ID<MessageTemplate>
    /// A ``MessageKind/name``.
    public var kind: String
    /// A ``Language``.
    public var language: String
    /// How it goes out.
    public var channel: Channel
    /// The carrier that it is for; empty is any.
    public var carrier: String
    /// The words, with variables in braces.
    public var body: String
    /// The number under which the carrier itself has approved these words; empty where it takes free text.
    public var carrierCode: String
    /// Where it stands.
    public var state: State
    /// Who wrote it.
    public var writtenBy: StaffID
    /// The writer's name at that time.
    public var writer: String
    /// When.
    public var writtenAt: Instant
    /// Who approved it.
    public var approvedBy: StaffID?
    /// That person's name at that time.
    public var approver: String?
    /// When.
    public var approvedAt: Instant?

    static let columns = """
        id, kind, language, channel, carrier, body, carrier_code, state, written_by, writer, written_at, approved_by,
        approver, approved_at
        """

    /// A draft.
    init(
        id: ID<MessageTemplate>, kind: String, language: String, channel: Channel, carrier: String, body: String,
        carrierCode: String, writtenBy: StaffID, writer: String, writtenAt: Instant
    ) {
        self.id = id
        self.kind = kind
        self.language = language
        self.channel = channel
        self.carrier = carrier
        self.body = body
        self.carrierCode = carrierCode
        state = .draft
        self.writtenBy = writtenBy
        self.writer = writer
        self.writtenAt = writtenAt
    }

    /// Reads `columns`.
    public init(row: inout Row) throws {
        id = try row.next()
        kind = try row.next()
        language = try row.next()
        channel = try row.next()
        carrier = try row.next()
        body = try row.next()
        carrierCode = try row.next()
        state = try row.next()
        writtenBy = try row.next()
        writer = try row.next()
        writtenAt = try row.next()
        approvedBy = try row.next()
        approver = try row.next()
        approvedAt = try row.next()
    }
}

/// A carrier's own approved template with the values that it takes, for carriers that allow no free text.
public struct CarrierForm: Sendable, Equatable {
    /// The carrier's number for its template.
    public var code: String
    /// In the order of their first appearance in the words.
    public var values: [(name: String, value: String)]

    /// Alike where code and values are.
    public static func == (left: CarrierForm, right: CarrierForm) -> Bool {
        left.code == right.code && left.values.map(\.name) == right.values.map(\.name)
            && left.values.map(\.value) == right.values.map(\.value)
    }
}
