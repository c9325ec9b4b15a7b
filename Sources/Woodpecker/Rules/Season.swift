import Kernel

/// When a lesson's season begins.
enum Season {
    /// The first moment of the run of months that `now` lies in; `nil` out of season, and for what is always in season.
    static func start(_ months: [Int], at now: Instant) -> Instant? {
        let set = Set(months)
        let time = CivilTime(now)
        guard set.contains(time.month), set.count < 12 else { return nil }
        var (year, month) = (time.year, time.month)
        while set.contains(month == 1 ? 12 : month - 1) {
            (year, month) = month == 1 ? (year - 1, 12) : (year, month - 1)
        }
        return CivilTime.instant(year, month, 1)
    }

    /// The next first day of a season after `now`; `nil` for what is always in season.
    static func next(_ months: [Int], after now: Instant) -> Instant? {
        let set = Set(months)
        guard !set.isEmpty, set.count < 12 else { return nil }
        let time = CivilTime(now)
        for ahead in 1...24 {
            let number = time.month - 1 + ahead
            let (year, month) = (time.year + number / 12, number % 12 + 1)
            if set.contains(month), !set.contains(month == 1 ? 12 : month - 1) {
                return CivilTime.instant(year, month, 1)
            }
        }
        return nil
    }

    /// When a published lesson became timely last: when it was published, or when its season began.
    static func timelySince(_ lesson: Lesson, at now: Instant) -> Instant? {
        guard lesson.state == .published, let published = lesson.publishedAt, lesson.isInSeason(at: now) else {
            return nil
        }
        return max(published, start(lesson.months, at: now) ?? published)
    }
}
