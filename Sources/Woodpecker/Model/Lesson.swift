import Kernel
import Storage
import Web

/// Marks identifiers of lessons.
public enum LessonMark {}
/// Names a lesson.
public typealias LessonID = ID<LessonMark>

/// A lesson of the micro-classroom (微课堂).
public struct Lesson: Sendable, RowDecodable {
    /// Written, looked through by somebody else, open to everybody, taken back.
    public enum State: String, Sendable, CaseIterable, SQLConvertible { case draft, reviewed, published, withdrawn }
    /// What it is about.
    public enum Topic: String, Sendable, Codable, CaseIterable, SQLConvertible {
        case water, fire, fraud, traffic, home
    }

    /// A question with its answers.
    public struct Question: Sendable, Codable, Equatable {
        /// The question.
        public var text: String
        /// The answers to choose from.
        public var choices: [String]
        /// Which is right, from 0.
        public var right: Int
        /// Why.
        public var why: String
    }

    /// Its number.
    public var id: LessonID
    /// How far it is.
    public var state: State
    /// What it is about.
    public var topic: Topic
    /// The title.
    public var title: String
    /// One sentence.
    public var summary: String
    /// The text, paragraphs between empty lines.
    public var body: String
    /// The months in which it is in season, 1…12; empty is always.
    public var months: [Int]
    /// Categories of reports that make it timely.
    public var categories: [String]
    /// Questions at its end.
    public var quiz: [Question]
    /// Who wrote it.
    public var author: StaffID?
    /// The name at that time.
    public var authorName: String
    /// Who looked it through.
    public var reviewerName: String
    /// When it was changed last.
    public var changedAt: Instant
    /// Since when everybody can read it.
    public var publishedAt: Instant?
    /// When it becomes public by itself, where it was passed and has its time.
    public var publishAt: Instant?
    /// How often its questions were answered; nobody is counted.
    public var quizDone: Int
    /// How often all were right.
    public var quizRight: Int

    static let columns = """
        id, state, topic, title, summary, body, months, categories, quiz, author, author_name, reviewer_name,
        changed_at, published_at, publish_at, quiz_done, quiz_right
        """

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        state = try row.next()
        topic = try row.next()
        title = try row.next()
        summary = try row.next()
        body = try row.next()
        months = try row.next(String.self).split(separator: ",").compactMap { Int($0) }
        categories = try row.next(String.self).split(separator: ",").map(String.init)
        quiz = try JSON.decode([Question].self, Array(try row.next(String.self).utf8))
        author = try row.next()
        authorName = try row.next()
        reviewerName = try row.next()
        changedAt = try row.next()
        publishedAt = try row.next()
        publishAt = try row.next()
        quizDone = try row.next()
        quizRight = try row.next()
    }

    /// A draft.
    init(
        topic: Topic, title: String, summary: String, body: String, months: [Int], categories: [String],
        quiz: [Question], author: StaffID?, authorName: String, at: Instant
    ) {
        id = .next()
        state = .draft
        self.topic = topic
        self.title = title
        self.summary = summary
        self.body = body
        self.months = months
        self.categories = categories
        self.quiz = quiz
        self.author = author
        self.authorName = authorName
        reviewerName = ""
        changedAt = at
        publishedAt = nil
        publishAt = nil
        quizDone = 0
        quizRight = 0
    }

    /// Whether it is in season at that moment.
    public func isInSeason(at now: Instant) -> Bool { months.isEmpty || months.contains(CivilTime(now).month) }

    /// What may be done with it by somebody who reviews, or by somebody who writes.
    func allowed(by caller: Caller) -> [String] {
        var allowed: [String] = []
        let reviews = caller.may(.lessonReview)
        if state == .draft || state == .reviewed || state == .withdrawn { allowed.append("edit") }
        // Who wrote it does not pass it.
        if state == .draft, reviews, author != caller.id { allowed.append("review") }
        if state == .reviewed, reviews { allowed += ["publish", "schedule"] }
        if state == .published, reviews { allowed.append("withdraw") }
        return allowed
    }
}
