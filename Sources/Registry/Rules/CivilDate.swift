import Kernel

/// A day of the calendar, as offices write it.
public struct CivilDate: Sendable, Hashable, Comparable {
    /// 1800…2100.
    public let year: Int
    /// 1…12.
    public let month: Int
    /// 1…31.
    public let day: Int

    /// A day that exists, in 1800…2100.
    public init?(year: Int, month: Int, day: Int) {
        guard (1800...2100).contains(year), (1...12).contains(month), day >= 1, day <= Self.days(month, of: year)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    private static func days(_ month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The day of that number (days since 1970-01-01).
    public init?(dayNumber: Int) {
        guard (-60_000...50_000).contains(dayNumber) else { return nil }
        let date = CivilTime.date(ofDay: dayNumber)
        self.init(year: date.year, month: date.month, day: date.day)
    }

    /// The day of a number that is known to be in range.
    init(known dayNumber: Int) { (year, month, day) = CivilTime.date(ofDay: dayNumber) }

    /// The day of a workbook's serial number.
    /// - Parameter is1904: whether the workbook counts from 1904.
    public init?(serial: Double, is1904: Bool) {
        guard serial.isFinite, serial >= 1, serial < 80_000 else { return nil }
        let days = Int(serial)
        // Day 60 is the 29th of February 1900, which never was: numbers before it are one day off.
        let base = is1904 ? -24_107 : (days < 60 ? -25_568 : -25_569)
        self.init(dayNumber: days + base)
    }

    /// Reads `2026-03-05`, `2026.3.5`, `2026/3/5`, `20260305`, `2026年3月5日`, `一九五〇年一月二日`; full-width digits count.
    /// A month without a day is not a date.
    public init?(_ text: String) {
        guard text.utf8.count <= 60 else { return nil }
        // Most dates are plain digits with one sign between; a table has hundreds of thousands.
        if let plain = Self.plain(text) {
            self.init(year: plain.year, month: plain.month, day: plain.day)
            return
        }
        var groups: [Int] = []
        var widths: [Int] = []
        for piece in Plain.narrow(text).split(whereSeparator: { "-./年月日号 T".contains($0) }).prefix(4) {
            // A time of day behind the date says nothing here.
            if groups.count == 3 { break }
            guard let number = Self.number(piece) else { return nil }
            groups.append(number)
            widths.append(piece.count)
        }
        if groups.count == 1, widths[0] == 8 {
            self.init(year: groups[0] / 10_000, month: groups[0] / 100 % 100, day: groups[0] % 100)
        } else if groups.count == 3, widths[0] == 4 {
            self.init(year: groups[0], month: groups[1], day: groups[2])
        } else {
            return nil
        }
    }

    /// `2026-03-05`, `2026.3.5`, `2026/3/5`: the numbers, without asking whether there is such a day.
    private static func plain(_ text: String) -> (year: Int, month: Int, day: Int)? {
        var numbers = (0, 0, 0)
        var part = 0
        var width = 0
        for byte in text.utf8 {
            switch byte {
            case 48...57:
                let digit = Int(byte) - 48
                switch part {
                case 0: numbers.0 = numbers.0 * 10 + digit
                case 1: numbers.1 = numbers.1 * 10 + digit
                default: numbers.2 = numbers.2 * 10 + digit
                }
                width += 1
                if width > (part == 0 ? 4 : 2) { return nil }
            case 45, 46, 47:
                guard width > 0, part < 2, part > 0 || width == 4 else { return nil }
                part += 1
                width = 0
            default: return nil
            }
        }
        return part == 2 && width > 0 ? (numbers.0, numbers.1, numbers.2) : nil
    }

    private static let numerals: [Character: Int] = [
        "〇": 0, "零": 0, "○": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
    ]

    /// ASCII digits, Chinese ones (一九五〇), or a number with 十 (二十一), at most eight of them.
    private static func number(_ piece: Substring) -> Int? {
        guard piece.count <= 8 else { return nil }
        if piece.contains("十") {
            let parts = piece.split(separator: "十", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].count <= 1, parts[1].count <= 1 else { return nil }
            let tens = parts[0].isEmpty ? 1 : parts[0].first.flatMap { numerals[$0] }
            let ones = parts[1].isEmpty ? 0 : parts[1].first.flatMap { numerals[$0] }
            guard let tens, let ones else { return nil }
            return tens * 10 + ones
        }
        var value = 0
        for character in piece {
            guard let digit = character.isASCII ? character.wholeNumberValue : numerals[character] else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Orders by time.
    public static func < (left: CivilDate, right: CivilDate) -> Bool { left.number < right.number }

    /// Days since 1970-01-01.
    public var number: Int { CivilTime.dayNumber(year: year, month: month, day: day) }

    /// `2026-03-05`.
    public var text: String {
        String(unsafeUninitializedCapacity: 10) { bytes in
            func put(_ place: Int, _ digit: Int) { bytes[place] = UInt8(48 + digit % 10) }
            put(0, year / 1_000)
            put(1, year / 100)
            put(2, year / 10)
            put(3, year)
            bytes[4] = 45
            put(5, month / 10)
            put(6, month)
            bytes[7] = 45
            put(8, day / 10)
            put(9, day)
            return 10
        }
    }

    /// Full years on the day of that number.
    public func age(on today: Int) -> Int {
        let date = CivilTime.date(ofDay: today)
        let hasPassed = (date.month, date.day) >= (month, day)
        return date.year - year - (hasPassed ? 0 : 1)
    }
}
