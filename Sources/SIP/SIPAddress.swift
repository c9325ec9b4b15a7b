/// Small pieces of SIP's grammar.
enum SIPText {
    /// Splits at a separator that stands outside quotes and angle brackets; parts are trimmed, empty ones left out.
    static func split(_ text: String, at separator: Character) -> [String] {
        var parts: [String] = []
        var current = ""
        var quoted = false
        var escaped = false
        var depth = 0
        for letter in text {
            if quoted {
                if escaped {
                    escaped = false
                } else if letter == "\\" {
                    escaped = true
                } else if letter == "\"" {
                    quoted = false
                }
            } else if letter == "\"" {
                quoted = true
            } else if letter == "<" {
                depth += 1
            } else if letter == ">" {
                depth = max(0, depth - 1)
            } else if letter == separator, depth == 0 {
                parts.append(current)
                current = ""
                continue
            }
            current.append(letter)
        }
        parts.append(current)
        return parts.map(trim).filter { !$0.isEmpty }
    }

    static func trim(_ text: some StringProtocol) -> String {
        var slice = text[...]
        while let first = slice.first, first == " " || first == "\t" { slice = slice.dropFirst() }
        while let last = slice.last, last == " " || last == "\t" { slice = slice.dropLast() }
        return String(slice)
    }

    static func unquote(_ text: String) -> String {
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        var result = ""
        var escaped = false
        for letter in text.dropFirst().dropLast() {
            if !escaped, letter == "\\" {
                escaped = true
            } else {
                result.append(letter)
                escaped = false
            }
        }
        return result
    }

    /// `;name=value;flag` as pairs, names in lower case; a flag has an empty value.
    static func parameters(_ parts: some Sequence<String>) -> [(name: String, value: String)] {
        parts.map { part in
            guard let equals = part.firstIndex(of: "=") else { return (trim(part).lowercased(), "") }
            return (trim(part[..<equals]).lowercased(), unquote(trim(part[part.index(after: equals)...])))
        }
    }

    static func text(_ parameters: [(name: String, value: String)]) -> String {
        parameters.map { ";\($0.name)" + ($0.value.isEmpty ? "" : "=\($0.value)") }.joined()
    }

    /// Host and port of `host:port`, `[v6]:port`.
    static func hostPort(_ text: String) -> (host: String, port: Int?)? {
        var host = text[...]
        var port: Int?
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<close]
            let rest = text[text.index(after: close)...]
            if rest.hasPrefix(":") {
                guard let number = Int(rest.dropFirst()), (0...65_535).contains(number) else { return nil }
                port = number
            } else if !rest.isEmpty {
                return nil
            }
        } else if let colon = text.lastIndex(of: ":") {
            guard let number = Int(text[text.index(after: colon)...]), (0...65_535).contains(number) else { return nil }
            host = text[..<colon]
            port = number
        }
        guard !host.isEmpty, host.utf8.count <= 255, !host.contains(where: { $0.isWhitespace }) else { return nil }
        return (String(host), port)
    }
}

/// `sip:user@host:port;parameters` (RFC 3261, 19.1).
public struct SIPURI: Sendable, Equatable {
    /// `sip`, `sips` or `tel`.
    public var scheme: String
    /// The part before `@`, without a password; of `tel:` the number.
    public var user: String
    /// Host or address; empty of `tel:`.
    public var host: String
    /// The port, where one is written.
    public var port: Int?
    /// `;transport=tcp` and the like, as pairs in their order.
    public var parameters: [(name: String, value: String)] = []

    /// A `sip:` URI.
    public init(user: String, host: String, port: Int? = nil) {
        scheme = "sip"
        self.user = user
        self.host = host
        self.port = port
    }

    /// Reads a URI; headers after `?` are dropped.
    public init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":"), text.utf8.count <= 1_024 else { return nil }
        scheme = text[..<colon].lowercased()
        guard ["sip", "sips", "tel"].contains(scheme) else { return nil }
        let rest = text[text.index(after: colon)...].prefix { $0 != "?" }
        let parts = rest.split(separator: ";", omittingEmptySubsequences: true).map(String.init)
        guard let first = parts.first else { return nil }
        parameters = SIPText.parameters(parts.dropFirst())
        if scheme == "tel" {
            (user, host) = (first, "")
            return
        }
        var place = first[...]
        user = ""
        if let at = first.lastIndex(of: "@") {
            user = String(first[..<at].prefix { $0 != ":" })
            place = first[first.index(after: at)...]
        }
        guard let found = SIPText.hostPort(String(place)) else { return nil }
        (host, port) = found
    }

    /// As it is written.
    public var text: String {
        if scheme == "tel" { return "tel:\(user)" + SIPText.text(parameters) }
        let place = host.contains(":") ? "[\(host)]" : host
        return "\(scheme):" + (user.isEmpty ? "" : "\(user)@") + place + (port.map { ":\($0)" } ?? "")
            + SIPText.text(parameters)
    }

    /// The value of a parameter.
    public func parameter(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// Compares as written.
    public static func == (left: SIPURI, right: SIPURI) -> Bool { left.text == right.text }
}

/// `"Name" <sip:…>;tag=…` as in From, To, Contact and Route (RFC 3261, 20.10).
public struct SIPAddress: Sendable, Equatable {
    /// The name before the URI.
    public var name: String = ""
    /// The URI.
    public var uri: SIPURI
    /// `;tag=` and the like.
    public var parameters: [(name: String, value: String)] = []

    /// An address.
    public init(_ uri: SIPURI, tag: String? = nil) {
        self.uri = uri
        if let tag { parameters = [("tag", tag)] }
    }

    /// Reads an address; `*` and what has no URI are none.
    public init?(_ text: String) {
        if let open = text.firstIndex(of: "<"), let close = text[open...].firstIndex(of: ">") {
            name = SIPText.unquote(SIPText.trim(text[..<open]))
            guard let uri = SIPURI(String(text[text.index(after: open)..<close])) else { return nil }
            self.uri = uri
            parameters = SIPText.parameters(
                SIPText.split(String(text[text.index(after: close)...]), at: ";"))
        } else {
            // Without brackets parameters belong to the field, not to the URI (RFC 3261, 20).
            let parts = SIPText.split(text, at: ";")
            guard let first = parts.first, let uri = SIPURI(first) else { return nil }
            self.uri = uri
            parameters = SIPText.parameters(parts.dropFirst())
        }
    }

    /// The tag.
    public var tag: String? { parameters.first { $0.name == "tag" }?.value }

    /// The value of a parameter.
    public func parameter(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// As it is written.
    public var text: String {
        let quoted = name.isEmpty ? "" : "\"" + name.filter { $0 != "\"" && $0 != "\\" } + "\" "
        return "\(quoted)<\(uri.text)>" + SIPText.text(parameters)
    }

    /// Compares as written.
    public static func == (left: SIPAddress, right: SIPAddress) -> Bool { left.text == right.text }
}

/// One `Via` (RFC 3261, 20.42; RFC 3581).
public struct SIPVia: Sendable, Equatable {
    /// `UDP`, `TCP`, upper case.
    public var transport: String
    /// Host or address of who sent it.
    public var host: String
    /// The port, where one is written.
    public var port: Int?
    /// `branch`, `rport`, `received` and others in their order.
    public var parameters: [(name: String, value: String)]

    /// A new one, which asks for the port that the answer must go to.
    public init(transport: String, host: String, port: Int, branch: String) {
        self.transport = transport
        self.host = host
        self.port = port
        parameters = [("rport", ""), ("branch", branch)]
    }

    /// Reads `SIP/2.0/UDP host:port;branch=…`.
    public init?(_ text: String) {
        let parts = SIPText.split(text, at: ";")
        guard let first = parts.first else { return nil }
        let words = first.split { $0 == " " || $0 == "\t" }
        guard words.count >= 2, let place = words.last, let found = SIPText.hostPort(String(place)) else { return nil }
        let protocolText = words.dropLast().joined().split(separator: "/")
        guard protocolText.count == 3, protocolText[0].uppercased() == "SIP", protocolText[1] == "2.0" else {
            return nil
        }
        transport = protocolText[2].uppercased()
        (host, port) = found
        parameters = SIPText.parameters(parts.dropFirst())
    }

    /// The transaction's name; RFC 3261's begin with `z9hG4bK`.
    public var branch: String { parameter("branch") ?? "" }

    /// The value of a parameter; empty where it stands without one.
    public func parameter(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// Sets a parameter.
    public mutating func set(_ name: String, _ value: String) {
        if let index = parameters.firstIndex(where: { $0.name == name }) {
            parameters[index].value = value
        } else {
            parameters.append((name, value))
        }
    }

    /// As it is written.
    public var text: String {
        let place = host.contains(":") ? "[\(host)]" : host
        return "SIP/2.0/\(transport) \(place)" + (port.map { ":\($0)" } ?? "") + SIPText.text(parameters)
    }

    /// Compares as written.
    public static func == (left: SIPVia, right: SIPVia) -> Bool { left.text == right.text }
}
