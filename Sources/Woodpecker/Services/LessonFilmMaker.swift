import Film
import Foundation
import Kernel
import Logging
import ServiceLifecycle
import Storage
import Web

/// Makes videos of lessons anew, one after the other, beside everything else. A job survives a stop: whoever comes next
/// begins it again from what came in.
struct LessonFilmMaker: Service {
    let database: any Database
    let films: LessonFilms
    let owner: String
    let logger: Logger
    var limits = Film.Limits()
    /// How long a job stays taken after its runner was last heard of.
    var leaseMs: Int64 = 30_000
    static let kind = "lesson-video"
    private static let attempts: Int64 = 3

    func run() async throws {
        let known = try? await database.read { db in Set(try LessonVideoStore.all(in: db)) }
        if let known { films.tidy(known, at: Date()) }
        await cancelWhenGracefulShutdown { await runner.run() }
    }

    var runner: JobRunner {
        JobRunner(
            database: database,
            workers: [
                JobWorker(kind: Self.kind, attempts: Self.attempts) { job in try await make(job) }
            ], owner: owner, leaseMs: leaseMs, logger: logger)
    }

    /// A job for a video that has just come.
    static func order(_ video: LessonVideo, in db: any Writing) throws {
        try Jobs.add(
            NewJob(kind: kind, key: video.id.description, payload: video.id.description, runAt: video.broughtAt), in: db
        )
    }

    /// Tells the pages that show the lesson at the desk.
    static func publish(_ lesson: LessonID, in db: any Writing) throws {
        try db.publish(
            NewEvent(
                type: "lesson.video", subject: "lessons/\(lesson)", permission: Permission.lessonEdit.name, area: nil,
                at: .now, data: "{\"subject\":\"lessons/\(lesson)\"}"))
    }

    func make(_ job: Job) async throws {
        guard let id = ID<LessonVideo>(job.payload),
            let video = try await database.read({ db in try LessonVideoStore.find(id, in: db) }), video.isPending
        else { return }
        let part = films.part(id, job.attempts)
        try await database.write { db in
            try LessonVideoStore.begin(id, in: db)
            try Self.publish(video.lesson, in: db)
        }
        do {
            guard FileManager.default.fileExists(atPath: films.source(id).path) else { throw Film.Refusal.unreadable }
            let made = try await Film.reencode(films.source(id), to: part, limits)
            try films.place(part, as: id)
            let isKept = try await database.write { db in
                let isKept = try LessonVideoStore.finish(id, made, in: db)
                try Self.publish(video.lesson, in: db)
                return isKept
            }
            // It may have been taken out meanwhile.
            if isKept { films.clear(id) } else { films.remove(id) }
        } catch let refusal as Film.Refusal {
            try await refuse(video, why: refusal.rawValue)
        } catch  where !(error is CancellationError) && job.attempts >= Self.attempts {
            logger.error("a lesson's video could not be made", metadata: ["video": "\(id)", "error": "\(error)"])
            try await refuse(video, why: "failed")
        }
    }

    private func refuse(_ video: LessonVideo, why: String) async throws {
        try Task.checkCancellation()
        try await database.write { db in
            try LessonVideoStore.refuse(video.id, why: why, in: db)
            try Self.publish(video.lesson, in: db)
        }
        films.clear(video.id)
    }
}
