import Foundation

/// The body of `bind_transceiver` (§4.1.5).
public struct BindRequest: Sendable, Equatable {
    /// Who binds, 1…15 characters.
    public var systemID: String
    /// The password, 0…8 characters.
    public var password: String
    /// What the carrier calls the kind of system, often empty.
    public var systemType: String

    /// A bind.
    public init(systemID: String, password: String, systemType: String = "") {
        self.systemID = systemID
        self.password = password
        self.systemType = systemType
    }

    /// The bytes.
    public var body: [UInt8] {
        octets(systemID, 16) + octets(password, 9) + octets(systemType, 13) + [0x34, 0, 0] + octets("", 41)
    }

    /// Reads a bind.
    public init(_ body: [UInt8]) throws(SMPPError) {
        var fields = FieldReader(body)
        systemID = try fields.text("system_id", 16)
        password = try fields.text("password", 9)
        systemType = try fields.text("system_type", 13)
    }
}

/// The body of `submit_sm` and `deliver_sm` (§4.4.1, §4.6.1), which have the same shape.
public struct ShortMessage: Sendable, Equatable {
    /// The sender's number or name.
    public var source: String
    /// The receiver's number.
    public var destination: String
    /// 0x40 where the text begins with a user data header, 0x04 for a delivery receipt (§5.2.12).
    public var esmClass: UInt8
    /// 8 is UCS-2, 0 the carrier's default (§5.2.19).
    public var coding: UInt8
    /// 1 asks for a receipt (§5.2.17).
    public var registered: UInt8
    /// At most 254 bytes.
    public var text: [UInt8]

    /// A short message.
    public init(
        source: String, destination: String, esmClass: UInt8, coding: UInt8, registered: UInt8, text: [UInt8]
    ) {
        self.source = source
        self.destination = destination
        self.esmClass = esmClass
        self.coding = coding
        self.registered = registered
        self.text = text
    }

    /// The bytes: international numbers of the ISDN plan.
    public var body: [UInt8] {
        octets("", 6) + [1, 1] + octets(source, 21) + [1, 1] + octets(destination, 21) + [esmClass, 0, 0]
            + octets("", 17) + octets("", 17) + [registered, 0, coding, 0, UInt8(min(254, text.count))]
            + text.prefix(254)
    }

    /// Reads one; optional parameters are passed over.
    public init(_ body: [UInt8]) throws(SMPPError) {
        var fields = FieldReader(body)
        _ = try fields.text("service_type", 6)
        _ = try fields.bytes("source_addr_ton", 2)
        source = try fields.text("source_addr", 21)
        _ = try fields.bytes("dest_addr_ton", 2)
        destination = try fields.text("destination_addr", 21)
        esmClass = try fields.byte("esm_class")
        _ = try fields.bytes("protocol_id", 2)
        _ = try fields.text("schedule_delivery_time", 17)
        _ = try fields.text("validity_period", 17)
        registered = try fields.byte("registered_delivery")
        _ = try fields.byte("replace_if_present_flag")
        coding = try fields.byte("data_coding")
        _ = try fields.byte("sm_default_msg_id")
        text = try fields.bytes("short_message", Int(try fields.byte("sm_length")))
    }
}

/// A Chinese text as parts of UCS-2, with the header that puts them together again (GSM 03.40 §9.2.3.24.1).
public enum Parts {
    /// Characters (UTF-16 units) of a text that is one part.
    public static let single = 70
    /// Characters of each part of a longer one.
    public static let each = 67
    /// The most parts: 536 characters of 67; more is cut.
    public static let most = 8

    /// How many parts a text has, 1…``most``.
    public static func count(_ text: String) -> Int {
        let units = text.utf16.count
        return units <= single ? 1 : min(most, (units + each - 1) / each)
    }

    /// The parts as UTF-16BE, those of a longer text behind their header. No character outside the basic plane is
    /// cut in two: its part ends before it.
    /// - Parameter reference: the same number in all parts of a text, another in the next text.
    public static func split(_ text: String, reference: UInt8) -> [[UInt8]] {
        let units = Array(text.utf16)
        func bytes(_ slice: ArraySlice<UInt16>) -> [UInt8] { slice.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
        guard units.count > single else { return [bytes(units[...])] }
        var slices: [ArraySlice<UInt16>] = []
        var rest = units[...]
        while !rest.isEmpty, slices.count < most {
            var size = min(each, rest.count)
            if size < rest.count, UTF16.isLeadSurrogate(rest[rest.startIndex + size - 1]) { size -= 1 }
            slices.append(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return slices.enumerated().map { index, slice in
            [0x05, 0x00, 0x03, reference, UInt8(slices.count), UInt8(index + 1)] + bytes(slice)
        }
    }
}

/// What a carrier says later of a message, in the text of a `deliver_sm` (appendix B).
public struct DeliveryReceipt: Sendable, Equatable {
    /// The carrier's number for the message.
    public var id: String
    /// Such as `DELIVRD`.
    public var state: String
    /// The carrier's error, where there is one.
    public var error: String

    /// Reads `id:… … stat:… err:…`, or `nil` when it is no receipt.
    public init?(_ text: [UInt8]) {
        let words = String(decoding: text, as: UTF8.self)
        func field(_ name: String) -> String? {
            guard let range = words.range(of: name) else { return nil }
            return String(words[range.upperBound...].prefix { !$0.isWhitespace }.prefix(65))
        }
        guard let id = field("id:"), let state = field("stat:"), !id.isEmpty else { return nil }
        self.id = id
        self.state = state
        error = field("err:") ?? ""
    }

    /// Whether the phone has it; `nil` where that is not known yet.
    public var isDelivered: Bool? {
        switch state {
        case "DELIVRD": true
        case "UNDELIV", "EXPIRED", "REJECTD", "DELETED": false
        default: nil
        }
    }

    /// The text of a receipt, for a far end that gives one.
    public static func text(id: String, state: String, error: String) -> [UInt8] {
        Array(
            "id:\(id) sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:\(state) err:\(error) text:"
                .utf8)
    }
}
