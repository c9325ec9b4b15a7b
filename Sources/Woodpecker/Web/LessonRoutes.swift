import Foundation
import Kernel
import Pictures
import Storage
import Web

extension Permission {
    /// Write lessons.
    public static let lessonEdit = Permission("lesson.edit", [.officer, .leader, .clerk])
    /// Pass and publish lessons.
    public static let lessonReview = Permission("lesson.review", [.leader])
}

extension WoodpeckerRoom {
    /// Lessons for everybody, and the desk at which they are written.
    func lessonRoutes(_ routes: inout Routes) {
        routes.get("/lessons", .device, "Lessons, those in season first") { call in
            let call = Citizen.call(call)
            let lessons = try await published()
            return try Citizen.page(
                "lessons", title: call.word("woodpecker.lessons.title"),
                ["items": lessons.map { lessonRow($0, call) }], call, path: "/lessons")
        }
        routes.get("/lessons.xml", .device, "Lessons as RSS 2.0") { call in try await feed(call) }
        routes.get("/lessons/{id}", .device, "A lesson") { call in
            try await lessonPage(Citizen.call(call), answers: nil)
        }
        routes.post("/lessons/{id}", .device, "The answers to a lesson's questions") { call in
            let form = call.form
            return try await lessonPage(Citizen.call(call, form: form), answers: form)
        }
        routes.get("/lessons/{id}/poster", .device, "A lesson as a poster to be printed, with a QR code") { call in
            let call = Citizen.call(call)
            let lesson = try await shown(call)
            let address =
                "\(call.incoming.isSecure ? "https" : "http")://\(call.incoming.authority ?? "")/lessons/\(lesson.id)"
            return try Citizen.page(
                "lesson-poster", title: lesson.title,
                [
                    "name": lesson.title, "summary": lesson.summary,
                    "points": points(lesson.body).prefix(5).map { ["text": $0] },
                    "qr": QRCode.svg(address, label: lesson.title) ?? "", "address": address,
                ], call, path: "/lessons/\(lesson.id)/poster")
        }
        routes.get(
            "/api/v1/lessons", .device, "Published lessons, newest first",
            shapes: Shapes(
                query: [("before", "the last id seen"), ("limit", "1…500")],
                gives: .page(
                    of: .object(
                        [
                            "id": .id, "topic": .text, "title": .text, "summary": .text, "inSeason": .flag,
                            "publishedAt": .time,
                        ],
                        required: ["id", "title"])))
        ) { call in
            let limit = call.limit
            let before = call.query("before").flatMap(LessonID.init)
            let found = try await database.read { db in
                try LessonStore.list(.published, before: before, limit: limit + 1, in: db)
            }
            return try .list(
                found.prefix(limit).map(LessonView.init),
                next: found.count > limit
                    ? found.prefix(limit).last.map { "/api/v1/lessons?limit=\(limit)&before=\($0.id)" } : nil)
        }
        routes.get("/lesson-desk", .needs(.lessonEdit), "Lessons in all states") { call in try await deskPage(call) }
        routes.get("/lesson-desk/{id}", .needs(.lessonEdit), "A lesson to be written or passed") { call in
            try await editPage(call)
        }
        routes.post("/lesson-desk", .needs(.lessonEdit), "Write a lesson") { call in try await saveLesson(call) }
        routes.post("/lesson-desk/{id}", .needs(.lessonEdit), "Pass, publish or take back a lesson") { call in
            try await moveLesson(call)
            return .redirect(to: "/lesson-desk/\(try call.param("id"))?done=saved")
        }
    }

    /// Passes, publishes or takes back a lesson.
    func moveLesson(_ call: Call) async throws {
        let id: LessonID = try call.id()
        let caller = try call.signedIn()
        let move = call.form["move"] ?? ""
        try await database.write { db in
            guard var lesson = try LessonStore.find(id, in: db) else { throw Problem.notFound }
            guard move != "edit", lesson.allowed(by: caller).contains(move) else {
                throw Problem.conflict("woodpecker.lesson-move")
            }
            switch move {
            case "review": (lesson.state, lesson.reviewerName) = (.reviewed, caller.name)
            case "publish": (lesson.state, lesson.publishedAt) = (.published, .now)
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

    /// Lessons that a report of this category makes timely.
    func timely(_ category: Category) async throws -> [Lesson] {
        Array(try await published().filter { $0.categories.contains(category.code) }.prefix(2))
    }

    func lessonRow(_ lesson: Lesson, _ call: Call) -> [String: Any] {
        [
            "id": lesson.id.description, "title": lesson.title, "summary": lesson.summary,
            "topic": call.word("woodpecker.topic.\(lesson.topic.rawValue)"),
            "season": !lesson.months.isEmpty && lesson.isInSeason(at: .now),
        ]
    }

    private func published() async throws -> [Lesson] {
        let now = Instant.now
        let all = try await database.read { db in try LessonStore.list(.published, before: nil, limit: 200, in: db) }
        func rank(_ lesson: Lesson) -> Int { lesson.months.isEmpty ? 1 : lesson.isInSeason(at: now) ? 0 : 2 }
        return all.sorted { (rank($0), $1.id) < (rank($1), $0.id) }
    }

    private func shown(_ call: Call) async throws -> Lesson {
        let id: LessonID = try call.id()
        let found = try await database.read { db in try LessonStore.find(id, in: db) }
        guard let found, found.state == .published else { throw Problem.notFound }
        return found
    }

    private func points(_ body: String) -> [String] {
        body.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix { $0.isWhitespace } }.filter { !$0.isEmpty }
            .map(String.init)
    }

    private func lessonPage(_ call: Call, answers: Form?) async throws -> Answer {
        let lesson = try await shown(call)
        let given = lesson.quiz.indices.map { answers?["a\($0)"].flatMap { Int($0) } }
        let isDone = answers != nil && given.allSatisfy { $0 != nil }
        let right = zip(given, lesson.quiz).count { $0 == $1.right }
        if isDone {
            let id = lesson.id
            let allRight = right == lesson.quiz.count
            try await database.write { db in try LessonStore.countQuiz(id, allRight: allRight, in: db) }
        }
        var context: [String: Any] = [
            "id": lesson.id.description, "name": lesson.title, "summary": lesson.summary,
            "topic": call.word("woodpecker.topic.\(lesson.topic.rawValue)"),
            "paragraphs": points(lesson.body).map { ["text": $0] },
        ]
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

    private func feed(_ call: Call) async throws -> Answer {
        let root = "\(call.incoming.isSecure ? "https" : "http")://\(call.incoming.authority ?? "127.0.0.1")"
        let items = try await published().prefix(50).map { lesson in
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
    private func rfc822(_ moment: Instant) -> String {
        let time = CivilTime(moment)
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clock = moment.text.suffix(8)
        // 1970-01-01 was a Thursday.
        let day = days[((moment.dayNumber + 3) % 7 + 7) % 7]
        return "\(day), \(time.day < 10 ? "0" : "")\(time.day) \(months[time.month - 1]) \(time.year) \(clock) +0800"
    }

    // MARK: The desk

    private func deskPage(_ call: Call) async throws -> Answer {
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

    private func editPage(_ call: Call, errors: [String: String] = [:], form: Form? = nil) async throws -> Answer {
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
        let context: [String: Any] = [
            "id": lesson?.id.description ?? form?["id"] ?? "", "name": form?["title"] ?? lesson?.title ?? "",
            "summary": form?["summary"] ?? lesson?.summary ?? "", "body": form?["body"] ?? lesson?.body ?? "",
            "quiz": form?["quiz"] ?? quiz ?? "", "errors": errors.mapValues { call.word("problem.field.\($0)") },
            "state": lesson.map { call.word("woodpecker.lessonState.\($0.state.rawValue)") } ?? "",
            "published": lesson?.state == .published, "mayEdit": allowed.contains("edit"),
            "author": lesson?.authorName ?? "", "reviewer": lesson?.reviewerName ?? "",
            "moves": allowed.filter { $0 != "edit" }.map {
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

    private func saveLesson(_ call: Call) async throws -> Answer {
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
}

/// Questions as they are typed: the question, a line with `-` for each answer, `*` for the right one, `=` for why;
/// an empty line between questions.
enum LessonQuiz {
    static func read(_ text: String) -> [Lesson.Question]? {
        var questions: [Lesson.Question] = []
        let blocks = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .split { $0.allSatisfy(\.isWhitespace) }
        for block in blocks {
            let lines = block.map { $0.trimmingPrefix { $0.isWhitespace } }
            guard let first = lines.first, lines.count <= 12 else { return nil }
            var question = Lesson.Question(text: String(first.prefix(300)), choices: [], right: -1, why: "")
            for line in lines.dropFirst() {
                let rest = String(line.dropFirst().prefix(300))
                switch line.first {
                case "-": question.choices.append(rest)
                case "*":
                    guard question.right < 0 else { return nil }
                    question.right = question.choices.count
                    question.choices.append(rest)
                case "=": question.why = rest
                default: return nil
                }
            }
            guard question.choices.count >= 2, question.right >= 0 else { return nil }
            questions.append(question)
        }
        return questions.count <= 10 ? questions : nil
    }
}

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
