/// One protocol data unit of SMPP 3.4 (§3.2): a header of sixteen bytes and a body.
public struct PDU: Sendable, Equatable {
    /// What it asks or answers (§5.1.2.1).
    public enum Command: UInt32, Sendable {
        case genericNack = 0x8000_0000
        case bindTransceiver = 0x0000_0009
        case bindTransceiverResponse = 0x8000_0009
        case unbind = 0x0000_0006
        case unbindResponse = 0x8000_0006
        case submit = 0x0000_0004
        case submitResponse = 0x8000_0004
        case deliver = 0x0000_0005
        case deliverResponse = 0x8000_0005
        case enquireLink = 0x0000_0015
        case enquireLinkResponse = 0x8000_0015
    }

    /// The command as it stands on the wire; one that is not known is kept as its number.
    public var command: UInt32
    /// 0 is success (§5.1.3).
    public var status: UInt32
    /// Pairs answer and question, 1…0x7FFFFFFF.
    public var sequence: UInt32
    /// What follows the header.
    public var body: [UInt8]

    /// A unit.
    public init(_ command: Command, status: UInt32 = 0, sequence: UInt32, body: [UInt8] = []) {
        self.command = command.rawValue
        self.status = status
        self.sequence = sequence
        self.body = body
    }

    init(command: UInt32, status: UInt32, sequence: UInt32, body: [UInt8]) {
        self.command = command
        self.status = status
        self.sequence = sequence
        self.body = body
    }

    /// The command, where it is known.
    public var known: Command? { Command(rawValue: command) }

    /// The longest unit that is read: a submit with a short message is under 600 bytes, receipts carry few options.
    public static let limit = 4_096

    /// The bytes on the wire.
    public var bytes: [UInt8] {
        func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        return word(UInt32(16 + body.count)) + word(command) + word(status) + word(sequence) + body
    }
}

/// What is wrong with bytes that should be SMPP.
public enum SMPPError: Error, Equatable {
    /// A length below 16 or above ``PDU/limit``; there is no way to find the next unit.
    case length(UInt32)
    /// A body that ends inside a field, or a text without its end.
    case body(String)
}

/// Cuts a stream of bytes into units.
public struct PDUDecoder: Sendable {
    private var buffer: [UInt8] = []
    private var start = 0

    /// A decoder that has heard nothing.
    public init() {}

    /// Takes what has come.
    public mutating func feed(_ bytes: some Sequence<UInt8>) {
        if start > 8_192 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer += bytes
    }

    /// The next whole unit, or `nil` until more has come.
    /// - Throws: ``SMPPError/length(_:)``; the connection is then of no more use.
    public mutating func next() throws(SMPPError) -> PDU? {
        guard buffer.count - start >= 16 else { return nil }
        func word(_ offset: Int) -> UInt32 {
            buffer[(start + offset)..<(start + offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
        }
        let length = word(0)
        guard length >= 16, length <= UInt32(PDU.limit) else { throw .length(length) }
        guard buffer.count - start >= Int(length) else { return nil }
        let unit = PDU(
            command: word(4), status: word(8), sequence: word(12),
            body: Array(buffer[(start + 16)..<(start + Int(length))]))
        start += Int(length)
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
        }
        return unit
    }
}

/// Reads the fields of a body.
struct FieldReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func byte(_ name: String) throws(SMPPError) -> UInt8 {
        guard let first = rest.popFirst() else { throw .body(name) }
        return first
    }

    /// A C-octet string (§3.1) of at most `limit` bytes with its NUL.
    mutating func text(_ name: String, _ limit: Int) throws(SMPPError) -> String {
        guard let end = rest.prefix(limit).firstIndex(of: 0) else { throw .body(name) }
        let text = String(decoding: rest[..<end], as: UTF8.self)
        rest = rest[(end + 1)...]
        return text
    }

    mutating func bytes(_ name: String, _ count: Int) throws(SMPPError) -> [UInt8] {
        guard rest.count >= count else { throw .body(name) }
        let bytes = Array(rest.prefix(count))
        rest = rest.dropFirst(count)
        return bytes
    }
}

/// A C-octet string; what is longer than the field, or not ASCII, is cut or dropped.
func octets(_ text: String, _ limit: Int) -> [UInt8] {
    Array(text.utf8.filter { $0 > 0 && $0 < 128 }.prefix(limit - 1)) + [0]
}
