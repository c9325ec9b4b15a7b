import Kernel

/// The six bytes in which devices tell the time: second, minute, hour, day, month, year of the century, plain binary.
public enum FrameTime {
    /// The six bytes of a moment, in China Standard Time.
    public static func bytes(_ moment: Instant) -> [UInt8] {
        let time = CivilTime(moment)
        return [time.second, time.minute, time.hour, time.day, time.month, time.year % 100].map {
            UInt8(truncatingIfNeeded: $0)
        }
    }

    /// The moment, or `nil` for six bytes that are none.
    public static func moment(_ bytes: ArraySlice<UInt8>) -> Instant? {
        let values = bytes.map(Int.init)
        guard values.count == 6, values[0] < 60, values[1] < 60, values[2] < 24, (1...31).contains(values[3]),
            (1...12).contains(values[4]), values[5] < 100
        else { return nil }
        let day = CivilTime.dayNumber(year: 2_000 + values[5], month: values[4], day: values[3])
        guard CivilTime.date(ofDay: day).day == values[3] else { return nil }
        return CivilTime.instant(2_000 + values[5], values[4], values[3], values[2], values[1], values[0])
    }
}
