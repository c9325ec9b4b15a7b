import Cases
import Kernel
import Storage
import Web

/// Marks identifiers of plans.
public enum PlanMark {}
/// Names one version of a plan.
public typealias PlanID = ID<PlanMark>

/// 预案: what is to be done when a kind of case opens. A change makes a new version; a case keeps the one that was in
/// force when it opened.
public struct Plan: Sendable, RowDecodable {
    /// One thing to do.
    public struct Step: Codable, Sendable, Equatable {
        /// What.
        public var text: String
        /// Minutes after the opening within which it is to be done; 0 is none.
        public var minutes: Int

        /// A step.
        public init(_ text: String, minutes: Int = 0) {
            self.text = text
            self.minutes = minutes
        }

        /// Reads `5 切断电源`: minutes, where there are any, then the words.
        public init?(line: some StringProtocol) {
            let line = line.drop(while: \.isWhitespace)
            let digits = line.prefix(while: { ("0"..."9").contains($0) })
            let rest = line.dropFirst(digits.count)
            var text = String(line)
            minutes = 0
            if !digits.isEmpty, digits.count <= 4, rest.first?.isWhitespace == true, let number = Int(digits) {
                minutes = number
                text = String(rest)
            }
            while text.last?.isWhitespace == true { text.removeLast() }
            self.text = String(text.drop(while: \.isWhitespace))
            if self.text.isEmpty { return nil }
        }

        /// As ``init(line:)`` reads it.
        public var line: String { minutes > 0 ? "\(minutes) \(text)" : text }
    }

    /// What it holds beside its name and kind; stored as JSON.
    public struct Content: Codable, Sendable, Equatable {
        /// What is to be done, in this order.
        public var steps: [Step]
        /// Who acts; the page shows who of them is on duty.
        public var roles: [String]
        /// Whom else to call, a line each.
        public var contacts: [String]
        /// What to bring and where it lies, a line each.
        public var materials: [String]

        /// A plan's content.
        public init(steps: [Step], roles: [String], contacts: [String] = [], materials: [String] = []) {
            self.steps = steps
            self.roles = roles
            self.contacts = contacts
            self.materials = materials
        }
    }

    /// This version.
    public var id: PlanID
    /// The first version; all versions of a plan share it.
    public var family: PlanID
    /// What people call it.
    public var name: String
    /// The kind of case it is for.
    public var kind: CaseKind
    /// The least severity of a case that it opens with.
    public var severity: Severity
    /// The rest.
    public var content: Content
    /// In force from.
    public var from: Instant
    /// In force until; `nil` while it is.
    public var until: Instant?

    static let columns = "id, family, name, kind, severity, content, from_at, until_at"

    /// A first version, in force from now.
    public init(name: String, kind: CaseKind, severity: Severity, content: Content, from: Instant) {
        id = .next()
        family = id
        self.name = name
        self.kind = kind
        self.severity = severity
        self.content = content
        self.from = from
    }

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        family = try row.next()
        name = try row.next()
        let (kind, severity): (String, Int64) = (try row.next(), try row.next())
        guard let kind = CaseKind(rawValue: kind), let severity = Severity(rawValue: Int(severity)) else {
            throw StorageError.unexpectedValue("a plan of an unknown kind")
        }
        self.kind = kind
        self.severity = severity
        content = try JSON.decode(Content.self, Array(try row.next(String.self).utf8))
        from = try row.next()
        until = try row.next()
    }

    /// The one of `plans` that a case opens with: of its kind, in force when it opened, and of those the one made for
    /// the gravest cases that still covers it.
    static func opening(
        with kind: CaseKind, severity: Severity, at opened: Instant, among plans: [Plan]
    ) -> Plan? {
        plans.filter { plan in
            plan.kind == kind && plan.severity <= severity && plan.from <= opened
                && plan.until.map { $0 > opened } ?? true
        }.max { ($0.severity, $1.id) < ($1.severity, $0.id) }
    }
}

/// A step that somebody did.
struct Tick: Sendable, RowDecodable {
    var step: Int
    var at: Instant
    var name: String
    var note: String

    init(step: Int, at: Instant, name: String, note: String) {
        self.step = step
        self.at = at
        self.name = name
        self.note = note
    }

    init(row: inout Row) throws {
        step = Int(try row.next(Int64.self))
        at = try row.next()
        name = try row.next()
        note = try row.next()
    }
}
