import Cases
import Kernel
import Notify
import Storage
import Web

extension Permission {
    /// Send lessons to those who answer for the place of a case.
    public static let lessonOffer = Permission("lesson.offer", [.officer, .leader])
}

/// Lessons where an incident makes them timely: on the page of its case, and to who answers for its place.
public struct LessonOffers: Sendable {
    /// Somebody who answers for a place.
    public struct Reader: Sendable, Equatable {
        /// The name that people read.
        public var name: String
        /// Where texts go.
        public var phone: String
        /// `owner` or `key-holder`.
        public var role: String

        /// A reader.
        public init(name: String, phone: String, role: String) {
            self.name = name
            self.phone = phone
            self.role = role
        }
    }

    /// A lesson as other rooms offer it.
    public struct Offer: Sendable, Equatable {
        /// The title.
        public var title: String
        /// One sentence.
        public var summary: String
        /// The page that everybody may read.
        public var path: String
    }

    /// The longest address that a text carries whole.
    static let linkLength = 80
    /// Cases about one place that are looked at for its owner.
    private static let looked = 20

    let cases: CaseDesk
    /// Who answers for a place such as `sites/…`, and what it is called.
    private let place: @Sendable (_ subject: String, any Reading) throws -> (name: String, readers: [Reader])?
    private let outbox = Outbox()

    /// Offers over the desk's cases.
    /// - Parameter place: what a case's subject is called and who answers for it; `nil` for what nobody does.
    public init(
        cases: CaseDesk,
        place: @escaping @Sendable (_ subject: String, any Reading) throws -> (name: String, readers: [Reader])? = {
            _, _ in nil
        }
    ) {
        self.cases = cases
        self.place = place
    }

    /// What the page of a case shows: the lessons that fit it, and the way to send one.
    public func panels(
        _ id: CaseID, _ caller: Caller, in db: any Reading, word: (String) -> String
    ) throws -> [CasePanel] {
        guard caller.may(.lessonOffer), let record = try cases.record(id, in: db) else { return [] }
        let lessons = try fitting(record, at: .now, in: db)
        guard !lessons.isEmpty else { return [] }
        return [
            CasePanel(
                title: word("woodpecker.offer.title"),
                facts: lessons.map { lesson in
                    CasePanel.Fact(label: word("woodpecker.topic.\(lesson.topic.rawValue)"), value: lesson.title)
                }, href: "/lesson-offers/\(id)", link: word("woodpecker.offer.link"))
        ]
    }

    /// What is offered to the owner of a place for what happens or lately happened there.
    public func about(_ subject: String, at now: Instant, in db: any Reading) throws -> [Offer] {
        var filter = CaseFilter()
        filter.subject = subject
        let topics = Set(
            try cases.list(filter, limit: Self.looked, in: db).filter { Timely.isFresh($0, at: now) }.compactMap {
                Timely.topic(of: $0.kind)
            })
        guard !topics.isEmpty else { return [] }
        let all = try LessonStore.published(in: db)
        return topics.sorted { $0.rawValue < $1.rawValue }.flatMap { Timely.fitting(all, $0, at: now) }.map {
            Offer(title: $0.title, summary: $0.summary, path: "/lessons/\($0.id)")
        }
    }

    /// The published lessons that fit a case; none for a test or a drill.
    func fitting(_ record: CaseRecord, at now: Instant, in db: any Reading) throws -> [Lesson] {
        guard record.verdict != .test, record.verdict != .drill, let topic = Timely.topic(of: record.kind) else {
            return []
        }
        return Timely.fitting(try LessonStore.published(in: db), topic, at: now)
    }

    /// Topics of what was verified as real somewhere in the town within two weeks. Nobody learns where.
    func topics(at now: Instant, in db: any Reading) throws -> Set<Lesson.Topic> {
        Set(try cases.kinds(.real, since: now - Timely.spanMs, in: db).compactMap(Timely.topic))
    }

    /// What a case is about, and who answers for it.
    func readers(of record: CaseRecord, in db: any Reading) throws -> (name: String, readers: [Reader]) {
        guard !record.subject.isEmpty, let known = try place(record.subject, db) else { return (record.title, []) }
        return known
    }

    /// Who was sent a lesson for a case.
    func sent(_ id: CaseID, in db: any Reading) throws -> [Message] {
        try outbox.messages(of: id, in: db).filter { $0.subject.hasPrefix("lessons/") }
    }

    /// Sends a lesson's address to those of `roles` who do not have it for this case, and notes it on the case.
    /// - Throws: 404 for a lesson that does not fit, 422 where nobody has such a role, 409 where all were told before.
    /// - Returns: how many are told.
    func send(
        _ lesson: LessonID, of record: CaseRecord, to roles: Set<String>, root: String, by caller: Caller,
        at now: Instant, word: @Sendable (String, [String: String]) -> String, in db: any Writing
    ) throws -> Int {
        guard let lesson = try fitting(record, at: now, in: db).first(where: { $0.id == lesson }) else {
            throw Problem.notFound
        }
        let link = "\(root)/lessons/\(lesson.id)"
        guard link.count <= Self.linkLength else { throw Problem.conflict("woodpecker.offer-address") }
        let place = try readers(of: record, in: db)
        let readers = place.readers.filter { roles.contains($0.role) && !$0.phone.isEmpty }
        guard !readers.isEmpty else { throw Problem.invalid(["to": "required"]) }
        let subject = "lessons/\(lesson.id)"
        let told = Set(try sent(record.id, in: db).filter { $0.subject == subject }.map(\.to.phone))
        let fresh = readers.filter { !told.contains($0.phone) }
        guard !fresh.isEmpty else { throw Problem.conflict("woodpecker.offer-sent") }
        let values = ["site": place.name, "title": lesson.title, "link": link]
        for reader in fresh {
            try outbox.enqueue(
                NewMessage(
                    channel: .sms, to: Recipient(name: reader.name, phone: reader.phone, role: reader.role),
                    text: word("woodpecker.offer.message", values), caseID: record.id, subject: subject,
                    key: "lesson-\(record.id)-\(lesson.id)-\(reader.phone)", at: now,
                    content: MessageContent(kind: "lesson.offer", values: values)), in: db)
        }
        let names = fresh.map(\.name).joined(separator: "、")
        try cases.note(
            word("woodpecker.offer.noted", ["title": lesson.title, "names": names]), on: record.id,
            by: .staff(caller.id, caller.name), at: now, in: db)
        return fresh.count
    }
}
