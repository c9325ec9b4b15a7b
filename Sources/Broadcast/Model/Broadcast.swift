import CAP
import Kernel
import Storage

/// Something that the town says to its people or to other centres (应急广播).
public struct Broadcast: Sendable, Equatable {
    /// Where it stands.
    public enum State: String, Sendable, CaseIterable {
        /// Written, and heard by nobody.
        case draft
        /// Said, and in force.
        case issued
        /// Over: cancelled, or its time has run out.
        case ended
    }

    /// What it says, as a person writes it.
    public struct Content: Sendable, Equatable {
        /// Whether it is meant.
        public var status: Alert.Status
        /// For whom.
        public var scope: Alert.Scope
        /// What happens, in a word.
        public var event: String
        /// What kind of hazard.
        public var category: Info.Category
        /// How grave.
        public var severity: Info.Severity
        /// How soon.
        public var urgency: Info.Urgency
        /// How sure.
        public var certainty: Info.Certainty
        /// In a line, up to 60 characters.
        public var headline: String
        /// At length, up to 2,000 characters.
        public var text: String
        /// What to do, up to 1,000 characters.
        public var instruction: String
        /// Where it holds; none is the whole town.
        public var areas: [AreaID]
        /// The case that it is about.
        public var caseID: CaseID?
        /// Hours for which it holds from its issue, 1…168.
        public var hours: Int64
    }

    /// Its number.
    public var id: ID<Broadcast>
    /// Its name on the wire, given when it is issued.
    public var identifier: String?
    /// What it does to an earlier one.
    public var kind: Alert.Kind
    /// The earlier one.
    public var earlier: ID<Broadcast>?
    /// What it says.
    public var content: Content
    /// When it was written.
    public var createdAt: Instant
    /// Who wrote it.
    public var createdBy: StaffID
    /// The writer's name.
    public var createdName: String
    /// When it was issued.
    public var issuedAt: Instant?
    /// Who issued it.
    public var issuedBy: StaffID?
    /// The issuer's name.
    public var issuedName: String
    /// When it was cancelled.
    public var endedAt: Instant?

    /// Until when it holds, once issued.
    public var expiresAt: Instant? { issuedAt.map { $0 + content.hours * 3_600_000 } }

    /// Where it stands at a moment.
    public func state(at now: Instant) -> State {
        guard let expiresAt else { return .draft }
        return endedAt != nil || expiresAt <= now ? .ended : .issued
    }
}

extension Broadcast: RowDecodable {
    static let columns = """
        id, identifier, kind, earlier, status, scope, event, category, severity, urgency, certainty, headline, text,
        instruction, areas, case_id, hours, created_at, created_by, created_name, issued_at, issued_by, issued_name,
        ended_at
        """

    /// Reads ``columns``.
    public init(row: inout Row) throws {
        id = try row.next()
        identifier = try row.next()
        kind = Alert.Kind(rawValue: try row.next()) ?? .alert
        earlier = try row.next()
        content = Content(
            status: Alert.Status(rawValue: try row.next()) ?? .exercise,
            scope: Alert.Scope(rawValue: try row.next()) ?? .restricted, event: try row.next(),
            category: Info.Category(rawValue: try row.next()) ?? .other,
            severity: Info.Severity(rawValue: try row.next()) ?? .unknown,
            urgency: Info.Urgency(rawValue: try row.next()) ?? .unknown,
            certainty: Info.Certainty(rawValue: try row.next()) ?? .unknown, headline: try row.next(),
            text: try row.next(), instruction: try row.next(),
            areas: try row.next(String.self).split(separator: " ").compactMap { AreaID(String($0)) },
            caseID: try row.next(), hours: try row.next())
        createdAt = try row.next()
        createdBy = try row.next()
        createdName = try row.next()
        issuedAt = try row.next()
        issuedBy = try row.next()
        issuedName = try row.next()
        endedAt = try row.next()
    }
}
