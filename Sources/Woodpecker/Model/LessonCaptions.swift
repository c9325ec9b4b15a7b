/// Captions of a video in WebVTT: read with bounds and written anew, so that no comment, style or setting of the file
/// that came in stays. Pure.
enum LessonCaptions {
    /// Words over a stretch of time.
    struct Cue: Equatable {
        /// Milliseconds from the beginning.
        var from: Int64
        /// Milliseconds from the beginning; behind `from`.
        var to: Int64
        /// Lines without tags.
        var lines: [String]
    }

    /// Bytes of a file.
    static let limit = 256 << 10
    /// Cues of a file.
    private static let most = 2_000
    /// Characters of a line.
    private static let longest = 300

    /// The captions as they are kept; `nil` for what is not WebVTT, ends before it begins, or says nothing.
    static func made(_ bytes: [UInt8]) -> String? {
        guard let cues = read(bytes), !cues.isEmpty else { return nil }
        return written(cues)
    }

    static func read(_ bytes: [UInt8]) -> [Cue]? {
        guard bytes.count <= limit, let text = String(validating: bytes, as: UTF8.self), !text.contains("\0") else {
            return nil
        }
        let plain = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
        let lines = plain.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard let first = lines.first, first == "WEBVTT" || first.hasPrefix("WEBVTT ") || first.hasPrefix("WEBVTT\t")
        else { return nil }
        var cues: [Cue] = []
        // What stands under the first line belongs to it.
        for block in lines.split(separator: "", omittingEmptySubsequences: true).dropFirst() {
            var block = block
            if ["NOTE", "STYLE", "REGION"].contains(where: { block.first?.hasPrefix($0) == true }),
                block.first?.contains("-->") != true
            {
                continue
            }
            // A cue may have a name before its times.
            if block.first?.contains("-->") != true { block = block.dropFirst() }
            guard let times = block.first, let (from, to) = span(times), cues.count < most,
                from >= cues.last?.from ?? 0
            else { return nil }
            let words = block.dropFirst().map(untagged).filter { !$0.isEmpty }
            guard words.count <= 6, words.allSatisfy({ $0.count <= longest && !$0.contains("-->") }) else { return nil }
            if !words.isEmpty { cues.append(Cue(from: from, to: to, lines: words)) }
        }
        return cues
    }

    static func written(_ cues: [Cue]) -> String {
        "WEBVTT\n\n"
            + cues.map { "\(stamp($0.from)) --> \(stamp($0.to))\n\($0.lines.joined(separator: "\n"))\n" }
            .joined(separator: "\n")
    }

    /// `00:01.000 --> 00:04.500 align:start`
    private static func span(_ line: Substring) -> (Int64, Int64)? {
        guard let arrow = line.firstRange(of: "-->") else { return nil }
        let left = line[..<arrow.lowerBound].split(whereSeparator: \.isWhitespace)
        let right = line[arrow.upperBound...].split(whereSeparator: \.isWhitespace)
        guard left.count == 1, let end = right.first, let from = moment(left[0]), let to = moment(end), from < to else {
            return nil
        }
        return (from, to)
    }

    /// `01:02:03.456` or `02:03.456` (WebVTT 4.1).
    private static func moment(_ text: Substring) -> Int64? {
        let halves = text.split(separator: ".", omittingEmptySubsequences: false)
        guard halves.count == 2, halves[1].utf8.count == 3, let ms = number(halves[1]) else { return nil }
        let parts = halves[0].split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, parts.allSatisfy({ (2...3).contains($0.utf8.count) }) else {
            return nil
        }
        let numbers = parts.compactMap(number)
        guard numbers.count == parts.count, numbers.suffix(2).allSatisfy({ $0 < 60 }) else { return nil }
        return numbers.reduce(0) { $0 * 60 + $1 } * 1_000 + ms
    }

    private static func number(_ text: Substring) -> Int64? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int64(text) : nil
    }

    /// The line without `<b>`, `<v Name>` and the like; what opens and never closes goes too.
    private static func untagged(_ line: Substring) -> String {
        var text = ""
        var isInside = false
        for character in line {
            if character == "<" { isInside = true }
            if !isInside { text.append(character) }
            if character == ">" { isInside = false }
        }
        return String(text.trimmingPrefix { $0.isWhitespace })
    }

    private static func stamp(_ ms: Int64) -> String {
        func two(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
        let rest = ms % 1_000
        let seconds = ms / 1_000
        return "\(two(seconds / 3_600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))."
            + (rest < 10 ? "00" : rest < 100 ? "0" : "") + String(rest)
    }
}
