/// A request's method (RFC 3261, 7.1, and its extensions); unknown ones keep their name.
public struct SIPMethod: RawRepresentable, Sendable, Hashable {
    /// As on the wire, upper case.
    public var rawValue: String
    /// A method by its name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// RFC 3261.
    public static let invite = SIPMethod(rawValue: "INVITE")
    /// RFC 3261.
    public static let ack = SIPMethod(rawValue: "ACK")
    /// RFC 3261.
    public static let bye = SIPMethod(rawValue: "BYE")
    /// RFC 3261.
    public static let cancel = SIPMethod(rawValue: "CANCEL")
    /// RFC 3261.
    public static let register = SIPMethod(rawValue: "REGISTER")
    /// RFC 3261.
    public static let options = SIPMethod(rawValue: "OPTIONS")
    /// RFC 3428.
    public static let message = SIPMethod(rawValue: "MESSAGE")
    /// RFC 6086.
    public static let info = SIPMethod(rawValue: "INFO")
    /// RFC 6665.
    public static let subscribe = SIPMethod(rawValue: "SUBSCRIBE")
    /// RFC 6665.
    public static let notify = SIPMethod(rawValue: "NOTIFY")
}

/// A request or a response (RFC 3261, 7).
public struct SIPMessage: Sendable, Equatable {
    /// The first line.
    public enum Start: Sendable, Equatable {
        /// A request with its Request-URI as it was written.
        case request(SIPMethod, uri: String)
        /// A response, 100…699.
        case response(Int, reason: String)
    }

    /// The first line.
    public var start: Start
    /// The header fields in their order.
    public var headers: SIPHeaders
    /// The body's bytes; `Content-Length` is written from them.
    public var body: [UInt8]

    /// A message.
    public init(_ start: Start, headers: SIPHeaders = SIPHeaders(), body: [UInt8] = []) {
        self.start = start
        self.headers = headers
        self.body = body
    }

    /// A request's method; `nil` of a response.
    public var method: SIPMethod? { if case .request(let method, _) = start { method } else { nil } }
    /// A request's URI.
    public var uri: String? { if case .request(_, let uri) = start { uri } else { nil } }
    /// A response's status; `nil` of a request.
    public var status: Int? { if case .response(let status, _) = start { status } else { nil } }
    /// A response's words.
    public var reason: String { if case .response(_, let reason) = start { reason } else { "" } }

    /// `Call-ID`.
    public var callID: String { headers["Call-ID"] ?? "" }
    /// `CSeq`.
    public var cseq: CSeq? { headers["CSeq"].flatMap(CSeq.init) }
    /// `From`.
    public var from: SIPAddress? { headers["From"].flatMap(SIPAddress.init) }
    /// `To`.
    public var to: SIPAddress? { headers["To"].flatMap(SIPAddress.init) }
    /// The first `Contact`.
    public var contact: SIPAddress? { headers["Contact"].flatMap(SIPAddress.init) }
    /// The uppermost `Via`.
    public var via: SIPVia? { headers["Via"].flatMap(SIPVia.init) }
    /// `Content-Type` without its parameters, lower case.
    public var contentType: String {
        let value = headers["Content-Type"] ?? ""
        return String(value.prefix { $0 != ";" }).lowercased().filter { !$0.isWhitespace }
    }

    /// The bytes for the wire. CR and LF inside values become spaces: a value cannot make a field of its own.
    public var bytes: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(512 + body.count)
        switch start {
        case .request(let method, let uri): Self.line("\(method.rawValue) \(uri) SIP/2.0", &out)
        case .response(let status, let reason): Self.line("SIP/2.0 \(status) \(reason)", &out)
        }
        for field in headers.fields where field.name != "Content-Length" {
            Self.line("\(field.name): \(field.value)", &out)
        }
        Self.line("Content-Length: \(body.count)", &out)
        out += [13, 10]
        out += body
        return out
    }

    private static func line(_ text: String, _ out: inout [UInt8]) {
        for byte in text.utf8 { out.append(byte == 13 || byte == 10 || byte == 0 ? 32 : byte) }
        out += [13, 10]
    }

    /// The answer to this request (RFC 3261, 8.2.6): Via, From, To, Call-ID and CSeq are taken over.
    /// - Parameter tag: put to `To` unless it has one; left out for 100.
    public func response(_ status: Int, reason: String? = nil, tag: String? = nil) -> SIPMessage {
        var answer = SIPMessage(.response(status, reason: reason ?? SIPReason.text(status)))
        for field in headers.fields {
            switch field.name {
            case "Via", "From", "Call-ID", "CSeq", "Record-Route": answer.headers.add(field.name, field.value)
            case "To":
                var value = field.value
                if let tag, status != 100, SIPAddress(value)?.tag == nil { value += ";tag=\(tag)" }
                answer.headers.add("To", value)
            default: break
            }
        }
        return answer
    }
}

/// `CSeq` (RFC 3261, 20.16).
public struct CSeq: Sendable, Hashable {
    /// 0…2³¹-1.
    public var number: UInt32
    /// The method it counts.
    public var method: SIPMethod

    /// A number with its method.
    public init(_ number: UInt32, _ method: SIPMethod) {
        self.number = number
        self.method = method
    }

    /// Reads `314159 INVITE`.
    public init?(_ text: String) {
        let parts = text.split { $0 == " " || $0 == "\t" }
        guard parts.count == 2, let number = UInt32(parts[0]), number < 1 << 31 else { return nil }
        self.init(number, SIPMethod(rawValue: parts[1].uppercased()))
    }

    /// As it is written.
    public var text: String { "\(number) \(method.rawValue)" }
}

/// The usual words of a status (RFC 3261, 21).
public enum SIPReason {
    private static let words: [Int: String] = [
        100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 202: "Accepted", 302: "Moved Temporarily",
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        407: "Proxy Authentication Required", 408: "Request Timeout", 413: "Request Entity Too Large",
        415: "Unsupported Media Type", 420: "Bad Extension", 423: "Interval Too Brief",
        480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected",
        483: "Too Many Hops", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
        489: "Bad Event", 491: "Request Pending", 500: "Server Internal Error", 501: "Not Implemented",
        503: "Service Unavailable", 504: "Server Time-out", 513: "Message Too Large", 600: "Busy Everywhere",
        603: "Decline",
    ]

    /// The usual words, or `Unknown`.
    public static func text(_ status: Int) -> String { words[status] ?? "Unknown" }
}
