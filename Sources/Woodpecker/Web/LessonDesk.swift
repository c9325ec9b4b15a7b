import Kernel
import Storage
import Web

/// The desk at which lessons are written.
extension WoodpeckerRoom {
    func deskPage(_ call: Call) async throws -> Answer {
        let before = call.query("before").flatMap(LessonID.init)
        let state = call.query("state").flatMap(Lesson.State.init(rawValue:))
        let limit = call.limit
        let found = try await database.read { db in
            try LessonStore.list(state, before: before, limit: limit + 1, in: db)
        }
        var context: [String: Any] = [
            "export": "/lesson-desk.xlsx?" + call.kept(["state"]),
            "items": found.prefix(limit).map { lesson -> [String: Any] in
                var row = lessonRow(lesson, call)
                row["state"] = call.word("woodpecker.lessonState.\(lesson.state.rawValue)")
                row["tint"] = lesson.state == .published ? "ok" : lesson.state == .reviewed ? "info" : ""
                row["due"] = lesson.publishAt.map { String($0.text.prefix(16)) } ?? ""
                row["author"] = lesson.authorName
                row["months"] = lesson.months.map(String.init).joined(separator: "、")
                row["counts"] = "\(lesson.quizDone) / \(lesson.quizRight)"
                return row
            },
            "states": Lesson.State.allCases.map {
                [
                    "value": $0.rawValue, "label": call.word("woodpecker.lessonState.\($0.rawValue)"),
                    "selected": state == $0,
                ] as [String: Any]
            },
        ]
        if found.count > limit, let last = found.prefix(limit).last {
            context["next"] = "/lesson-desk?before=\(last.id)" + (state.map { "&state=\($0.rawValue)" } ?? "")
        }
        return try call.page("lesson-desk", title: call.word("woodpecker.lessons.desk"), Citizen.tidy(context))
    }

    func editPage(_ call: Call, errors: [String: String] = [:], form: Form? = nil) async throws -> Answer {
        let caller = try call.signedIn()
        var lesson: Lesson?
        if call.incoming.parameters["id"] != "new", form == nil {
            let id: LessonID = try call.id()
            lesson = try await database.read { db in try LessonStore.find(id, in: db) }
            if lesson == nil { throw Problem.notFound }
        }
        let quiz = lesson?.quiz.map { item in
            ([item.text] + item.choices.enumerated().map { ($0.offset == item.right ? "*" : "-") + $0.element }
                + (item.why.isEmpty ? [] : ["=" + item.why])).joined(separator: "\n")
        }.joined(separator: "\n\n")
        let allowed = lesson?.allowed(by: caller) ?? ["edit"]
        let months = form?.all("month").compactMap { Int($0) } ?? lesson?.months ?? []
        let chosen = form?.all("category") ?? lesson?.categories ?? []
        var pictures: [LessonPicture] = []
        var push: [String: Any]?
        var video: [String: Any]?
        if let lesson {
            let (found, film) = try await database.read { db in
                (try LessonPictureStore.list(lesson.id, in: db), try LessonVideoStore.of(lesson.id, in: db))
            }
            pictures = found
            video = videoContext(film, lesson.id, call)
            push = try await pushContext(lesson, hasCover: !pictures.isEmpty, call)
        }
        let context: [String: Any] = [
            "hasPictures": lesson != nil, "push": push ?? "", "video": video ?? "",
            "pictures": pictures.map { picture in
                [
                    "id": picture.id.description, "words": picture.words,
                    "src": "/lesson-desk/\(picture.lesson)/pictures/\(picture.id)",
                    "action": "/lesson-desk/\(picture.lesson)/pictures",
                ]
            },
            "id": lesson?.id.description ?? form?["id"] ?? "", "name": form?["title"] ?? lesson?.title ?? "",
            "summary": form?["summary"] ?? lesson?.summary ?? "", "body": form?["body"] ?? lesson?.body ?? "",
            "quiz": form?["quiz"] ?? quiz ?? "", "errors": errors.mapValues { call.word("problem.field.\($0)") },
            "state": lesson.map { call.word("woodpecker.lessonState.\($0.state.rawValue)") } ?? "",
            "published": lesson?.state == .published, "mayEdit": allowed.contains("edit"),
            "author": lesson?.authorName ?? "", "reviewer": lesson?.reviewerName ?? "",
            "schedule": allowed.contains("schedule"), "at": lesson.flatMap(Self.proposed) ?? "",
            "due": lesson?.publishAt.map { String($0.text.prefix(16)) } ?? "",
            "moves": allowed.filter { !["edit", "schedule"].contains($0) }.map {
                ["move": $0, "label": call.word("woodpecker.lessonMove.\($0)")]
            },
            "topics": Lesson.Topic.allCases.map {
                [
                    "value": $0.rawValue, "label": call.word("woodpecker.topic.\($0.rawValue)"),
                    "selected": (form?["topic"] ?? lesson?.topic.rawValue) == $0.rawValue,
                ] as [String: Any]
            },
            "months": (1...12).map { ["value": String($0), "checked": months.contains($0)] as [String: Any] },
            "categories": categories.map {
                [
                    "value": $0.code, "label": $0.name.text(call.language), "checked": chosen.contains($0.code),
                ] as [String: Any]
            },
        ]
        return try call.page(
            "lesson-edit", title: call.word("woodpecker.lessons.edit"), Citizen.tidy(context),
            status: errors.isEmpty ? 200 : 422)
    }

    /// The moment that is proposed for a lesson to become public, as the browser's field takes it: what it has, else
    /// eight o'clock on its season's first day.
    private static func proposed(_ lesson: Lesson) -> String? {
        let moment = lesson.publishAt ?? Season.next(lesson.months, after: .now).map { $0 + 8 * 3_600_000 }
        return moment.map { String($0.text.prefix(16)).replacing(" ", with: "T") }
    }

    func saveLesson(_ call: Call) async throws -> Answer {
        let form = call.form
        let wish = LessonWish(
            topic: form["topic"] ?? "", title: form["title"] ?? "", summary: form["summary"] ?? "",
            body: form["body"] ?? "", quiz: form["quiz"], months: form.all("month").compactMap { Int($0) },
            categories: form.all("category"))
        do {
            let saved = try await save(wish, as: form["id"].flatMap(LessonID.init), call)
            return .redirect(to: "/lesson-desk/\(saved)?done=saved")
        } catch let problem as Problem where problem.status == 422 {
            return try await editPage(call, errors: problem.fields, form: form)
        }
    }

    /// A lesson as somebody writes it.
    struct LessonWish: Decodable, Sendable {
        var topic: String
        var title: String
        var summary: String
        var body: String
        /// Questions as ``LessonQuiz`` reads them.
        var quiz: String?
        var months: [Int]?
        var categories: [String]?
    }

    /// Writes a lesson, or changes one.
    func save(_ wish: LessonWish, as id: LessonID?, _ call: Call) async throws -> LessonID {
        let caller = try call.signedIn()
        var check = FieldCheck()
        let title = check.text(wish.title, "title", 1...60)
        let summary = check.text(wish.summary, "summary", 1...200)
        let body = check.text(wish.body, "body", 1...8_000)
        let topic = Lesson.Topic(rawValue: wish.topic)
        check.expect(topic != nil, "topic", "required")
        let quiz = LessonQuiz.read(wish.quiz ?? "")
        check.expect(quiz != nil, "quiz", "invalid")
        try check.finish()
        guard let topic, let quiz else { throw Problem.invalid(["topic": "required"]) }
        let months = (wish.months ?? []).filter { (1...12).contains($0) }
        let chosen = (wish.categories ?? []).filter { category($0) != nil }
        return try await call.once { db in
            var lesson = Lesson(
                topic: topic, title: title, summary: summary, body: body, months: months, categories: chosen,
                quiz: quiz, author: caller.id, authorName: caller.name, at: .now)
            if let id {
                guard let known = try LessonStore.find(id, in: db) else { throw Problem.notFound }
                guard known.allowed(by: caller).contains("edit") else {
                    throw Problem.conflict("woodpecker.lesson-move")
                }
                // What was changed is looked through again.
                (lesson.id, lesson.author, lesson.authorName) = (known.id, known.author, known.authorName)
            }
            try LessonStore.save(lesson, in: db)
            return lesson.id
        }
    }

    /// Passes a lesson, publishes it now or at a moment, or takes it back.
    func moveLesson(_ call: Call) async throws {
        let id: LessonID = try call.id()
        let caller = try call.signedIn()
        let move = call.form["move"] ?? ""
        var at: Instant?
        if move == "schedule" {
            guard let moment = call.form["at"].flatMap(Instant.init), moment > .now,
                moment - .now < 400 * CivilTime.dayMs
            else { throw Problem.invalid(["at": "invalid"]) }
            at = moment
        }
        let publishAt = at
        try await database.write { db in
            guard var lesson = try LessonStore.find(id, in: db) else { throw Problem.notFound }
            guard move != "edit", lesson.allowed(by: caller).contains(move) else {
                throw Problem.conflict("woodpecker.lesson-move")
            }
            // Nobody passes what nobody can have seen.
            if move != "withdraw", try LessonVideoStore.of(id, in: db)?.isPending == true {
                throw Problem.conflict("woodpecker.video-pending")
            }
            switch move {
            case "review": (lesson.state, lesson.reviewerName) = (.reviewed, caller.name)
            case "publish":
                (lesson.state, lesson.publishedAt, lesson.publishAt) = (.published, .now, nil)
                db.wake(LessonClock.topic)
            case "schedule":
                lesson.publishAt = publishAt
                db.wake(LessonClock.topic)
            default: (lesson.state, lesson.publishedAt) = (.withdrawn, nil)
            }
            lesson.changedAt = .now
            try LessonStore.save(lesson, in: db)
        }
    }

    /// Adds published lessons; for set-up.
    public static func addLessons(_ lessons: [SampleLesson], at now: Instant, in db: any Writing) throws {
        for item in lessons {
            var lesson = Lesson(
                topic: item.topic, title: item.title, summary: item.summary, body: item.body, months: item.months,
                categories: item.categories, quiz: item.quiz, author: nil, authorName: "示例", at: now)
            (lesson.state, lesson.reviewerName, lesson.publishedAt) = (.published, "示例", now)
            try LessonStore.save(lesson, in: db)
        }
    }
}
