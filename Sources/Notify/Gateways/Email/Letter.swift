import Foundation
import Kernel

/// A letter as it goes over the wire: RFC 5322, its header words by RFC 2047, its body as base64 (RFC 2045, 6.8).
struct Letter: Sendable, Equatable {
    /// The sender's address.
    var from: String
    /// The receiver's address.
    var to: String
    /// The receiver's name, in any script.
    var name: String
    /// One line, in any script.
    var subject: String
    /// The words.
    var text: String
    /// What tells it apart, without angle brackets; a repeat has the same.
    var id: String
    /// When.
    var at: Instant

    /// Whether a text is an address that may be written into a command: ASCII, one `@`, no blanks, quotes or brackets.
    static func isAddress(_ text: String) -> Bool {
        let sides = text.split(separator: "@", omittingEmptySubsequences: false)
        guard sides.count == 2, text.utf8.count <= 254, (1...64).contains(sides[0].count), !sides[1].isEmpty else {
            return false
        }
        let isClean = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>()[]\\\",;:".utf8.contains($0) }
        return isClean && !sides[1].hasPrefix(".") && !sides[1].hasSuffix(".") && !sides[1].hasPrefix("-")
    }

    /// The letter's bytes; no line begins with a dot, since base64 has none.
    var bytes: [UInt8] {
        var lines = [
            "Date: \(Self.date(at))", "From: <\(from)>", "To: \(Self.words(name, after: 4)) <\(to)>",
            "Subject: \(Self.words(subject, after: 9))", "Message-ID: <\(id)>", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
            // No machine should answer this with an absence note (RFC 3834).
            "Auto-Submitted: auto-generated", "",
        ]
        let body = Data(text.replacingOccurrences(of: "\n", with: "\r\n").utf8).base64EncodedString()
        var rest = body[...]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(76)))
            rest = rest.dropFirst(76)
        }
        return Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
    }

    /// Header text as encoded words of at most 75 characters, never cut within a character.
    static func words(_ text: String, after: Int) -> String {
        let clean = text.filter { !$0.isNewline && $0 != "\u{0}" }
        let isPlain = clean.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && clean.utf8.count < 70 - after
        if isPlain, clean.allSatisfy({ $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }) { return clean }
        var words: [String] = []
        var part = ""
        for character in clean {
            // 45 bytes are 60 characters of base64, with 12 around them.
            if part.utf8.count + character.utf8.count > 42, !part.isEmpty {
                words.append(part)
                part = ""
            }
            part.append(character)
        }
        words.append(part)
        return words.map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }.joined(separator: "\r\n ")
    }

    /// RFC 5322's date, in China's time.
    static func date(_ moment: Instant) -> String {
        let time = CivilTime(moment)
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(days[moment.dayOfWeek]), \(two(time.day)) \(months[time.month - 1]) \(time.year)"
        return "\(day) \(moment.text.suffix(8)) +0800"
    }
}

extension Instant {
    /// The day of the week in China, Monday 0 … Sunday 6; 1970-01-01 was a Thursday.
    var dayOfWeek: Int { ((dayNumber + 3) % 7 + 7) % 7 }
}
