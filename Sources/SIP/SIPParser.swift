/// Why bytes are no SIP message.
public enum SIPError: Error, Sendable, Equatable {
    /// What is wrong, and where; never the whole input.
    case malformed(String)
    /// More than the bounds allow.
    case tooLarge(String)
    /// The body is shorter than `Content-Length` says: a fragment was lost.
    case truncated
    /// A stream's message without `Content-Length`: where it ends cannot be known (RFC 3261, 20.14).
    case noLength
}

/// Bounds on what is read.
public struct SIPLimits: Sendable {
    /// Bytes before the body.
    public var headBytes = 32_768
    /// Header fields.
    public var fields = 128
    /// Bytes of a body.
    public var bodyBytes = 2_097_152

    /// The usual bounds.
    public init() {}
}

/// Reads messages from bytes.
public enum SIPParser {
    /// Reads one datagram (RFC 3261, 18.3): a tail behind the body is ignored, a body that is too short is an error.
    public static func datagram(_ bytes: [UInt8], limits: SIPLimits = SIPLimits()) throws(SIPError) -> SIPMessage {
        var start = 0
        while start < bytes.count, bytes[start] == 13 || bytes[start] == 10 { start += 1 }
        guard let end = endOfHead(bytes, from: start, scannedTo: start) else {
            throw bytes.count - start > limits.headBytes
                ? .tooLarge("header") : .malformed("there is no empty line after the header")
        }
        var message = try head(bytes[start..<end], limits: limits)
        let length = try contentLength(message.headers) ?? (bytes.count - end)
        guard length <= limits.bodyBytes else { throw .tooLarge("body") }
        guard bytes.count - end >= length else { throw .truncated }
        message.body = Array(bytes[end..<end + length])
        message.headers["Content-Length"] = nil
        return message
    }

    /// Behind the empty line that ends a header, or `nil` when it is not there yet. Bare LF is taken as a line's end.
    static func endOfHead(_ bytes: [UInt8], from start: Int, scannedTo: Int) -> Int? {
        var index = max(start, scannedTo - 3)
        while index < bytes.count {
            if bytes[index] == 10 {
                if index + 1 < bytes.count, bytes[index + 1] == 10 { return index + 2 }
                if index + 2 < bytes.count, bytes[index + 1] == 13, bytes[index + 2] == 10 { return index + 3 }
            }
            index += 1
        }
        return nil
    }

    /// Reads the first line and the fields.
    static func head(_ bytes: ArraySlice<UInt8>, limits: SIPLimits) throws(SIPError) -> SIPMessage {
        guard bytes.count <= limits.headBytes else { throw .tooLarge("header") }
        var start: SIPMessage.Start?
        var headers = SIPHeaders()
        var pending: [UInt8] = []
        var count = 0
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let lineEnd = bytes[index...].firstIndex(of: 10) ?? bytes.endIndex
            var line = bytes[index..<lineEnd]
            if line.last == 13 { line = line.dropLast() }
            index = lineEnd < bytes.endIndex ? lineEnd + 1 : lineEnd
            guard start != nil else {
                start = try first(line)
                continue
            }
            if let blank = line.first, blank == 32 || blank == 9, !pending.isEmpty {
                pending.append(32)
                pending += line.drop { $0 == 32 || $0 == 9 }
                continue
            }
            if !pending.isEmpty { try field(pending[...], &headers) }
            pending = Array(line)
            if line.isEmpty { break }
            count += 1
            guard count <= limits.fields else { throw .tooLarge("more than \(limits.fields) header fields") }
        }
        if !pending.isEmpty { try field(pending[...], &headers) }
        guard let start else { throw .malformed("empty") }
        let message = SIPMessage(start, headers: headers)
        try check(message)
        return message
    }

    private static func first(_ line: ArraySlice<UInt8>) throws(SIPError) -> SIPMessage.Start {
        guard line.allSatisfy({ $0 >= 32 && $0 != 127 }) else { throw .malformed("a control byte in the first line") }
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("SIP/2.0 ") {
            let rest = text.dropFirst(8)
            guard let status = Int(rest.prefix { $0 != " " }), (100...699).contains(status) else {
                throw .malformed("the status is not 100…699")
            }
            return .response(status, reason: String(rest.drop { $0 != " " }.dropFirst()))
        }
        let parts = text.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 3, parts[2] == "SIP/2.0" else {
            throw .malformed("the first line is no request and no response of SIP/2.0")
        }
        guard parts[0].utf8.count <= 32, parts[0].utf8.allSatisfy(isToken) else { throw .malformed("method") }
        return .request(SIPMethod(rawValue: parts[0].uppercased()), uri: String(parts[1]))
    }

    private static func field(_ line: ArraySlice<UInt8>, _ headers: inout SIPHeaders) throws(SIPError) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .malformed("a header field without :") }
        var name = line[line.startIndex..<colon]
        while let last = name.last, last == 32 || last == 9 { name = name.dropLast() }
        guard !name.isEmpty, name.count <= 64, name.allSatisfy(isToken) else {
            throw .malformed("a header field's name")
        }
        func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 0 || byte == 13 }
        var value = line[(colon + 1)...].drop(while: isBlank)
        while let last = value.last, isBlank(last) { value = value.dropLast() }
        let text = String(decoding: value.lazy.map { $0 == 0 || $0 == 13 ? 32 : $0 }, as: UTF8.self)
        let canonical = SIPHeaders.canonical(String(decoding: name, as: UTF8.self))
        if SIPHeaders.lists.contains(canonical), text.contains(",") {
            for part in SIPText.split(text, at: ",") { headers.add(canonical, part) }
        } else {
            headers.add(canonical, text)
        }
    }

    /// What every message must have (RFC 3261, 8.1.1).
    private static func check(_ message: SIPMessage) throws(SIPError) {
        guard message.via != nil else { throw .malformed("Via") }
        guard message.from != nil else { throw .malformed("From") }
        guard message.to != nil else { throw .malformed("To") }
        guard !message.callID.isEmpty, message.callID.utf8.count <= 255 else { throw .malformed("Call-ID") }
        guard let cseq = message.cseq else { throw .malformed("CSeq") }
        if let method = message.method, cseq.method != method { throw .malformed("CSeq names another method") }
    }

    /// The value of `Content-Length`, `nil` where there is none.
    static func contentLength(_ headers: SIPHeaders) throws(SIPError) -> Int? {
        let values = Set(headers.all("Content-Length"))
        guard let text = values.first else { return nil }
        guard values.count == 1, text.utf8.count <= 10, text.utf8.allSatisfy({ (48...57).contains($0) }),
            let length = Int(text)
        else { throw .malformed("Content-Length") }
        return length
    }

    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        case 33, 37, 39, 42, 43, 45, 46, 95, 96, 126: true
        default: false
        }
    }
}

/// Reads messages from a stream (RFC 3261, 18.3; RFC 5626, 3.5.1 for the empty lines that keep it alive).
public struct SIPStreamParser: Sendable {
    /// What a stream gives.
    public enum Item: Sendable, Equatable {
        /// A message.
        case message(SIPMessage)
        /// Two empty lines between messages: the far end wants to see one in return.
        case ping
    }

    private var buffer: [UInt8] = []
    private var scanned = 0
    /// A header that is read, and the length of its body.
    private var waiting: (message: SIPMessage, length: Int)?
    private let limits: SIPLimits

    /// A parser at the start of a stream.
    public init(limits: SIPLimits = SIPLimits()) { self.limits = limits }

    /// Bytes that are kept for a message that is not whole; never more than the bounds of one message and one read.
    public var pendingBytes: Int { buffer.count }

    /// Takes more bytes.
    public mutating func append(_ bytes: some Sequence<UInt8>) { buffer += bytes }

    /// The next thing, or `nil` until more bytes come. After an error the stream is lost: close it.
    public mutating func next() throws(SIPError) -> Item? {
        if let (head, length) = waiting {
            guard buffer.count >= length else { return nil }
            var message = head
            message.body = Array(buffer[..<length])
            buffer.removeFirst(length)
            waiting = nil
            scanned = 0
            return .message(message)
        }
        var blank = 0
        while blank < buffer.count, buffer[blank] == 13 || buffer[blank] == 10 { blank += 1 }
        if blank > 0 {
            // A message may follow in the next read: only a pair of whole lines is a ping.
            if blank < 4, blank == buffer.count { return nil }
            buffer.removeFirst(blank)
            scanned = 0
            if blank >= 4 { return .ping }
        }
        guard let end = SIPParser.endOfHead(buffer, from: 0, scannedTo: scanned) else {
            scanned = buffer.count
            guard buffer.count <= limits.headBytes else { throw .tooLarge("header") }
            return nil
        }
        var message = try SIPParser.head(buffer[..<end], limits: limits)
        guard let length = try SIPParser.contentLength(message.headers) else { throw .noLength }
        guard length <= limits.bodyBytes else { throw .tooLarge("body") }
        message.headers["Content-Length"] = nil
        buffer.removeFirst(end)
        waiting = (message, length)
        return try next()
    }
}
