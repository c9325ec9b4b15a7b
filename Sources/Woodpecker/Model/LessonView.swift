import Foundation
import Kernel

/// A lesson for programs.
struct LessonView: Encodable {
    var id: LessonID
    var topic: String
    var title: String
    var summary: String
    var body: String
    var inSeason: Bool
    var publishedAt: String?

    init(_ lesson: Lesson) {
        id = lesson.id
        topic = lesson.topic.rawValue
        title = lesson.title
        summary = lesson.summary
        body = lesson.body
        inSeason = lesson.isInSeason(at: .now)
        publishedAt = lesson.publishedAt?.rfc3339
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
