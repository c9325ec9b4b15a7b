import Kernel
import Storage

/// Names a walk.
public typealias WalkID = ID<Walk>

/// One walk of a round, planned ahead.
public struct Walk: Sendable, RowDecodable {
    /// How a walk stands at a moment.
    public enum State: String, Sendable, CaseIterable {
        /// Its time has not come.
        case planned
        /// Its time runs.
        case running
        /// Its time is over and points are missing; what comes now is late.
        case late
        /// The time of grace is over too, and a case is open.
        case missed
        /// Every point was visited.
        case done
    }

    /// Which.
    public var id: WalkID
    /// Of which round.
    public var round: RoundID
    /// From when.
    public var startsAt: Instant
    /// Until when.
    public var endsAt: Instant
    /// When what is missing becomes a case.
    public var graceAt: Instant
    /// Whether its points are visited in their order.
    public var isOrdered: Bool
    /// When the last point was visited.
    public var doneAt: Instant?
    /// When it was found that points are missing.
    public var missedAt: Instant?
    /// The case of what is missing.
    public var caseID: CaseID?

    static let columns = "id, round, starts_at, ends_at, grace_at, ordered, done_at, missed_at, case_id"

    init(_ round: Round, from start: Instant) {
        id = .next()
        self.round = round.id
        startsAt = start
        endsAt = start + Int64(round.content.minutes) * 60_000
        graceAt = endsAt + Int64(round.content.grace) * 60_000
        isOrdered = round.content.isOrdered
    }

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        round = try row.next()
        startsAt = try row.next()
        endsAt = try row.next()
        graceAt = try row.next()
        isOrdered = try row.next()
        doneAt = try row.next()
        missedAt = try row.next()
        caseID = try row.next()
    }

    /// How it stands.
    public func state(at now: Instant) -> State {
        if doneAt != nil { return .done }
        if missedAt != nil { return .missed }
        return now < startsAt ? .planned : now < endsAt ? .running : .late
    }
}

/// One point of one walk.
public struct Stop: Sendable, RowDecodable {
    /// How it was shown that somebody was there.
    public enum Way: String, Sendable, CaseIterable {
        /// The code at the place was read.
        case code
        /// The phone was there, and a photo was taken.
        case place
    }

    /// The walk.
    public var walk: WalkID
    /// The point.
    public var point: PointID
    /// Its place in the order.
    public var seq: Int
    /// What the point was called when the walk was planned.
    public var name: String
    /// When somebody was there, by the phone's clock.
    public var at: Instant?
    /// When the centre heard of it.
    public var toldAt: Instant?
    /// Who was there.
    public var staff: StaffID?
    /// Their name.
    public var staffName: String
    /// How it was shown.
    public var way: Way?
    /// How far off the phone was, in metres.
    public var metres: Int?
    /// The photo.
    public var photo: AttachmentID?
    /// What the person wrote.
    public var note: String

    static let columns = "run, point, seq, name, at, told_at, staff, staff_name, way, metres, photo, note"

    /// Milliseconds between a visit and its report from which on it counts as told later.
    static let laterMs: Int64 = 300_000

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        walk = try row.next()
        point = try row.next()
        seq = try row.next()
        name = try row.next()
        at = try row.next()
        toldAt = try row.next()
        staff = try row.next()
        staffName = try row.next()
        way = Way(rawValue: try row.next())
        metres = try row.next()
        photo = try row.next()
        note = try row.next()
    }

    /// Whether the phone kept it for a while: its time is then the phone's word alone.
    public var isToldLater: Bool {
        guard let at, let toldAt else { return false }
        return toldAt - at > Self.laterMs
    }
}
