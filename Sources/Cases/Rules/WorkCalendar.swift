import Foundation
import Kernel

/// China's working time: weekdays but holidays, and the weekend days worked in exchange for them (调休), from a file
/// per year. A year without a file has plain weekends.
public struct WorkCalendar: Sendable {
    /// Working hours of a working day in milliseconds after midnight: 8:30–12:00 and 14:00–17:30.
    static let hours: [Range<Int64>] = [30_600_000..<43_200_000, 50_400_000..<63_000_000]
    /// Milliseconds of work in a working day.
    public static let dayMs: Int64 = hours.reduce(0) { $0 + $1.upperBound - $1.lowerBound }

    /// What the State Council said of a year.
    public struct Year: Sendable {
        /// The notice that it was taken from.
        public var source: String
        /// Days off beside weekends, as first and last day (`2026-10-01/2026-10-07`) or one day.
        public var holidays: [String]
        /// Weekend days that are worked.
        public var workdays: [String]
    }

    /// Years that are known; in any other one every weekday is worked, and no weekend.
    public private(set) var years: [Int: Year] = [:]
    private var holidays: Set<Int> = []
    private var workdays: Set<Int> = []

    /// Plain weekends.
    public init() {}

    /// Reads the program's own years and then `calendar/*.json` of the data folder, whose years stand in their place.
    /// - Throws: ``WrongCalendar`` that names the file.
    public static func load(data folder: URL? = nil) throws -> WorkCalendar {
        var calendar = WorkCalendar()
        try calendar.read(Bundle.module.bundleURL.appendingPathComponent("Resources/calendar"))
        if let own = folder?.appendingPathComponent("calendar"), FileManager.default.fileExists(atPath: own.path) {
            try calendar.read(own)
        }
        for year in calendar.years.values {
            for text in year.holidays { calendar.holidays.formUnion(try days(text)) }
            for text in year.workdays { calendar.workdays.formUnion(try days(text)) }
        }
        return calendar
    }

    private mutating func read(_ folder: URL) throws {
        struct File: Decodable {
            var year: Int
            var source: String?
            var holidays: [String]
            var workdays: [String]
        }
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        where file.pathExtension == "json" {
            do {
                let found = try JSONDecoder().decode(File.self, from: Data(contentsOf: file))
                for text in found.holidays + found.workdays {
                    let span = try Self.days(text)
                    for day in [span.lowerBound, span.upperBound] where CivilTime.date(ofDay: day).year != found.year {
                        throw WrongCalendar(text: "\(text) is no day of \(found.year)")
                    }
                }
                years[found.year] = Year(
                    source: found.source ?? "", holidays: found.holidays, workdays: found.workdays)
            } catch let error as WrongCalendar {
                throw WrongCalendar(text: "\(file.path): \(error.text)")
            } catch {
                throw WrongCalendar(text: "\(file.path): not a calendar file with year, holidays and workdays")
            }
        }
    }

    /// What is wrong with a calendar file.
    public struct WrongCalendar: Error, CustomStringConvertible {
        var text: String
        /// The file, and what is wrong.
        public var description: String { text }
    }

    private static func days(_ text: String) throws -> ClosedRange<Int> {
        let ends = try text.split(separator: "/").map { date -> Int in
            let parts = date.split(separator: "-").compactMap { Int($0) }
            guard parts.count == 3, (1...12).contains(parts[1]), (1...31).contains(parts[2]) else {
                throw WrongCalendar(text: "\(text) is no date")
            }
            return CivilTime.dayNumber(year: parts[0], month: parts[1], day: parts[2])
        }
        guard let first = ends.first, let last = ends.last, first <= last, last - first < 62 else {
            throw WrongCalendar(text: "\(text) is no span of days")
        }
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
