/// What somebody answered to a text.
public struct CarrierReply: Sendable, Equatable {
    /// Whose phone, as the carrier writes it.
    public var phone: String
    /// The words.
    public var text: String

    /// A reply.
    public init(phone: String, text: String) {
        self.phone = phone
        self.text = text
    }

    /// The number as the town writes it: without China's prefix.
    var number: String {
        let digits = phone.filter { $0.isASCII && $0.isNumber }
        return digits.count == 13 && digits.hasPrefix("86") ? String(digits.dropFirst(2)) : digits
    }

    /// What was meant, where the reply is no more than one of the keys that a call asks for.
    var key: String? {
        let trimmed = text.filter { !$0.isWhitespace }
        return switch trimmed {
        case "1", "１", "按1": "1"
        case "2", "２", "按2": "2"
        default: nil
        }
    }
}
