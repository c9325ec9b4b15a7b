import Cases
import Kernel

/// Which lessons an incident makes timely. Pure.
enum Timely {
    /// For how long an incident makes lessons of its topic timely, in milliseconds: two weeks.
    static let spanMs: Int64 = 14 * CivilTime.dayMs
    /// Lessons that are offered at once.
    static let most = 3

    /// What lessons for an incident of that kind are about; `nil` for kinds that are about anything.
    static func topic(of kind: CaseKind) -> Lesson.Topic? {
        switch kind {
        case .fire, .device: .fire
        case .river: .water
        case .hazard, .report, .patrol, .other: nil
        }
    }

    /// Whether the owner of a place is offered a lesson for a case about it: what is open or was lately, and was neither
    /// a test nor a drill.
    static func isFresh(_ record: CaseRecord, at now: Instant) -> Bool {
        guard record.verdict != .test, record.verdict != .drill else { return false }
        return record.isOpen || now - (record.closedAt ?? record.openedAt) < spanMs
    }

    /// The lessons of a topic, those in season first; one that is out of season still fits what has just happened.
    static func fitting(_ lessons: [Lesson], _ topic: Lesson.Topic, at now: Instant) -> [Lesson] {
        Array(
            lessons.filter { $0.state == .published && $0.topic == topic }
                .sorted { (season($0, at: now), $1.id) < (season($1, at: now), $0.id) }.prefix(most))
    }

    /// For a list that everybody reads: what just happened somewhere in the town first, then what is in season.
    static func sorted(_ lessons: [Lesson], after topics: Set<Lesson.Topic>, at now: Instant) -> [Lesson] {
        func rank(_ lesson: Lesson) -> Int { topics.contains(lesson.topic) ? -1 : season(lesson, at: now) }
        return lessons.sorted { (rank($0), $1.id) < (rank($1), $0.id) }
    }

    /// 0 in season, 1 for what always is, 2 out of season.
    private static func season(_ lesson: Lesson, at now: Instant) -> Int {
        lesson.months.isEmpty ? 1 : lesson.isInSeason(at: now) ? 0 : 2
    }
}
