import Foundation
import Kernel

/// China's working time: weekdays but holidays, and the weekend days worked in exchange for them (调休), from a file
/// per year. A year without a file has plain weekends.
public struct WorkCalendar: Sendable {
    /// Working hours of a working day in milliseconds after midnight: 8:30–12:00 and 14:00–17:30.
    static let hours: [Range<Int64>] = [30_600_000..<43_200_000, 50_400_000..<63_000_000]
    /// Milliseconds of work in a working day.
    public static let dayMs: Int64 = hours.reduce(0) { $0 + $1.upperBound - $1.lowerBound }

    private var holidays: Set<Int> = []
    private var workdays: Set<Int> = []

    /// Plain weekends.
    public init() {}

    /// Reads `Resources/calendar/*.json`.
    public static func load() throws -> WorkCalendar {
        var calendar = WorkCalendar()
        let folder = Bundle.module.bundleURL.appendingPathComponent("Resources/calendar")
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            let year = try JSONDecoder().decode(Year.self, from: Data(contentsOf: file))
            for text in year.holidays { calendar.holidays.formUnion(try days(text)) }
            for text in year.workdays { calendar.workdays.formUnion(try days(text)) }
        }
        return calendar
    }

    /// The years of which there are holidays.
    public static func years() throws -> Set<Int> {
        let folder = Bundle.module.bundleURL.appendingPathComponent("Resources/calendar")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return Set(files.compactMap { Int($0.deletingPathExtension().lastPathComponent) })
    }

    private struct Year: Decodable {
        var holidays: [String]
        var workdays: [String]
    }

    /// What is wrong with a calendar file.
    struct WrongDate: Error { var text: String }

    private static func days(_ text: String) throws -> ClosedRange<Int> {
        let ends = try text.split(separator: "/").map { date -> Int in
            let parts = date.split(separator: "-").compactMap { Int($0) }
            guard parts.count == 3 else { throw WrongDate(text: text) }
            return CivilTime.dayNumber(year: parts[0], month: parts[1], day: parts[2])
        }
        guard let first = ends.first, let last = ends.last, first <= last else { throw WrongDate(text: text) }
        return first...last
    }

    /// Whether people work on the day `day` days after 1970-01-01.
    public func isWorkday(_ day: Int) -> Bool {
        if workdays.contains(day) { return true }
        if holidays.contains(day) { return false }
        // 1970-01-01 was a Thursday; 0 is Monday here.
        let weekday = ((day + 3) % 7 + 7) % 7
        return weekday < 5
    }

    /// Working milliseconds between two moments.
    public func working(from start: Instant, to end: Instant) -> Int64 {
        guard start < end else { return 0 }
        let first = localDay(start)
        let last = localDay(end)
        var total: Int64 = 0
        for day in first...last where isWorkday(day) {
            let midnight = Int64(day) * CivilTime.dayMs - CivilTime.offsetMs
            for span in Self.hours {
                let from = max(start.ms, midnight + span.lowerBound)
                let to = min(end.ms, midnight + span.upperBound)
                if from < to { total += to - from }
            }
        }
        return total
    }

    /// The moment at which `ms` working milliseconds have passed since `start`.
    public func moment(after ms: Int64, from start: Instant) -> Instant {
        var rest = ms
        var day = localDay(start)
        // Ten years on, a calendar that never works must not hold the desk.
        for _ in 0..<3_660 {
            if isWorkday(day) {
                let midnight = Int64(day) * CivilTime.dayMs - CivilTime.offsetMs
                for span in Self.hours {
                    let from = max(start.ms, midnight + span.lowerBound)
                    let to = midnight + span.upperBound
                    guard from < to else { continue }
                    if rest <= to - from { return Instant(ms: from + rest) }
                    rest -= to - from
                }
            }
            day += 1
        }
        return start + ms
    }

    private func localDay(_ moment: Instant) -> Int {
        let local = moment.ms + CivilTime.offsetMs
        return Int(local >= 0 ? local / CivilTime.dayMs : (local + 1) / CivilTime.dayMs - 1)
    }
}
