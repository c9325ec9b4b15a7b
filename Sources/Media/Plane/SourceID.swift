/// The name of one source of pictures or of one voice, unique within a media process, such as `cameras/06x…`.
///
/// Letters, digits, `/`, `-`, `_` and `.`; 1…100 of them, so that it can stand in addresses and file names.
public struct SourceID: Sendable, Hashable, Codable, LosslessStringConvertible {
    /// The text.
    public let description: String

    /// The name, or `nil` when it holds other characters or is too long.
    public init?(_ description: String) {
        guard (1...100).contains(description.utf8.count), !description.contains(".."), !description.hasPrefix("/"),
            description.utf8.allSatisfy({
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: "."):
                    true
                default: false
                }
            })
        else { return nil }
        self.description = description
    }

    /// Reads the text.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = SourceID(text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no source name"))
        }
        self = id
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
