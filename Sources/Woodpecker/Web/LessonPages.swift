import Kernel
import Storage
import Web

extension WoodpeckerRoom {
    /// Lessons that a report of this category makes timely.
    func timely(_ category: Category) async throws -> [Lesson] {
        Array(try await published().lessons.filter { $0.categories.contains(category.code) }.prefix(2))
    }

    func lessonRow(_ lesson: Lesson, _ call: Call, lately: Set<Lesson.Topic> = []) -> [String: Any] {
        [
            "id": lesson.id.description, "title": lesson.title, "summary": lesson.summary,
            "topic": call.word("woodpecker.topic.\(lesson.topic.rawValue)"),
            "season": !lesson.months.isEmpty && lesson.isInSeason(at: .now),
            "lately": lately.contains(lesson.topic),
        ]
    }

    /// What everybody may read, the timely first, and the topics of what has lately happened in the town.
    func published() async throws -> (lessons: [Lesson], lately: Set<Lesson.Topic>) {
        let now = Instant.now
        let (all, topics) = try await database.read { db in
            (try LessonStore.published(in: db), try offers.topics(at: now, in: db))
        }
        return (Timely.sorted(all, after: topics, at: now), topics)
    }

    func shown(_ call: Call) async throws -> Lesson {
        let id: LessonID = try call.id()
        let found = try await database.read { db in try LessonStore.find(id, in: db) }
        guard let found, found.state == .published else { throw Problem.notFound }
        return found
    }

    func points(_ body: String) -> [String] {
        body.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix { $0.isWhitespace } }.filter { !$0.isEmpty }
            .map(String.init)
    }

    func lessonPage(_ call: Call, answers: Form?) async throws -> Answer {
        let lesson = try await shown(call)
        let given = lesson.quiz.indices.map { answers?["a\($0)"].flatMap { Int($0) } }
        let isDone = answers != nil && given.allSatisfy { $0 != nil }
        let right = zip(given, lesson.quiz).count { $0 == $1.right }
        if isDone {
            let id = lesson.id
            let allRight = right == lesson.quiz.count
            try await database.write { db in try LessonStore.countQuiz(id, allRight: allRight, in: db) }
        }
        let (pictures, video) = try await database.read { db in
            (try LessonPictureStore.list(lesson.id, in: db), try LessonVideoStore.of(lesson.id, in: db))
        }
        var context: [String: Any] = [
            "id": lesson.id.description, "name": lesson.title, "summary": lesson.summary,
            "pictures": pictures.map { picture -> [String: Any] in
                [
                    "src": "/lessons/\(lesson.id)/pictures/\(picture.id)", "words": picture.words,
                    "width": String(picture.width), "height": String(picture.height),
                ]
            },
            "calendar": Season.next(lesson.months, after: .now) == nil ? "" : "/lessons/\(lesson.id)/season.ics",
            "remind": try await remindAddress(lesson, call) ?? "", "reminded": call.query("reminds") == "1",
            "topic": call.word("woodpecker.topic.\(lesson.topic.rawValue)"),
            "paragraphs": points(lesson.body).map { ["text": $0] },
        ]
        if let video = publicVideo(video, lesson.id, call) { context["video"] = video }
        if !lesson.quiz.isEmpty {
            context["quiz"] =
                [
                    "questions": lesson.quiz.enumerated().map { index, question -> [String: Any] in
                        [
                            "text": question.text, "name": "a\(index)", "why": isDone ? question.why : "",
                            "choices": question.choices.enumerated().map { number, choice -> [String: Any] in
                                [
                                    "name": "a\(index)", "value": String(number), "text": choice,
                                    "checked": given[index] == number, "right": isDone && number == question.right,
                                ]
                            },
                        ]
                    },
                    "result": isDone
                        ? call.word("woodpecker.lessons.result", ["n": String(right), "of": String(lesson.quiz.count)])
                        : "",
                ] as [String: Any]
        }
        return try Citizen.page("lesson", title: lesson.title, context, call, path: "/lessons/\(lesson.id)")
    }

    func feed(_ call: Call) async throws -> Answer {
        let root = root(call)
        let items = try await published().lessons.prefix(50).map { lesson in
            "<item><title>\(escaped(lesson.title))</title><link>\(escaped(root))/lessons/\(lesson.id)</link>"
                + "<guid isPermaLink=\"false\">\(lesson.id)</guid><description>\(escaped(lesson.summary))</description>"
                + "<category>\(escaped(call.word("woodpecker.topic.\(lesson.topic.rawValue)")))</category>"
                + (lesson.publishedAt.map { "<pubDate>\(rfc822($0))</pubDate>" } ?? "") + "</item>"
        }
        let text =
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel>"
            + "<title>\(escaped(call.word("woodpecker.lessons.title")))</title><link>\(escaped(root))/lessons</link>"
            + "<description>\(escaped(call.word("woodpecker.lessons.lead")))</description><language>zh-cn</language>"
            + items.joined() + "</channel></rss>"
        return Citizen.sealed(.bytes(Array(text.utf8), type: "application/rss+xml; charset=utf-8"))
    }

    /// `Tue, 24 Nov 2026 16:13:41 +0800` (RFC 822 with four digits of the year, as RSS 2.0 asks).
    func rfc822(_ moment: Instant) -> String {
        let time = CivilTime(moment)
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clock = moment.text.suffix(8)
        // 1970-01-01 was a Thursday.
        let day = days[((moment.dayNumber + 3) % 7 + 7) % 7]
        return "\(day), \(time.day < 10 ? "0" : "")\(time.day) \(months[time.month - 1]) \(time.year) \(clock) +0800"
    }
}
