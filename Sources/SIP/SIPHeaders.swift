/// Header fields in their order; names are compared without case, compact forms are known by their long names
/// (RFC 3261, 7.3.3).
public struct SIPHeaders: Sendable, Equatable {
    /// One field.
    public struct Field: Sendable, Equatable {
        /// In its usual spelling, such as `Call-ID`.
        public var name: String
        /// Without the blanks around it, unfolded.
        public var value: String
    }

    /// All fields.
    public private(set) var fields: [Field] = []

    /// None yet.
    public init() {}

    /// Fields from pairs, in their order.
    public init(_ pairs: [(String, String)]) { for (name, value) in pairs { add(name, value) } }

    /// The first value of that name; setting replaces all of them, `nil` removes them.
    public subscript(_ name: String) -> String? {
        get {
            let name = Self.canonical(name)
            return fields.first { $0.name == name }?.value
        }
        set {
            let name = Self.canonical(name)
            guard let newValue else { return fields.removeAll { $0.name == name } }
            if let index = fields.firstIndex(where: { $0.name == name }) {
                fields[index].value = newValue
                var seen = false
                fields.removeAll { field in
                    guard field.name == name else { return false }
                    defer { seen = true }
                    return seen
                }
            } else {
                fields.append(Field(name: name, value: newValue))
            }
        }
    }

    /// All values of that name, in their order.
    public func all(_ name: String) -> [String] {
        let name = Self.canonical(name)
        return fields.filter { $0.name == name }.map(\.value)
    }

    /// Adds a field at the end.
    public mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: Self.canonical(name), value: value))
    }

    /// Replaces the first field of that name and leaves the others, for the uppermost `Via`.
    public mutating func replaceFirst(_ name: String, _ value: String) {
        let name = Self.canonical(name)
        if let index = fields.firstIndex(where: { $0.name == name }) { fields[index].value = value }
    }

    /// Puts a field before all others, for a new `Via`.
    public mutating func prepend(_ name: String, _ value: String) {
        fields.insert(Field(name: Self.canonical(name), value: value), at: 0)
    }

    /// Fields whose values may be lists with commas that mean the same as several fields.
    static let lists: Set<String> = ["Via", "Contact", "Route", "Record-Route"]

    private static let compact: [String: String] = [
        "i": "Call-ID", "m": "Contact", "e": "Content-Encoding", "l": "Content-Length", "c": "Content-Type",
        "f": "From", "s": "Subject", "k": "Supported", "t": "To", "v": "Via", "o": "Event", "u": "Allow-Events",
        "r": "Refer-To", "b": "Referred-By", "x": "Session-Expires", "j": "Reject-Contact", "a": "Accept-Contact",
    ]
    private static let usual: [String: String] = Dictionary(
        [
            "Call-ID", "CSeq", "Via", "From", "To", "Contact", "Content-Length", "Content-Type", "Content-Encoding",
            "Max-Forwards", "Expires", "Min-Expires", "Authorization", "WWW-Authenticate", "Proxy-Authorization",
            "Proxy-Authenticate", "Authentication-Info", "User-Agent", "Server", "Subject", "Event", "Allow",
            "Allow-Events", "Supported", "Require", "Record-Route", "Route", "Subscription-State", "Date",
            "Retry-After", "Accept", "X-GB-Ver", "Session-Expires", "Reason", "Unsupported",
        ].map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })

    /// The usual spelling of a name; an unknown one is given in lower case with capitals after hyphens.
    static func canonical(_ name: String) -> String {
        if usual[name.lowercased()] == name { return name }
        let lower = name.lowercased()
        if let known = usual[lower] ?? compact[lower] { return known }
        return lower.split(separator: "-", omittingEmptySubsequences: false)
            .map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: "-")
    }
}
