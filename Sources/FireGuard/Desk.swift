import Kernel
import Notify
import Storage

/// What the room needs of the desk: cases, messages, people on duty, places. Every call runs in the caller's
/// transaction.
public protocol Desk: Sendable {
    /// Opens the case of a signal; the same signal gets the same case.
    func openCase(_ new: NewFireCase, in db: any Writing) throws -> CaseID
    /// Joins a signal to an open case.
    func join(_ signalKey: String, text: String, to id: CaseID, at: Instant, in db: any Writing) throws
    /// Raises the severity of a case, 1…4 (highest), never lowers it.
    func raiseSeverity(to severity: Int, reason: String, of id: CaseID, at: Instant, in db: any Writing) throws
    /// Adds a line to the timeline.
    func note(_ text: String, on id: CaseID, by: Person, at: Instant, in db: any Writing) throws
    /// Says that the desk has taken the alarm.
    func acknowledged(_ id: CaseID, by: Person, at: Instant, in db: any Writing) throws
    /// Says what it turned out to be.
    func verified(
        _ id: CaseID, verdict: Alarm.Verdict, by: Person, at: Instant, in db: any Writing) throws
    /// Whether the case is still open.
    func isOpen(_ id: CaseID, in db: any Reading) throws -> Bool

    /// Puts a message into the outbox; one with a known key is there already.
    func tell(_ message: FireMessage, in db: any Writing) throws
    /// Takes back what has not been sent about a subject.
    func withdraw(subject: String, in db: any Writing) throws
    /// Starts the escalation of an alarm that nobody has taken.
    func escalate(
        subject: String, caseID: CaseID, area: AreaID?, text: String, content: MessageContent, at: Instant,
        in db: any Writing) throws
    /// Ends it.
    func endEscalation(subject: String, at: Instant, in db: any Writing) throws

    /// The brigade's people on duty for an area.
    func brigade(area: AreaID?, in db: any Reading) throws -> [Contact]
    /// The smallest area around a point.
    func area(at point: GeoPoint, in db: any Reading) throws -> AreaID?
    /// Appends to the audit log.
    func audit(
        _ action: String, subject: String, by: Person, purpose: String?, at: Instant, in db: any Writing) throws
    /// The catalogue's words in the town's language.
    func word(_ key: String, _ values: [String: String]) -> String
}

/// Who does something.
public enum Person: Sendable, Equatable {
    /// A member of the staff or an owner.
    case staff(StaffID, name: String)
    /// The program itself, with the name of its rule.
    case system(String)

    /// The name for the record.
    public var name: String {
        switch self {
        case .staff(_, let name): name
        case .system(let name): name
        }
    }
}

/// Somebody who can be reached.
public struct Contact: Sendable, Equatable {
    /// The staff's number, where the person is staff.
    public var staff: StaffID?
    /// The name.
    public var name: String
    /// The phone.
    public var phone: String
    /// `owner`, `key-holder` or `brigade`.
    public var role: String

    /// A contact.
    public init(staff: StaffID?, name: String, phone: String, role: String) {
        self.staff = staff
        self.name = name
        self.phone = phone
        self.role = role
    }
}

/// What the desk is asked to open.
public struct NewFireCase: Sendable, Equatable {
    /// Whether it is work on a device rather than a fire.
    public var isWork: Bool
    /// 1 (lowest) … 4 (highest).
    public var severity: Int
    /// The title in the town's language.
    public var title: String
    /// Where, in words.
    public var place: String
    /// Where.
    public var point: GeoPoint?
    /// The area.
    public var area: AreaID?
    /// `sites/…`, where the site is known.
    public var subject: String?
    /// The signal's unique key.
    public var signalKey: String
    /// When.
    public var at: Instant
}

/// A lesson that an owner is offered.
public struct SiteLesson: Sendable, Equatable {
    /// The title.
    public var title: String
    /// One sentence.
    public var summary: String
    /// Its page.
    public var href: String

    /// A lesson.
    public init(title: String, summary: String, href: String) {
        self.title = title
        self.summary = summary
        self.href = href
    }
}

/// What somebody is told.
public struct FireMessage: Sendable, Equatable {
    /// How.
    public enum Channel: String, Sendable {
        /// A text message.
        case sms
        /// A phone call.
        case call
    }

    /// How.
    public var channel: Channel
    /// To whom.
    public var to: Contact
    /// The words.
    public var text: String
    /// The case.
    public var caseID: CaseID?
    /// `alarms/…` or `troubles/…`.
    public var subject: String
    /// The same for the same message.
    public var key: String
    /// When.
    public var at: Instant
    /// What an approved template for it is filled with.
    public var content: MessageContent
}
