import Kernel
import Web

/// How much of a value somebody sees.
public enum Sight: Int, Sendable, Comparable, Codable, CaseIterable {
    case hidden, masked, plain

    /// More is greater.
    public static func < (left: Sight, right: Sight) -> Bool { left.rawValue < right.rawValue }
}

/// Who looks: roles, areas, and the records that were opened to this person for a purpose.
public struct Viewer: Sendable {
    /// What the person does in the town.
    public var roles: Set<Role> { didSet { mask = Self.mask(roles) } }
    /// The same as bits: it is asked for every field of every record.
    private var mask: UInt16
    /// The areas the person answers for, with all their parts; `nil` is the whole town.
    public var areas: Set<AreaID>?
    /// Records that were unmasked for a purpose, while it lasts.
    public var opened: Set<RecordID>

    /// A viewer.
    public init(roles: Set<Role>, areas: Set<AreaID>? = nil, opened: Set<RecordID> = []) {
        self.roles = roles
        self.areas = areas
        self.opened = opened
        mask = Self.mask(roles)
    }

    /// Whether the viewer has one of these roles.
    func isOne(of roles: [Role]) -> Bool { mask & Self.mask(roles) != 0 }

    private static func mask(_ roles: some Sequence<Role>) -> UInt16 { roles.reduce(0) { $0 | $1.bit } }
}

extension Role {
    fileprivate var bit: UInt16 {
        switch self {
        case .officer: 1
        case .leader: 2
        case .brigade: 4
        case .patrol: 8
        case .grid: 16
        case .clerk: 32
        case .owner: 64
        case .admin: 128
        case .auditor: 256
        }
    }
}

/// The one place that decides who sees what. Every way out asks it: list, page, search, sort, filter, count, export,
/// event, map, error, history, visit, import's answer.
public enum Policy {
    /// Whom a value is about, as far as the decision depends on it.
    public enum Subject: Sendable, Equatable {
        /// Any record of the category: for columns, sorting and the choice of filters.
        case any
        /// A certain record.
        case record(RecordID, isChild: Bool)
    }

    /// How much of a field's value `viewer` sees.
    public static func sight(
        of field: Field, in category: Category, for viewer: Viewer, subject: Subject = .any
    ) -> Sight {
        let declared: Sight =
            if viewer.isOne(of: field.see.plain) {
                .plain
            } else if viewer.isOne(of: field.see.masked) {
                .masked
            } else {
                .hidden
            }
        guard declared != .hidden, field.guard != .open else { return declared }
        // Opening shows what the viewer's roles may see masked; it never shows what is hidden from them.
        if case .record(let id, _) = subject, viewer.opened.contains(id) { return .plain }
        let isChild =
            if case .record(_, let isChild) = subject { isChild || category.class == .child } else {
                category.class == .child
            }
        // A child's data (PIPL Art. 28, 31) is masked for everybody, and what identifies always is.
        return isChild || field.guard == .identifier ? .masked : declared
    }

    /// Whether any field of the category is seen at all; a category of which nothing is seen does not exist.
    public static func sees(_ category: Category, _ viewer: Viewer) -> Bool {
        category.fields.contains { sight(of: $0, in: category, for: viewer) != .hidden }
    }

    /// Whether a record's area is one that the viewer answers for. A record of no area belongs to the whole town.
    public static func covers(_ viewer: Viewer, area: AreaID?, village: AreaID?) -> Bool {
        guard let areas = viewer.areas else { return true }
        return area.map(areas.contains) == true || village.map(areas.contains) == true
    }

    /// Whether lists may be filtered by a field: only where every value it would tell apart is shown.
    public static func mayFilter(_ field: Field, in category: Category, for viewer: Viewer) -> Bool {
        field.filter == true && sight(of: field, in: category, for: viewer) == .plain
    }

    /// Whether lists may be sorted by the name of their records. An order tells of what is masked, so it needs the
    /// plain sight of every name in it; where children are among the records nobody has that.
    public static func maySortByLabel(_ category: Category, for viewer: Viewer) -> Bool {
        guard let field = category.field(category.label) else { return false }
        let names = category.birth == nil || field.guard == .open
        return names && sight(of: field, in: category, for: viewer) == .plain
    }

    /// What the viewer sees of a record.
    public static func judge(
        _ record: Record, in category: Category, for viewer: Viewer, today: Int
    ) -> JudgedRecord? {
        guard covers(viewer, area: record.area, village: record.village), sees(category, viewer) else { return nil }
        let subject = Subject.record(record.id, isChild: isChild(record.values, category, today: today))
        var shown: [JudgedRecord.Value] = []
        shown.reserveCapacity(category.fields.count)
        for field in category.fields {
            let sight = sight(of: field, in: category, for: viewer, subject: subject)
            guard sight != .hidden else { continue }
            let value = record.values[field.key] ?? ""
            shown.append(
                JudgedRecord.Value(
                    field: field, sight: sight, value: sight == .plain ? value : Mask.apply(value, to: field)))
        }
        let pointSight =
            category.point.flatMap { category.field($0) }.map {
                self.sight(of: $0, in: category, for: viewer, subject: subject)
            } ?? .hidden
        return JudgedRecord(
            id: record.id, category: category, values: shown, area: record.area, village: record.village,
            point: pointSight == .plain ? record.point : nil, facts: record.facts, dueAt: record.dueAt,
            version: record.version, doubts: record.doubts, changedAt: record.changedAt)
    }

    /// Whether the record's subject is under 14 on the day of that number.
    public static func isChild(_ values: FieldValues, _ category: Category, today: Int) -> Bool {
        guard let field = category.birth, let text = values[field], let birth = CivilDate(text) else { return false }
        return birth.age(on: today) < 14
    }
}

/// A record as one viewer sees it: the only form in which it leaves the room.
public struct JudgedRecord: Sendable {
    /// One field of it.
    public struct Value: Sendable {
        /// The field.
        public var field: Field
        /// How much is shown.
        public var sight: Sight
        /// The value, or what the mask leaves of it.
        public var value: String
    }

    /// Its number.
    public var id: RecordID
    /// What it is.
    public var category: Category
    /// The fields that the viewer sees.
    public var values: [Value]
    /// Its smallest area.
    public var area: AreaID?
    /// Its village.
    public var village: AreaID?
    /// Its place, where that is seen plainly.
    public var point: GeoPoint?
    /// Who saw what when.
    public var facts: Facts
    /// When it must be verified again.
    public var dueAt: Instant
    /// Grows with every change.
    public var version: Int64
    /// Contradictions nobody has settled.
    public var doubts: Int64
    /// When it was changed last.
    public var changedAt: Instant

    /// A field's value as the viewer sees it; `nil` where it is hidden.
    public subscript(_ field: String) -> String? { values.first { $0.field.key == field }?.value }

    /// What the record is called, as the viewer may read it.
    public var label: String {
        let text = self[category.label] ?? ""
        return text.isEmpty ? "—" : text
    }

    /// Whether some field is masked for the viewer, so that a purpose would show more.
    public var isMasked: Bool { values.contains { $0.sight == .masked && !$0.value.isEmpty } }
}
