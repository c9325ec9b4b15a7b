import Kernel
import Storage

enum LessonPictureStore {
    static func add(_ picture: LessonPicture, _ bytes: [UInt8], in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO lesson_picture (\(raw: LessonPicture.columns), bytes) VALUES (\(picture.id), \(picture.lesson),
            \(picture.words), \(picture.width), \(picture.height), \(bytes))
            """)
    }

    static func list(_ lesson: LessonID, in db: any Reading) throws -> [LessonPicture] {
        try list(of: [lesson], in: db)
    }

    /// Those of several lessons, in the order in which they were brought.
    static func list(of lessons: [LessonID], in db: any Reading) throws -> [LessonPicture] {
        guard !lessons.isEmpty else { return [] }
        let ids = lessons.map { "\($0)" as SQL }
        return try db.all(
            LessonPicture.self,
            """
            SELECT \(raw: LessonPicture.columns) FROM lesson_picture WHERE lesson IN (\(SQL.joined(ids, by: ", ")))
            ORDER BY lesson, id
            """)
    }

    static func image(_ id: ID<LessonPicture>, of lesson: LessonID, in db: any Reading) throws -> [UInt8]? {
        try db.value([UInt8].self, "SELECT bytes FROM lesson_picture WHERE id = \(id) AND lesson = \(lesson)")
    }

    /// Returns whether there was one.
    static func remove(_ id: ID<LessonPicture>, of lesson: LessonID, in db: any Writing) throws -> Bool {
        try db.execute("DELETE FROM lesson_picture WHERE id = \(id) AND lesson = \(lesson)") > 0
    }
}
