import Kernel
import Storage

/// Marks identifiers of reports.
public enum ReportMark {}
/// Names a report.
public typealias ReportID = ID<ReportMark>

/// What a reporter lets be known.
public enum Level: String, Sendable, Codable, CaseIterable, SQLConvertible {
    /// Name and phone are known to those who handle it.
    case named
    /// They are known to the centre's desk, and not handed on to departments.
    case confidential
    /// Nobody is asked, nothing is kept.
    case anonymous
}

/// Which way a report came.
public enum Way: String, Sendable, Codable, CaseIterable, SQLConvertible {
    case web, wechat, open311
}

/// What became of it, in honest words.
public enum Outcome: String, Sendable, Codable, CaseIterable {
    /// It is put right.
    case fixed
    /// It will be, and when is said.
    case planned
    /// It cannot be, and why is said.
    case impossible
    /// Others answer for it, and who is said.
    case notOurs = "not-ours"
    /// It is known and handled under another report.
    case duplicate
    /// It is not taken up (不予受理), and why is said.
    case rejected

    /// What can be said at the end of handling; the others come of moves of their own.
    static let ofHandling: [Outcome] = [.fixed, .planned, .impossible, .notOurs]
}

/// What a reporter says of the outcome.
public enum Rating: String, Sendable, Codable, CaseIterable {
    case satisfied, acceptable, dissatisfied
}

/// What a report says; stored sealed, all of it in one piece.
public struct ReportContent: Sendable, Codable, Equatable {
    /// The reporter's words.
    public var words: String
    /// Answers to the category's questions by their codes.
    public var answers: [String: [String]]
    /// Where, in words.
    public var place: String
    /// Where exactly.
    public var point: GeoPoint?
    /// Who, where said.
    public var name: String?
    /// How to reach them, where said.
    public var phone: String?

    /// What a reporter wrote.
    public init(
        words: String, answers: [String: [String]] = [:], place: String = "", point: GeoPoint? = nil,
        name: String? = nil, phone: String? = nil
    ) {
        self.words = words
        self.answers = answers
        self.place = place
        self.point = point
        self.name = name
        self.phone = phone
    }
}

/// A report as far as it stands in the clear.
public struct Report: Sendable, RowDecodable {
    /// Its number; tells the hour of its coming and no more, unless it is a named one.
    public var id: ReportID
    /// What the reporter lets be known.
    public var level: Level
    /// Which way it came.
    public var channel: Way
    /// The category's code.
    public var category: String
    /// The area.
    public var area: AreaID?
    /// The case that it opened or joined.
    public var caseID: CaseID
    /// When it came, to the hour unless it is a named one.
    public var receivedAt: Instant
    /// How many photos came with it.
    public var photos: Int
    /// Whether the reporter agrees that the outcome is shown to everybody.
    public var mayPublish: Bool
    /// Whether nothing more is taken with its receipt.
    public var isMuted: Bool
    /// What the reporter said of the outcome.
    public var rating: Rating?
    /// When its content was destroyed.
    public var erasedAt: Instant?

    static let columns = """
        id, level, channel, category, area, case_id, received_at, photos, may_publish, muted, rating, erased_at
        """

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        level = try row.next()
        channel = try row.next()
        category = try row.next()
        area = try row.next()
        caseID = try row.next()
        receivedAt = try row.next()
        photos = try row.next()
        mayPublish = try row.next()
        isMuted = try row.next()
        rating = Rating(rawValue: try row.next())
        erasedAt = try row.next()
    }
}

/// What was said between a reporter and those who handle the report; the words are sealed.
public struct ReportMessage: Sendable, RowDecodable {
    /// Who wrote it.
    public enum Sender: String, Sendable, SQLConvertible { case citizen, department, desk }
    /// What it is.
    public enum Kind: String, Sendable, SQLConvertible {
        case question, answer, reply, outcome
        /// The reporter says that it is not fixed.
        case notFixed = "not-fixed"
        /// A word among those who handle it; the reporter never sees it.
        case note
        /// What a call back to the reporter gave; the reporter never sees it here.
        case callBack = "call-back"

        /// Whether the reporter reads it.
        var isForReporter: Bool { self != .note && self != .callBack }
    }

    /// Its number.
    public var id: ID<ReportMessage>
    /// The report.
    public var report: ReportID
    /// When; a citizen's to the hour, unless it is a named report.
    public var at: Instant
    /// Who wrote it.
    public var sender: Sender
    /// What it is.
    public var kind: Kind
    /// The words, sealed.
    public var body: [UInt8]

    static let columns = "id, report, at, sender, kind, body"

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        report = try row.next()
        at = try row.next()
        sender = try row.next()
        kind = try row.next()
        body = try row.next()
    }
}

/// What a case of reports is to the room.
public struct ReportCase: Sendable, RowDecodable {
    /// The case.
    public var id: CaseID
    /// The category's code.
    public var category: String
    /// The area.
    public var area: AreaID?
    /// Where, on a grid of about 100 m.
    public var point: GeoPoint?
    /// The holder that the reports are about, which never handles them; empty where there is none.
    public var about: String
    /// Who has it.
    public var department: DepartmentID?
    /// When it was opened.
    public var openedAt: Instant
    /// When the citizen's time runs out.
    public var dueAt: Instant
    /// When a first word is due.
    public var answerDueAt: Instant
    /// When a department got it.
    public var handedAt: Instant?
    /// When the reporter was first answered.
    public var answeredAt: Instant?
    /// What became of it.
    public var outcome: Outcome?
    /// When the outcome was said.
    public var finishedAt: Instant?
    /// How often a department gave it back.
    public var returns: Int
    /// How often its time was extended.
    public var extensions: Int
    /// How often a reporter was not helped.
    public var reopened: Int
    /// Whether a reporter wrote last.
    public var waits: Bool
    /// What everybody may read of it.
    public var publicWords: String
    /// Since when.
    public var publishedAt: Instant?
    /// When the citizen's time ran out as it was promised first; the rates count by it.
    public var firstDueAt: Instant
    /// Working days that were granted in all.
    public var extendedDays: Int
    /// How often it was suspended.
    public var suspensions: Int

    static let columns = """
        case_id, category, area, lat, lon, about, department, opened_at, due_at, answer_due_at, handed_at, answered_at,
        outcome, finished_at, returns, extensions, reopened, waits, public_words, published_at, first_due_at,
        extended_days, suspensions
        """

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        category = try row.next()
        area = try row.next()
        let lat = try row.next(Double?.self)
        let lon = try row.next(Double?.self)
        if let lat, let lon { point = GeoPoint(lat: lat, lon: lon) }
        about = try row.next()
        department = try row.next()
        openedAt = try row.next()
        dueAt = try row.next()
        answerDueAt = try row.next()
        handedAt = try row.next()
        answeredAt = try row.next()
        outcome = Outcome(rawValue: try row.next())
        finishedAt = try row.next()
        returns = try row.next()
        extensions = try row.next()
        reopened = try row.next()
        waits = try row.next()
        publicWords = try row.next()
        publishedAt = try row.next()
        firstDueAt = try row.next()
        extendedDays = try row.next()
        suspensions = try row.next()
    }
}
