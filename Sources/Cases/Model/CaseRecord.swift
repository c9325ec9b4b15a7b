import Kernel
import Storage

/// What a signal asks the desk to open.
public struct NewCase: Sendable {
    /// What kind it is.
    public var kind: CaseKind
    /// How grave, 1…4.
    public var severity: Severity
    /// What it is called on the screen.
    public var title: String
    /// Where, in words.
    public var placeText: String
    /// Where.
    public var point: GeoPoint?
    /// The area it lies in.
    public var area: AreaID?
    /// Such as `sites/01…`; empty where there is none.
    public var subject: String
    /// What was noticed.
    public var signal: Signal
    /// When.
    public var at: Instant
    /// The number that it gets, where a number may not tell the moment; `nil` makes one.
    public var id: CaseID?

    /// A case to be opened.
    public init(
        kind: CaseKind, severity: Severity, title: String, placeText: String, point: GeoPoint? = nil,
        area: AreaID? = nil, subject: String? = nil, signal: Signal, at: Instant, id: CaseID? = nil
    ) {
        self.id = id
        self.kind = kind
        self.severity = severity
        self.title = title
        self.placeText = placeText
        self.point = point
        self.area = area
        self.subject = subject ?? ""
        self.signal = signal
        self.at = at
    }
}

/// What was noticed, once: source and key are unique together.
public struct Signal: Sendable, Equatable {
    /// The room that heard it.
    public var source: String
    /// Unique within the source.
    public var key: String

    /// A signal.
    public init(source: String, key: String) {
        self.source = source
        self.key = key
    }
}

/// A case as lists show it: the projection of its timeline.
public struct CaseRecord: Sendable, RowDecodable {
    /// Its number.
    public var id: CaseID
    /// The number that people say to each other: the day and a count.
    public var number: String
    /// What kind it is.
    public var kind: CaseKind
    /// How grave, 1…4.
    public var severity: Severity
    /// Where it stands.
    public var phase: CasePhase
    /// What it is called on the screen.
    public var title: String
    /// Where, in words.
    public var place: String
    /// Where.
    public var point: GeoPoint?
    /// The area it lies in.
    public var area: AreaID?
    /// What it is about, such as `sites/…`; empty where there is nothing.
    public var subject: String
    /// What it turned out to be.
    public var verdict: Verdict?
    /// Whether a leader watches it.
    public var isSupervised: Bool
    /// Whether more is expected.
    public var isOpen: Bool
    /// When a clock runs out.
    public var dueAt: Instant?
    /// When it was opened.
    public var openedAt: Instant
    /// When the desk took it.
    public var acknowledgedAt: Instant?
    /// When a unit was sent first.
    public var dispatchedAt: Instant?
    /// When a unit was there first.
    public var arrivedAt: Instant?
    /// When it was handled.
    public var handledAt: Instant?
    /// When it was closed.
    public var closedAt: Instant?
    /// Lines in the timeline.
    public var entries: Int

    static let columns = """
        id, number, kind, severity, state, title, place, lat, lon, area, subject, verdict, supervised, is_open, due_at,
        opened_at, acknowledged_at, dispatched_at, arrived_at, handled_at, closed_at, entries
        """

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = CaseID(rawValue: try row.next())
        number = try row.next()
        kind = CaseKind(rawValue: try row.next()) ?? .other
        severity = Severity(rawValue: Int(try row.next(Int64.self))) ?? .minor
        phase = CasePhase(rawValue: try row.next()) ?? .open
        title = try row.next()
        place = try row.next()
        let lat = try row.next(Double?.self)
        let lon = try row.next(Double?.self)
        if let lat, let lon { point = GeoPoint(lat: lat, lon: lon) }
        area = try row.next(Int64?.self).map(AreaID.init(rawValue:))
        subject = try row.next()
        verdict = Verdict(rawValue: try row.next())
        isSupervised = try row.next(Int64.self) == 1
        isOpen = try row.next(Int64.self) == 1
        dueAt = try row.next()
        openedAt = try row.next()
        acknowledgedAt = try row.next()
        dispatchedAt = try row.next()
        arrivedAt = try row.next()
        handledAt = try row.next()
        closedAt = try row.next()
        entries = Int(try row.next(Int64.self))
    }

    /// Whether a clock has run out.
    public func isOverdue(at now: Instant) -> Bool { isOpen && (dueAt.map { $0 < now } ?? false) }
}
