import Kernel

/// Watches as a calendar that telephones subscribe to (RFC 5545).
enum ICalendar {
    struct Entry {
        var id: String
        var from: Instant
        var until: Instant
        var title: String
        var changedAt: Instant
    }

    /// The calendar: UTF-8, lines end with CRLF and are folded at 75 octets (3.1).
    static func text(_ entries: [Entry], name: String) -> String {
        var lines = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Zhili//Duty//ZH", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
            "X-WR-CALNAME:\(escaped(name))", "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        ]
        for entry in entries {
            lines += [
                "BEGIN:VEVENT", "UID:\(entry.id)@zhili", "DTSTAMP:\(utc(entry.changedAt))",
                "DTSTART:\(utc(entry.from))",
                "DTEND:\(utc(entry.until))", "SUMMARY:\(escaped(entry.title))", "END:VEVENT",
            ]
        }
        lines.append("END:VCALENDAR")
        return lines.map { folded($0) + "\r\n" }.joined()
    }

    /// `20261125T000000Z`.
    static func utc(_ moment: Instant) -> String {
        let time = CivilTime(moment - CivilTime.offsetMs)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return
            "\(time.year)\(two(time.month))\(two(time.day))T\(two(time.hour))\(two(time.minute))\(two(time.second))Z"
    }

    /// Text with its separators escaped (3.3.11).
    static func escaped(_ text: String) -> String {
        var result = ""
        for letter in text {
            switch letter {
            case "\\", ";", ",": result += "\\\(letter)"
            case let letter where letter.isNewline: result += "\\n"
            default: result.append(letter)
            }
        }
        return result
    }

    /// A line in pieces of at most 75 octets, the later ones behind a blank; no character is cut.
    static func folded(_ line: String) -> String {
        var result = ""
        var size = 0
        for scalar in line.unicodeScalars {
            let width = String(scalar).utf8.count
            if size + width > 75 {
                result += "\r\n "
                size = 1
            }
            result.unicodeScalars.append(scalar)
            size += width
        }
        return result
    }
}
