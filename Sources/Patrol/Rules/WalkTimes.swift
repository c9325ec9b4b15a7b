import Kernel

/// When a round's walks begin.
enum WalkTimes {
    /// Days ahead for which walks are planned.
    static let horizon = 2

    /// The beginnings on the days of `range`, in order.
    static func starts(_ content: Round.Content, on range: Range<Int>, isWorkday: (Int) -> Bool) -> [Instant] {
        range.filter { day in
            switch content.days {
            case .every: true
            case .workdays: isWorkday(day)
            case .restdays: !isWorkday(day)
            }
        }.flatMap { day in
            let midnight = Instant(ms: Int64(day) * CivilTime.dayMs - CivilTime.offsetMs)
            return content.starts.map { midnight + Int64($0) * 60_000 }
        }
    }

    /// Reads `08:00 14:30`, however they are divided; `nil` where something is no time of day, or there are more than 24.
    static func read(_ text: String) -> [Int]? {
        let pieces = text.split { $0.isWhitespace || ",，、;；".contains($0) }
        guard (1...24).contains(pieces.count) else { return nil }
        let starts = pieces.compactMap(minute)
        guard starts.count == pieces.count else { return nil }
        return Set(starts).sorted()
    }

    /// As ``read(_:)`` takes them.
    static func text(_ starts: [Int]) -> String { starts.map(clock).joined(separator: " ") }

    /// `08:05`.
    static func clock(_ minute: Int) -> String {
        let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minute / 60 % 24)):\(two(minute % 60))"
    }

    private static func minute(_ text: some StringProtocol) -> Int? {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "：" }
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.count) && $0.allSatisfy(\.isASCII) }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), (0...23).contains(hour), (0...59).contains(minute)
        else { return nil }
        return hour * 60 + minute
    }
}
