import Kernel
import Storage
import Web

/// Names a round.
public typealias RoundID = ID<Round>

/// 巡查路线: check points that somebody walks at set times.
public struct Round: Sendable, RowDecodable {
    /// On which days of China's calendar it is walked.
    public enum Days: String, Codable, Sendable, CaseIterable {
        /// Every day.
        case every
        /// Working days, weekend days worked in exchange (调休) included.
        case workdays
        /// Weekends and holidays, less the days worked in exchange.
        case restdays
    }

    /// When it is walked.
    public struct Content: Codable, Sendable, Equatable {
        /// Minutes after midnight in China at which a walk begins, 0…1439, in order, each once.
        public var starts: [Int]
        /// Minutes that a walk may take, 5…720.
        public var minutes: Int
        /// Minutes after its end at which what is missing becomes a case, 0…240.
        public var grace: Int
        /// On which days.
        public var days: Days
        /// Whether the points are walked in their order.
        public var isOrdered: Bool

        /// A content.
        public init(starts: [Int], minutes: Int, grace: Int, days: Days = .every, isOrdered: Bool = false) {
            self.starts = starts
            self.minutes = minutes
            self.grace = grace
            self.days = days
            self.isOrdered = isOrdered
        }
    }

    /// Which.
    public var id: RoundID
    /// What people call it.
    public var name: String
    /// The area whose people see it; `nil` is the whole town.
    public var area: AreaID?
    /// When it is walked.
    public var content: Content
    /// Whether walks are planned.
    public var isActive: Bool
    /// The day (since 1970-01-01) up to which walks were planned; that day itself was not.
    public var plannedTo: Int
    /// When it was last changed.
    public var changedAt: Instant

    static let columns = "id, name, area, content, active, planned_to, changed_at"

    /// A round as it is to be stored.
    public init(
        id: RoundID = .next(), name: String, area: AreaID? = nil, content: Content, isActive: Bool = true,
        at now: Instant
    ) {
        self.id = id
        self.name = name
        self.area = area
        self.content = content
        self.isActive = isActive
        plannedTo = 0
        changedAt = now
    }

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        name = try row.next()
        area = try row.next()
        content = try JSON.decode(Content.self, Array(try row.next(String.self).utf8))
        isActive = try row.next()
        plannedTo = try row.next()
        changedAt = try row.next()
    }
}

/// Names a check point.
public typealias PointID = ID<CheckPoint>

/// 巡查点: a place where somebody shows that they were there.
public struct CheckPoint: Sendable, RowDecodable {
    /// Which.
    public var id: PointID
    /// The round it belongs to.
    public var round: RoundID
    /// Its place in the order, from 1.
    public var seq: Int
    /// What people call it.
    public var name: String
    /// Where.
    public var point: GeoPoint
    /// How far off somebody may be and still count as there, in metres, 10…500.
    public var radius: Int
    /// What stands there, such as `sites/…`; empty where it is only a place.
    public var subject: String
    /// What its printed code says; it never goes to a phone but by the camera.
    public var code: String
    /// Whether it is still walked.
    public var isActive: Bool

    static let columns = "id, round, seq, name, lat, lon, radius, subject, code, active"

    /// A point as it is to be stored.
    public init(
        id: PointID = .next(), round: RoundID, seq: Int, name: String, point: GeoPoint, radius: Int = 50,
        subject: String = "", code: String = CheckPoint.newCode()
    ) {
        self.id = id
        self.round = round
        self.seq = seq
        self.name = name
        self.point = point
        self.radius = radius
        self.subject = subject
        self.code = code
        isActive = true
    }

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        round = try row.next()
        seq = try row.next()
        name = try row.next()
        let (lat, lon): (Double, Double) = (try row.next(), try row.next())
        guard let point = GeoPoint(lat: lat, lon: lon) else { throw StorageError.unexpectedValue("no place") }
        self.point = point
        radius = try row.next()
        subject = try row.next()
        code = try row.next()
        isActive = try row.next()
    }

    /// 80 random bits in letters that nobody mistakes.
    public static func newCode() -> String {
        var system = SystemRandomNumberGenerator()
        return String((0..<16).map { _ in Self.letters.randomElement(using: &system) ?? "0" })
    }

    private static let letters = Array("0123456789abcdefghjkmnpqrstvwxyz")
}
