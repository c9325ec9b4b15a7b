import Kernel
import Storage

/// A picture of a lesson, a JPEG that was made here.
struct LessonPicture: Sendable, RowDecodable {
    var id: ID<LessonPicture>
    var lesson: LessonID
    /// What it shows, for who does not see it; also its caption.
    var words: String
    /// Pixels.
    var width: Int64
    /// Pixels.
    var height: Int64

    /// Pictures of one lesson.
    static let limit = 6
    /// Pixels a side: enough for a phone, and little on a poor connection.
    static let edge = 1_280
    static let columns = "id, lesson, words, width, height"

    init(row: inout Row) throws {
        id = ID(rawValue: try row.next())
        lesson = try row.next()
        words = try row.next()
        width = try row.next()
        height = try row.next()
    }

    init(lesson: LessonID, words: String, width: Int, height: Int) {
        id = .next()
        self.lesson = lesson
        self.words = words
        self.width = Int64(width)
        self.height = Int64(height)
    }
}
