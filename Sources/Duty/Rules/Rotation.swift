import Kernel

/// How people take turns: which watches a day has, on which days, and after how many watches the next one's turn is.
public struct Rotation: Codable, Sendable, Equatable {
    /// On which days of China's calendar there are watches.
    public enum Days: String, Codable, Sendable, CaseIterable {
        /// Every day.
        case every
        /// Working days, weekend days worked in exchange (调休) included.
        case workdays
        /// Weekends and holidays, less the days worked in exchange.
        case restdays
    }

    /// One watch of a day.
    public struct Watch: Codable, Sendable, Equatable {
        /// What it is called.
        public var name: String
        /// Minutes after midnight in China at which it starts, 0…1439.
        public var start: Int
        /// How long it is in minutes, 30…1440; it may end on the next day.
        public var minutes: Int

        /// A watch.
        public init(name: String, start: Int, minutes: Int) {
            self.name = name
            self.start = start
            self.minutes = minutes
        }
    }

    /// One watch of one day with one person.
    public struct Slot: Sendable, Equatable {
        /// The watch's name.
        public var watch: String
        /// Whose turn it is: a place in the list of members.
        public var member: Int
        /// When it starts.
        public var from: Instant
        /// When it ends.
        public var until: Instant
    }

    /// On which days.
    public var days: Days
    /// The watches of a day, in order.
    public var watches: [Watch]
    /// How many people stand a watch together, from 1.
    public var crew: Int
    /// How many watches in a row are one crew's, from 1.
    public var turn: Int
    /// The first day (since 1970-01-01): its first watch is the first members'.
    public var firstDay: Int

    /// A rotation.
    public init(days: Days = .every, watches: [Watch], crew: Int = 1, turn: Int = 1, firstDay: Int) {
        self.days = days
        self.watches = watches
        self.crew = crew
        self.turn = turn
        self.firstDay = firstDay
    }

    /// The watches that start on the days of `range`.
    /// - Parameters:
    ///   - members: how many people take turns; none gives no slots.
    ///   - isWorkday: China's calendar.
    public func slots(in range: Range<Int>, members: Int, isWorkday: (Int) -> Bool) -> [Slot] {
        guard members > 0, !watches.isEmpty, range.upperBound > firstDay else { return [] }
        func counts(_ day: Int) -> Bool {
            switch days {
            case .every: true
            case .workdays: isWorkday(day)
            case .restdays: !isWorkday(day)
            }
        }
        let first = max(firstDay, range.lowerBound)
        guard first < range.upperBound else { return [] }
        var turns = days == .every ? first - firstDay : (firstDay..<first).count(where: counts)
        var slots: [Slot] = []
        for day in first..<range.upperBound where counts(day) {
            let midnight = Int64(day) * CivilTime.dayMs - CivilTime.offsetMs
            for (place, watch) in watches.enumerated() {
                let group = (turns * watches.count + place) / max(1, turn)
                let from = Instant(ms: midnight + Int64(watch.start) * 60_000)
                for seat in 0..<min(max(1, crew), members) {
                    slots.append(
                        Slot(
                            watch: watch.name, member: (group * max(1, crew) + seat) % members, from: from,
                            until: from + Int64(watch.minutes) * 60_000))
                }
            }
            turns += 1
        }
        return slots
    }
}

extension Rotation.Watch {
    /// Reads `白班 08:00-20:00`; an end that is not after the start is on the next day.
    public init?(_ line: some StringProtocol) {
        let parts = line.split(whereSeparator: \.isWhitespace)
        guard parts.count >= 2, let times = parts.last?.split(whereSeparator: { "-–—~".contains($0) }),
            times.count == 2,
            let start = Self.minute(times[0]), let end = Self.minute(times[1])
        else { return nil }
        let name = parts.dropLast().joined(separator: " ")
        guard (1...20).contains(name.count), start < 1_440 else { return nil }
        let length = end > start ? end - start : end + 1_440 - start
        guard (30...1_440).contains(length) else { return nil }
        self.init(name: name, start: start, minutes: length)
    }

    private static func minute(_ text: some StringProtocol) -> Int? {
        let parts = text.split(whereSeparator: { $0 == ":" || $0 == "：" })
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.count) }), let hour = Int(parts[0]),
            let minute = Int(parts[1]), (0...24).contains(hour), (0...59).contains(minute), hour < 24 || minute == 0
        else { return nil }
        return hour * 60 + minute
    }

    /// As ``init(_:)`` reads it.
    public var line: String {
        func clock(_ minute: Int) -> String {
            let (hour, rest) = (minute / 60 % 24, minute % 60)
            return "\(hour < 10 ? "0" : "")\(hour):\(rest < 10 ? "0" : "")\(rest)"
        }
        return "\(name) \(clock(start))-\(clock(start + minutes))"
    }
}
