import Kernel
import Storage

/// What a signal asks the desk to open.
public struct NewCase: Sendable {
    public var kind: CaseKind
    public var severity: Severity
    public var title: String
    public var placeText: String
    public var point: GeoPoint?
    public var area: AreaID?
    /// Such as `sites/01…`; empty where there is none.
    public var subject: String
    public var signal: Signal
    public var at: Instant

    /// A case to be opened.
    public init(
        kind: CaseKind, severity: Severity, title: String, placeText: String, point: GeoPoint? = nil,
        area: AreaID? = nil, subject: String? = nil, signal: Signal, at: Instant
    ) {
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
    public var id: CaseID
    /// The number that people say to each other: the day and a count.
    public var number: String
    public var kind: CaseKind
    public var severity: Severity
    public var phase: CasePhase
    public var title: String
    public var place: String
    public var point: GeoPoint?
    public var area: AreaID?
    public var subject: String
    public var verdict: Verdict?
    public var isSupervised: Bool
    public var isOpen: Bool
    public var dueAt: Instant?
    public var openedAt: Instant
    public var acknowledgedAt: Instant?
    public var dispatchedAt: Instant?
    public var arrivedAt: Instant?
    public var handledAt: Instant?
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
