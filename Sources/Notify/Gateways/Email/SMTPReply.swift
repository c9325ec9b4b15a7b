/// What a mail server says to a command (RFC 5321, 4.2): a code and its lines.
struct SMTPReply: Sendable, Equatable {
    /// Three digits.
    var code: Int
    /// The texts of its lines.
    var lines: [String]

    /// Whether it takes what was said.
    var isGood: Bool { (200..<400).contains(code) }
    /// What it says, shortened and without what no log should hold.
    var text: String {
        let words = String((lines.first ?? "").filter { $0.isASCII && !$0.isNewline }.prefix(80))
        return "\(code) \(words)"
    }

    /// What EHLO offers, such as `STARTTLS` or `AUTH`, with its parameters.
    func offer(_ name: String) -> [String]? {
        for line in lines.dropFirst() {
            let words = line.uppercased().split(separator: " ").map(String.init)
            if words.first == name { return Array(words.dropFirst()) }
        }
        return nil
    }
}

/// Makes replies of bytes as they come; bounded.
struct SMTPReader {
    /// What a server may say beyond the standard's bounds and be heard.
    static let lineLimit = 2_048
    static let linesLimit = 128

    /// What the bytes are that make no reply.
    enum Failure: Error, Equatable { case tooLong, notAReply }

    private var buffer: [UInt8] = []
    private var lines: [String] = []

    /// Whether bytes wait that belong to a reply that is not whole.
    var isEmpty: Bool { buffer.isEmpty && lines.isEmpty }

    /// Takes bytes and returns the replies that they end.
    mutating func take(_ bytes: some Sequence<UInt8>) throws(Failure) -> [SMTPReply] {
        var replies: [SMTPReply] = []
        for byte in bytes {
            guard byte == 0x0A else {
                guard buffer.count < Self.lineLimit else { throw .tooLong }
                buffer.append(byte)
                continue
            }
            if buffer.last == 0x0D { buffer.removeLast() }
            let line = buffer
            buffer.removeAll(keepingCapacity: true)
            let digits = line.prefix(3)
            guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }),
                line.count == 3
                    || line[3] == 0x20 || line[3] == 0x2D
            else { throw .notAReply }
            let code = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
            guard lines.count <= Self.linesLimit else { throw .tooLong }
            if line.count > 3, line[3] == 0x2D { continue }
            replies.append(SMTPReply(code: code, lines: lines))
            lines = []
        }
        return replies
    }
}
