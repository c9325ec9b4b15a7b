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

    init(_ lesson: Lesson, _ pictures: [LessonPicture], lately: Set<Lesson.Topic>) {
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
