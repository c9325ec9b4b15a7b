import Foundation
import Identity
import Kernel
import Logging
import Storage
import Web

/// Cases, tasks, units and their pages.
public struct CasesRoom: Room {
    /// The room's name.
    public let name = "cases"
    /// Its tables.
    public let migrations: [Migration]
    /// What other rooms call.
    public let desk: CaseDesk
    let database: any Database
    let surroundings: CaseSurroundings
    let photos: PhotoStore
    /// Where changes of units are recorded; what happens to a case stands in its own timeline.
    let audit: Audit?
    let logger: Logger

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "cases", bundle: .module) }

    /// Opens the room.
    /// - Parameter folder: the data folder; photos lie in `files` under it.
    public init(
        database: any Database, desk: CaseDesk, surroundings: CaseSurroundings, folder: URL, audit: Audit? = nil,
        logger: Logger
    ) throws {
        migrations = try Self.schema()
        self.desk = desk
        self.database = database
        self.surroundings = surroundings
        self.audit = audit
        self.logger = logger
        photos = try PhotoStore(folder: folder.appendingPathComponent("files"))
    }

    /// Its templates and words.
    public var bundle: Bundle { .module }
    /// The same, for those who need the words before the room is open.
    public static var resources: Bundle { .module }

    /// Cases, units, statistics, the working calendar.
    public var navigation: [NavigationItem] {
        [
            NavigationItem("/cases", key: "cases.nav.cases", icon: "cases", needs: .caseRead, order: 10),
            NavigationItem("/units", key: "cases.nav.units", icon: "units", needs: .caseRead, order: 40),
            NavigationItem("/statistics", key: "cases.nav.statistics", icon: "statistics", needs: .caseRead, order: 50),
            NavigationItem("/calendar", key: "cases.nav.calendar", icon: "clock", needs: .calendarRead, order: 83),
        ]
    }

    /// Pages and API.
    public func routes(_ routes: inout Routes) {
        caseRoutes(&routes)
        moveRoutes(&routes)
        taskRoutes(&routes)
        unitRoutes(&routes)
        unitFormRoutes(&routes)
        photoRoutes(&routes)
        statisticsRoutes(&routes)
        calendarRoutes(&routes)
    }

    /// Makes a unit; for set-up.
    public static func addUnit(name: String, kind: String, phone: String, members: [StaffID], in db: any Writing) throws
    {
        let unit = Unit(id: .next(), name: name, kind: kind, phone: phone, isOffDuty: false)
        try UnitStore.save(unit, members: members, in: db)
    }
}

/// What the pages of a case show that other rooms know.
public struct CaseSurroundings: Sendable {
    /// An area's name.
    public var areaName: @Sendable (AreaID) -> String
    /// The area in which a point lies.
    public var areaAt: @Sendable (GeoPoint) -> AreaID?
    /// A case's alarms, with words from the given catalogue.
    public var alarms: @Sendable (CaseID, any Reading, (String) -> String) throws -> [AlarmView]
    /// Who was told of a case.
    public var messages: @Sendable (CaseID, any Reading, MessageWords) throws -> [MessageView]
    /// A catalogue's words, filled in.
    public typealias MessageWords = (_ key: String, _ values: [String: String]) -> String
    /// Whom a crew may call about a subject such as `sites/…`.
    public var contacts: @Sendable (String, any Reading) throws -> [ContactView]
    /// The moves that are left to the page of a case whose room has rules of its own; `nil` leaves all of them.
    public var moves: @Sendable (CaseID, Caller, any Reading) throws -> Set<CaseMove>?
    /// What a room knows of a case beside its lines, as far as this reader may see it.
    public var panels: @Sendable (CaseID, Caller, any Reading, (String) -> String) throws -> [CasePanel]

    /// Surroundings of a centre.
    public init(
        areaName: @escaping @Sendable (AreaID) -> String,
        areaAt: @escaping @Sendable (GeoPoint) -> AreaID? = { _ in nil },
        alarms: @escaping @Sendable (CaseID, any Reading, (String) -> String) throws -> [AlarmView],
        messages: @escaping @Sendable (CaseID, any Reading, MessageWords) throws -> [MessageView],
        contacts: @escaping @Sendable (String, any Reading) throws -> [ContactView],
        moves: @escaping @Sendable (CaseID, Caller, any Reading) throws -> Set<CaseMove>? = { _, _, _ in nil },
        panels: @escaping @Sendable (CaseID, Caller, any Reading, (String) -> String) throws -> [CasePanel] = {
            _, _, _, _ in []
        }
    ) {
        self.panels = panels
        self.moves = moves
        self.areaName = areaName
        self.areaAt = areaAt
        self.alarms = alarms
        self.messages = messages
        self.contacts = contacts
    }
}

/// What a room shows on the page of a case: a title, facts, and where there is more.
public struct CasePanel: Encodable, Sendable {
    /// One fact.
    public struct Fact: Encodable, Sendable {
        /// What it is.
        public var label: String
        /// How it is.
        public var value: String
        /// A fact.
        public init(label: String, value: String) {
            self.label = label
            self.value = value
        }
    }
    /// The title.
    public var title: String
    /// What is known, in order.
    public var facts: [Fact]
    /// Where there is more.
    public var href: String
    /// The words that lead there.
    public var link: String

    /// A panel.
    public init(title: String, facts: [Fact], href: String, link: String) {
        self.title = title
        self.facts = facts
        self.href = href
        self.link = link
    }
}

/// An alarm as the case shows it.
public struct AlarmView: Encodable, Sendable {
    /// A rule that led to what, in words.
    public struct Reason: Encodable, Sendable {
        /// The rule.
        public var rule: String
        /// The words.
        public var text: String
        /// With its parts.
        public init(rule: String, text: String) {
            self.rule = rule
            self.text = text
        }
    }
    /// Its number.
    public var id: AlarmID
    /// The case.
    public var caseId: CaseID?
    /// What kind it is.
    public var kind: String
    /// Where it stands.
    public var state: String
    /// What it turned out to be.
    public var verdict: String?
    /// How grave, 1…4.
    public var severity: Int
    /// The site.
    public var siteId: SiteID?
    /// The site's name.
    public var siteName: String
    /// Where the detector is, in words.
    public var detectorName: String
    /// The address on the wire.
    public var address: String
    /// Whether nobody registered the address.
    public var unknownPlace: Bool
    /// When it was heard first, RFC 3339.
    public var firstAt: String
    /// When it was heard last, RFC 3339.
    public var lastAt: String
    /// How often.
    public var count: Int
    /// Which rules led to it.
    public var reasons: [Reason]
    /// Where.
    public var location: GeoPoint?

    /// An alarm's view.
    public init(
        id: AlarmID, caseId: CaseID?, kind: String, state: String, verdict: String?, severity: Int, siteId: SiteID?,
        siteName: String, detectorName: String, address: String, unknownPlace: Bool, firstAt: String, lastAt: String,
        count: Int, reasons: [Reason], location: GeoPoint?
    ) {
        self.id = id
        self.caseId = caseId
        self.kind = kind
        self.state = state
        self.verdict = verdict
        self.severity = severity
        self.siteId = siteId
        self.siteName = siteName
        self.detectorName = detectorName
        self.address = address
        self.unknownPlace = unknownPlace
        self.firstAt = firstAt
        self.lastAt = lastAt
        self.count = count
        self.reasons = reasons
        self.location = location
    }
}

/// Who was told, and how far that came.
public struct MessageView: Encodable, Sendable {
    /// To whom.
    public var to: String
    /// How: `sms` or `call`.
    public var channel: String
    /// Where it stands.
    public var state: String
    /// When.
    public var at: String
    /// In which role, as the catalogue's word.
    public var role: String
    /// What was said.
    public var text: String
    /// What happened to it, in order.
    public var trail: [Step]

    /// One thing that happened to a message.
    public struct Step: Encodable, Sendable {
        /// When.
        public var at: String
        /// What, in the reader's words.
        public var text: String

        /// A step.
        public init(at: String, text: String) {
            self.at = at
            self.text = text
        }
    }

    /// A message's view.
    public init(to: String, channel: String, state: String, at: String, role: String, text: String, trail: [Step]) {
        self.role = role
        self.text = text
        self.trail = trail
        self.to = to
        self.channel = channel
        self.state = state
        self.at = at
    }
}

/// Somebody a crew may call.
public struct ContactView: Encodable, Sendable {
    /// The name that people read.
    public var name: String
    /// The phone.
    public var phone: String

    /// A contact.
    public init(name: String, phone: String) {
        self.name = name
        self.phone = phone
    }
}
