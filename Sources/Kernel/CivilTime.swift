/// A date and time of day in China Standard Time (UTC+8).
public struct CivilTime: Sendable, Hashable {
    /// Proleptic Gregorian year.
    public var year: Int
    /// 1…12.
    public var month: Int
    /// 1…31.
    public var day: Int
    /// 0…23.
    public var hour: Int
    /// 0…59.
    public var minute: Int
    /// 0…59.
    public var second: Int
    /// 0…999.
    public var millisecond: Int

    /// Milliseconds by which China Standard Time is ahead of UTC.
    public static let offsetMs: Int64 = 8 * 3_600_000
    /// Milliseconds of a day.
    public static let dayMs: Int64 = 86_400_000

    /// What clocks in China show at `moment`.
    public init(_ moment: Instant) {
        let local = moment.ms + Self.offsetMs
        let days = local.floorDivided(by: Self.dayMs)
        let rest = local - days * Self.dayMs
        (year, month, day) = Self.date(ofDay: Int(days))
        hour = Int(rest / 3_600_000)
        minute = Int(rest / 60_000 % 60)
        second = Int(rest / 1_000 % 60)
        millisecond = Int(rest % 1_000)
    }

    /// Days from 1970-01-01 to the given date (H. Hinnant's civil-from-days arithmetic, valid for all years).
    public static func dayNumber(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The date `day` days after 1970-01-01.
    public static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// The moment at which clocks in China show the given time.
    public static func instant(
        _ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0, _ second: Int = 0
    ) -> Instant {
        let days = Int64(dayNumber(year: year, month: month, day: day))
        let seconds = Int64(hour) * 3_600 + Int64(minute) * 60 + Int64(second)
        return Instant(ms: days * dayMs + seconds * 1_000 - offsetMs)
    }
}

extension Instant {
    /// Days since 1970-01-01 of the date in China.
    public var dayNumber: Int { Int((ms + CivilTime.offsetMs).floorDivided(by: CivilTime.dayMs)) }

    /// `2026-11-24T16:13:41.005+08:00`.
    public var rfc3339: String {
        let time = CivilTime(self)
        return
            "\(pad(time.year, 4))-\(pad(time.month))-\(pad(time.day))T\(pad(time.hour)):\(pad(time.minute)):"
            + "\(pad(time.second)).\(pad(time.millisecond, 3))+08:00"
    }

    /// `2026-11-24`.
    public var date: String {
        let time = CivilTime(self)
        return "\(pad(time.year, 4))-\(pad(time.month))-\(pad(time.day))"
    }

    /// `2026-11-24 16:13:41`, for people.
    public var text: String {
        let time = CivilTime(self)
        return "\(date) \(pad(time.hour)):\(pad(time.minute)):\(pad(time.second))"
    }

    /// Reads RFC 3339 (`2026-11-24T16:13:41.005+08:00`, `…Z`), or a date and time without offset (`2026-11-24T16:13`,
    /// as a browser's form sends it) or a plain date, both taken as China Standard Time.
    ///
    /// - Returns: `nil` for anything else, days that do not exist included.
    public init?(_ text: String) {
        guard text.utf8.count <= 40 else { return nil }
        var scan = Digits(text)
        guard let year = scan.number(4), scan.skip("-"), let month = scan.number(2), scan.skip("-"),
            let day = scan.number(2), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        let number = CivilTime.dayNumber(year: year, month: month, day: day)
        guard CivilTime.date(ofDay: number) == (year, month, day) else { return nil }
        var ms = Int64(number) * CivilTime.dayMs
        var offset = CivilTime.offsetMs
        if !scan.isAtEnd {
            guard scan.skip("T") || scan.skip(" "), let hour = scan.number(2), scan.skip(":"),
                let minute = scan.number(2), hour < 24, minute < 60
            else { return nil }
            ms += Int64(hour) * 3_600_000 + Int64(minute) * 60_000
            if scan.skip(":") {
                guard let second = scan.number(2), second < 61 else { return nil }
                ms += Int64(min(second, 59)) * 1_000
                if scan.skip(".") {
                    guard let fraction = scan.fractionMs() else { return nil }
                    ms += fraction
                }
            }
            if scan.skip("Z") {
                offset = 0
            } else if !scan.isAtEnd {
                let sign: Int64 = scan.skip("+") ? 1 : -1
                guard sign == 1 || scan.skip("-"), let hours = scan.number(2), scan.skip(":"),
                    let minutes = scan.number(2), hours < 24, minutes < 60
                else { return nil }
                offset = sign * (Int64(hours) * 3_600_000 + Int64(minutes) * 60_000)
            }
        }
        guard scan.isAtEnd else { return nil }
        self.init(ms: ms - offset)
    }
}

private struct Digits {
    private var bytes: ArraySlice<UInt8>

    init(_ text: String) { bytes = Array(text.utf8)[...] }

    var isAtEnd: Bool { bytes.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = bytes.first, UInt32(first) == character.value else { return false }
        bytes.removeFirst()
        return true
    }

    mutating func number(_ width: Int) -> Int? {
        guard bytes.count >= width else { return nil }
        var value = 0
        for byte in bytes.prefix(width) {
            guard (48...57).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 48)
        }
        bytes.removeFirst(width)
        return value
    }

    mutating func fractionMs() -> Int64? {
        var value: Int64 = 0
        var scale: Int64 = 100
        var seen = false
        while let byte = bytes.first, (48...57).contains(byte) {
            value += Int64(byte - 48) * scale
            scale /= 10
            bytes.removeFirst()
            seen = true
        }
        return seen ? value : nil
    }
}

private func pad(_ value: Int, _ width: Int = 2) -> String {
    let digits = String(value)
    return digits.count >= width ? digits : String(repeating: "0", count: width - digits.count) + digits
}

extension Int64 {
    /// Division rounding towards minus infinity.
    public func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor != 0 && (self < 0) != (divisor < 0) ? quotient - 1 : quotient
    }
}
