import Kernel
import Logging
import ServiceLifecycle
import Storage

/// Makes lessons public at the time that they were given, and reminds those who agreed to it when one becomes timely:
/// when it is published, or when its season begins.
struct LessonClock: Service {
    let database: any Database
    let logger: Logger
    static let topic = "lesson-clock"
    /// Milliseconds between two looks, where nothing is due before.
    private static let pauseMs: Int64 = 600_000
    /// Milliseconds after which a consent that nothing came of is forgotten: each season has come once.
    private static let consentMs: Int64 = 400 * CivilTime.dayMs

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await database.work(on: Self.topic, failing: "lessons were not looked at", logger: logger) {
                try await step(at: .now)
                let due = try await database.read { db in try LessonStore.nextDue(in: db) }
                return due.map { min(Self.pauseMs, max(100, $0 - .now)) } ?? Self.pauseMs
            }
        }
    }

    func step(at now: Instant) async throws {
        try await database.write { db in
            for var lesson in try LessonStore.due(at: now, in: db) {
                (lesson.state, lesson.publishedAt, lesson.publishAt, lesson.changedAt) = (.published, now, nil, now)
                try LessonStore.save(lesson, in: db)
            }
            try AccountStore.forgetConsents(before: now - Self.consentMs, in: db)
            for lesson in try LessonStore.list(.published, before: nil, limit: 200, in: db) {
                guard let since = Season.timelySince(lesson, at: now) else { continue }
                // A consent tells its hour alone: one of the same hour is for what comes next.
                let hour = Coarse.moment(since, .confidential)
                for consent in try AccountStore.consents(scene: lesson.topic.scene, before: hour, in: db) {
                    let task = try AccountStore.add(
                        .remind, person: consent.person, subject: lesson.id.description, sealed: consent.sealed,
                        at: now, in: db)
                    try AccountStore.hold(consent.id, for: task, in: db)
                }
            }
        }
    }
}

extension Lesson.Topic {
    /// The scene under which the platform keeps a consent to be reminded of the topic.
    var scene: Int64 { Int64(Self.allCases.firstIndex(of: self) ?? 0) }
}
