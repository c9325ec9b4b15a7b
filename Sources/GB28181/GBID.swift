/// A name of GB/T 28181: 20 decimal digits (Annex E.1), or 2, 4, 6 or 8 for a region.
///
/// `CCCCCCCC II TTT N SSSSSS`: centre, industry, type, network, serial number.
public struct GBID: Sendable, Hashable, Codable, Comparable, LosslessStringConvertible {
    /// The digits.
    public let description: String

    /// Checks length and digits.
    public init?(_ description: String) {
        guard [2, 4, 6, 8, 20].contains(description.utf8.count),
            description.utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        self.description = description
    }

    private init(trusted digits: String) { description = digits }

    /// A signalling server in a region that does not exist.
    public static let invented = GBID(trusted: "99010101002000000001")

    /// What digits 11-13 say that a thing is.
    public enum Kind: String, Sendable, CaseIterable, Codable {
        case region, recorder, encoder, camera
        case alarmInput = "alarm-input"
        case alarmOutput = "alarm-output"
        case microphone, speaker, server, group
        case virtualOrganisation = "virtual-organisation"
        case platform, other
    }

    /// The three digits of the type; 0 of a region.
    public var type: Int {
        guard description.utf8.count == 20 else { return 0 }
        return Int(description.dropFirst(10).prefix(3)) ?? 0
    }

    /// What it is.
    public var kind: Kind {
        switch type {
        case 0: description.utf8.count == 20 ? .other : .region
        case 111, 118, 130: .recorder
        case 112, 113: .encoder
        case 131, 132: .camera
        case 134: .alarmInput
        case 135: .alarmOutput
        case 136: .microphone
        case 137: .speaker
        case 200...214: .server
        case 215: .group
        case 216: .virtualOrganisation
        case 500...599: .platform
        default: .other
        }
    }

    /// The first ten digits: the domain of a server.
    public var domain: String { String(description.prefix(10)) }
    /// Whether it names a whole thing, not a region.
    public var isFull: Bool { description.utf8.count == 20 }

    /// Orders by digits.
    public static func < (left: GBID, right: GBID) -> Bool { left.description < right.description }

    /// Reads the digits.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = GBID(text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no GB name"))
        }
        self = id
    }

    /// Writes the digits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The edition that a device speaks: `X-GB-Ver` (Annex I).
public enum GBVersion: String, Sendable, Codable, Comparable {
    case v2011 = "1.0"
    case v2011Amended = "1.1"
    case v2016 = "2.0"
    case v2022 = "3.0"

    /// Reads the header field; without one a device counts as 2016.
    public init(header: String?) {
        self = header.flatMap { GBVersion(rawValue: $0.filter { $0 != " " }) } ?? .v2016
    }

    /// The character set to declare. Both are written as GB18030, which contains GB2312.
    public var charset: String { self >= .v2022 ? "GB18030" : "GB2312" }
    /// The element that asks for a key frame; the 2016 text misspells it.
    public var keyFrameElement: String { self >= .v2022 ? "IFrameCmd" : "IFameCmd" }
    /// The other edition's spelling: firmware of either may know only one.
    public var otherKeyFrameElement: String { self >= .v2022 ? "IFameCmd" : "IFrameCmd" }

    /// Orders by age.
    public static func < (left: GBVersion, right: GBVersion) -> Bool { left.rawValue < right.rawValue }
}

/// The ten digits of `y=` and the RTP source that they are (2022, 6.10): kind, five digits of the domain, four to count.
public struct SSRCPool: Sendable {
    /// Live or from a recording.
    public enum Kind: Int, Sendable {
        case live = 0
        case history = 1
    }

    private let domain: Int
    private var used: [Set<Int>] = [[], []]
    private var next = [1, 1]

    /// A pool for a platform with this name.
    public init(platform: GBID) { domain = Int(platform.description.dropFirst(3).prefix(5)) ?? 0 }

    /// A number that is not in use, or `nil` when all 9,999 of its kind are.
    public mutating func take(_ kind: Kind) -> UInt32? {
        let place = kind.rawValue
        guard used[place].count < 9_999 else { return nil }
        // Going round keeps a number out of use for as long as can be: a late packet finds nobody.
        while used[place].contains(next[place]) { next[place] = next[place] % 9_999 + 1 }
        let number = next[place]
        used[place].insert(number)
        next[place] = number % 9_999 + 1
        return UInt32(place * 1_000_000_000 + domain * 10_000 + number)
    }

    /// Gives a number back; one that is not from here changes nothing.
    public mutating func free(_ ssrc: UInt32) {
        let (kind, rest) = Int(ssrc).quotientAndRemainder(dividingBy: 1_000_000_000)
        guard kind < 2, rest / 10_000 == domain else { return }
        used[kind].remove(rest % 10_000)
    }

    /// Numbers in use.
    public var count: Int { used[0].count + used[1].count }
}
