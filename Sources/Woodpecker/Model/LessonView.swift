import Foundation
import Kernel
import Web

/// A lesson for programs.
struct LessonView: Encodable {
    var id: LessonID
    var topic: String
    var title: String
    var summary: String
    var body: String
    var inSeason: Bool
    /// Whether something that it is about has lately happened in the town.
    var afterIncident: Bool
    var publishedAt: String?
    var pictures: [Picture]
    var video: Video?

    /// A video, and where it is.
    struct Video: Encodable {
        var words: String
        var seconds: Double
        var bytes: Int64
        var path: String
        var poster: String
        var captions: String?

        static let shape = Shape.object(
            [
                "words": .text, "seconds": .number, "bytes": .integer, "path": .text, "poster": .text,
                "captions": .text,
            ], required: ["words", "seconds", "bytes", "path", "poster"])
    }

    /// A picture, and where it is.
    struct Picture: Encodable {
        var id: ID<LessonPicture>
        var words: String
        var width: Int64
        var height: Int64
        var path: String

        static let shape = Shape.object(
            ["id": .id, "words": .text, "width": .integer, "height": .integer, "path": .text], required: ["id", "path"])
    }

    init(_ lesson: Lesson, _ pictures: [LessonPicture], _ video: LessonVideo?, lately: Set<Lesson.Topic>) {
        self.video = video.map { video in
            let path = "/lessons/\(lesson.id)/video"
            return Video(
                words: video.words, seconds: Double(video.durationMs) / 1_000, bytes: video.bytes, path: path,
                poster: path + "/poster", captions: video.captions.isEmpty ? nil : path + "/captions")
        }
        self.pictures = pictures.map {
            Picture(
                id: $0.id, words: $0.words, width: $0.width, height: $0.height,
                path: "/lessons/\(lesson.id)/pictures/\($0.id)")
        }
        id = lesson.id
        topic = lesson.topic.rawValue
        title = lesson.title
        summary = lesson.summary
        body = lesson.body
        afterIncident = lately.contains(lesson.topic)
        inSeason = lesson.isInSeason(at: .now)
        publishedAt = lesson.publishedAt?.rfc3339
    }
}

/// A lesson's video for who writes it.
struct LessonVideoView: Encodable {
    var id: ID<LessonVideo>
    var state: String
    var why: String?
    var words: String
    var seconds: Double
    var bytes: Int64
    var width: Int64
    var height: Int64
    var captions: Bool

    init(_ video: LessonVideo) {
        id = video.id
        state = video.state.rawValue
        why = video.why.isEmpty ? nil : video.why
        words = video.words
        seconds = Double(video.durationMs) / 1_000
        (bytes, width, height, captions) = (video.bytes, video.width, video.height, !video.captions.isEmpty)
    }
}

/// A lesson that set-up brings.
public struct SampleLesson: Decodable, Sendable {
    var topic: Lesson.Topic
    var title: String
    var summary: String
    var body: String
    var months: [Int]
    var categories: [String]
    var quiz: [Lesson.Question]

    /// The lessons of `Resources/data/lessons.json`.
    public static func load() throws -> [SampleLesson] {
        let file = Bundle.module.bundleURL.appendingPathComponent("Resources/data/lessons.json")
        return try JSONDecoder().decode([SampleLesson].self, from: Data(contentsOf: file))
    }
}
