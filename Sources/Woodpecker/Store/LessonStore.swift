import Kernel
import Storage
import Web

enum LessonStore {
    static func find(_ id: LessonID, in db: any Reading) throws -> Lesson? {
        try db.first(Lesson.self, "SELECT \(raw: Lesson.columns) FROM lesson WHERE id = \(id)")
    }

    static func list(_ state: Lesson.State?, before: LessonID?, limit: Int, in db: any Reading) throws -> [Lesson] {
        var all: [SQL] = ["1 = 1"]
        if let state { all.append("state = \(state)") }
        if let before { all.append("id < \(before)") }
        return try db.all(
            Lesson.self,
            """
            SELECT \(raw: Lesson.columns) FROM lesson WHERE \(SQL.joined(all, by: " AND ")) ORDER BY id DESC
            LIMIT \(limit)
            """)
    }

    /// What everybody may read, the newest first.
    static func published(in db: any Reading) throws -> [Lesson] {
        try list(.published, before: nil, limit: 200, in: db)
    }

    static func save(_ lesson: Lesson, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO lesson (\(raw: Lesson.columns)) VALUES (\(lesson.id), \(lesson.state), \(lesson.topic),
            \(lesson.title), \(lesson.summary), \(lesson.body), \(lesson.months.map(String.init).joined(separator: ",")),
            \(lesson.categories.joined(separator: ",")), \(try JSON.text(lesson.quiz)), \(lesson.author),
            \(lesson.authorName), \(lesson.reviewerName), \(lesson.changedAt), \(lesson.publishedAt),
            \(lesson.publishAt), \(lesson.quizDone), \(lesson.quizRight)) ON CONFLICT (id) DO UPDATE SET state = excluded.state,
            topic = excluded.topic, title = excluded.title, summary = excluded.summary, body = excluded.body,
            months = excluded.months, categories = excluded.categories, quiz = excluded.quiz,
            reviewer_name = excluded.reviewer_name, changed_at = excluded.changed_at,
            published_at = excluded.published_at, publish_at = excluded.publish_at
            """)
    }

    /// Those that were passed and whose time has come, at most a hundred.
    static func due(at now: Instant, in db: any Reading) throws -> [Lesson] {
        try db.all(
            Lesson.self,
            """
            SELECT \(raw: Lesson.columns) FROM lesson WHERE publish_at <= \(now) AND state = 'reviewed'
            ORDER BY publish_at, id LIMIT 100
            """)
    }

    /// When the next one becomes public.
    static func nextDue(in db: any Reading) throws -> Instant? {
        try db.value(Instant?.self, "SELECT MIN(publish_at) FROM lesson WHERE state = 'reviewed'") ?? nil
    }

    static func countQuiz(_ id: LessonID, allRight: Bool, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE lesson SET quiz_done = quiz_done + 1, quiz_right = quiz_right + \(allRight ? 1 : 0 as Int64)
            WHERE id = \(id)
            """)
    }
}
