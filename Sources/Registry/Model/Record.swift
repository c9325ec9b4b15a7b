import Kernel
import Storage

/// Names a record.
public typealias RecordID = ID<Record>

/// One record as it is stored. It never leaves the room: pages, answers and files are made of ``JudgedRecord``.
public struct Record: Sendable, RowDecodable {
    var id: RecordID
    var category: String
    var area: AreaID?
    var village: AreaID?
    var point: GeoPoint?
    var values: FieldValues
    var facts: Facts
    var dueAt: Instant
    var version: Int64
    var doubts: Int64
    var createdAt: Instant
    var changedAt: Instant

    static let columns = """
        r.id, r.category, r.area, r.village, r.lat, r.lon, r.data, r.facts, r.due_at, r.version, r.doubts,
        r.created_at, r.changed_at
        """

    /// Reads ``columns``.
    public init(row: inout Row) throws {
        id = try row.next()
        category = try row.next()
        area = try row.next()
        village = try row.next()
        let (lat, lon) = (try row.next(Double?.self), try row.next(Double?.self))
        if let lat, let lon { point = GeoPoint(lat: lat, lon: lon) } else { point = nil }
        values = FieldValues(json: try row.next())
        facts = Facts(json: try row.next())
        dueAt = try row.next()
        version = try row.next()
        doubts = try row.next()
        createdAt = try row.next()
        changedAt = try row.next()
    }

    init(
        id: RecordID = .next(), category: String, area: AreaID?, village: AreaID?, point: GeoPoint?,
        values: FieldValues, facts: Facts, dueAt: Instant, at: Instant
    ) {
        self.id = id
        self.category = category
        self.area = area
        self.village = village
        self.point = point
        self.values = values
        self.facts = facts
        self.dueAt = dueAt
        version = 1
        doubts = 0
        createdAt = at
        changedAt = at
    }
}

/// Where a value came from.
public enum Source: String, Sendable, Codable, CaseIterable {
    /// A table of an office.
    case `import`
    /// Somebody who went there.
    case visit
    /// A department at its desk.
    case department
    /// The person concerned.
    case oneself = "self"
}

/// Who saw a value, when, and who verified it last.
public struct Fact: Sendable, Hashable, Codable {
    /// Where it came from.
    public var source: Source
    /// When it was seen first, in milliseconds since 1970.
    public var seenAt: Int64
    /// By whom.
    public var seenBy: String
    /// When it was verified last, or 0.
    public var verifiedAt: Int64
    /// By whom.
    public var verifiedBy: String
    /// Whether somebody has said that it is wrong.
    public var isDisputed: Bool

    enum CodingKeys: String, CodingKey {
        case source = "s"
        case seenAt = "o"
        case seenBy = "b"
        case verifiedAt = "v"
        case verifiedBy = "w"
        case isDisputed = "x"
    }

    /// A fact as it was first seen.
    public init(source: Source, seenAt: Instant, seenBy: String, verifiedAt: Instant? = nil, verifiedBy: String = "") {
        self.source = source
        self.seenAt = seenAt.ms
        self.seenBy = seenBy
        self.verifiedAt = verifiedAt?.ms ?? 0
        self.verifiedBy = verifiedBy
        isDisputed = false
    }

    /// When it must be verified again.
    /// - Parameter days: how long it holds.
    public func due(after days: Int) -> Instant {
        Instant(ms: max(seenAt, verifiedAt) + Int64(days) * CivilTime.dayMs)
    }

    /// How far it can be relied on.
    public func status(at now: Instant, days: Int) -> FactStatus {
        if isDisputed { return .disputed }
        if due(after: days) <= now { return .stale }
        return verifiedAt > 0 ? .verified : .unverified
    }
}

/// How far a value can be relied on.
public enum FactStatus: String, Sendable, Codable, CaseIterable {
    case unverified, verified, disputed, stale
}

/// The facts about a record's fields. Most come in together, so one stands for all that have none of their own.
public struct Facts: Sendable, Hashable {
    /// What holds for a field without its own.
    public var common: Fact
    /// Fields that were seen or verified by themselves.
    public private(set) var own: [String: Fact]

    /// All fields seen together.
    public init(_ common: Fact) {
        self.common = common
        own = [:]
    }

    /// The fact about a field.
    public subscript(_ field: String) -> Fact {
        get { own[field] ?? common }
        set { own[field] = newValue == common ? nil : newValue }
    }

    /// The earliest moment at which a field that has a value falls due.
    public func due(_ category: Category, _ values: FieldValues) -> Instant {
        var first: Instant?
        // By index: a field is a large value, and this is asked for every record of a table.
        for index in category.fields.indices where values[category.fields[index].key] != nil {
            let days = category.fields[index].verifyDays ?? category.verifyDays
            let fact = own.isEmpty ? common : self[category.fields[index].key]
            let due = fact.due(after: days)
            first = min(first ?? due, due)
        }
        return first ?? common.due(after: category.verifyDays)
    }

    /// As stored.
    var json: String {
        var text = "{\"*\":" + Self.text(common)
        for (field, fact) in own.sorted(by: { $0.key < $1.key }) { text += ",\"\(field)\":" + Self.text(fact) }
        return text + "}"
    }

    private static func text(_ fact: Fact) -> String {
        var names: [UInt8] = []
        FlatJSON.write(fact.seenBy, to: &names)
        names += Array(",\"w\":".utf8)
        FlatJSON.write(fact.verifiedBy, to: &names)
        return "{\"s\":\"\(fact.source.rawValue)\",\"o\":\(fact.seenAt),\"v\":\(fact.verifiedAt),"
            + "\"x\":\(fact.isDisputed),\"b\":\(String(decoding: names, as: UTF8.self))}"
    }

    /// Reads what ``json`` wrote; what cannot be read counts as seen by nobody, long ago.
    init(json: String) {
        self.init(Fact(source: .import, seenAt: Instant(ms: 0), seenBy: ""))
        for (field, fact) in FactsJSON.read(json) ?? [] { if field == "*" { common = fact } else { own[field] = fact } }
    }
}
