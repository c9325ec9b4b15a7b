import Foundation
import Kernel
import Logging
import MQTT
import ServiceLifecycle
import Storage
import Web

/// The fire room (智慧烟感): sites, detectors and their gateways, alarms from the first frame to the reset.
///
/// It needs a store and a ``Desk``; it offers routes, workers and, to whoever tests or simulates, ``ingest``.
public struct FireGuard: Room {
    /// What can be set from outside.
    public struct Configuration: Sendable {
        /// An area's name, for the pages.
        public var areaName: @Sendable (AreaID) -> String = { _ in "" }
        /// The address under which others reach the centre, for what platforms push to; `nil` is its own.
        public var publicURL: String?
        /// The GB/T 26875.3 server; `nil` leaves it out.
        public var gb26875: UITDConfiguration? = UITDConfiguration()
        /// The broker to listen to; `nil` leaves it out.
        public var broker: MQTTConfiguration?
        /// Which topics mean what.
        public var topics: [TopicRule] = []
        /// When each day the ways in are tried, in minutes after midnight in China; `nil` is
        /// only when somebody asks.
        public var trialMinute: Int? = nil
        /// Posts to the centre's own address as others reach it: path, headers, body. Gives the status, or `nil` where
        /// nobody answered.
        public var post: @Sendable (String, [(String, String)], [UInt8]) async -> Int? = { _, _, _ in nil }
        /// Lessons that fit what happens or lately happened at a site.
        public var lessons: @Sendable (SiteID, any Reading) throws -> [SiteLesson] = { _, _ in [] }
        /// How alarms are judged.
        public var rules = AlarmRules()

        /// The usual settings, without a broker.
        public init() {}
    }

    /// The room's name.
    public let name = "fire"
    /// Its schema, in order.
    public let migrations: [Migration]
    /// Where all gateways hand over what they hear.
    public let ingest: Ingest
    let database: any Database
    let desk: any Desk
    private let configuration: Configuration
    private let logger: Logger
    private let presence = Presence()
    private let directory = GatewayDirectory()
    private let watch: SilenceWatch
    let server: UITDServer
    private let brokerState: BrokerState
    private let trials: GatewayTrials
    let loopback: Loopback

    /// The room over a store and a desk.
    /// - Throws: ``StorageError/schema(_:)`` when its schema cannot be read.
    public init(
        database: any Database, desk: any Desk, configuration: Configuration = Configuration(), logger: Logger,
        listening: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        migrations = try Self.schema()
        self.database = database
        self.desk = desk
        self.configuration = configuration
        self.logger = logger
        ingest = Ingest(database: database, desk: desk, rules: configuration.rules, presence: presence)
        watch = SilenceWatch(database: database, desk: desk, presence: presence, logger: logger)
        server = UITDServer(
            configuration.gb26875 ?? UITDConfiguration(), ingest: ingest, directory: directory, logger: logger,
            started: listening)
        brokerState = BrokerState(
            place: configuration.topics.isEmpty ? nil : configuration.broker.map { "\($0.host):\($0.port)" },
            logger: logger)
        let topics = configuration.topics
        loopback = Loopback(
            server: configuration.gb26875 == nil ? nil : server,
            broker: topics.isEmpty ? nil : configuration.broker.map { ($0, topics) }, post: configuration.post)
        trials = GatewayTrials(
            minute: configuration.trialMinute, over: loopback, database: database, desk: desk, logger: logger)
    }

    /// How long devices' own bytes are kept; alarms stay.
    public static func retention(signalDays: Int64) -> Retention {
        Retention(name: "signals", days: signalDays) { before, limit, db in
            try SignalStore.prune(before: before, limit: limit, in: db)
        }
    }

    /// The room's schema, in order.
    public static func schema() throws(StorageError) -> [Migration] {
        try Migration.load(room: "fire", bundle: .module)
    }

    /// Its templates, catalogues and schema.
    public var bundle: Bundle { Self.resources }
    /// The same, for those who need the words before the room is open.
    public static var resources: Bundle { .module }

    /// Alarms, sites, detectors, gateways, inspections.
    public var navigation: [NavigationItem] {
        [
            NavigationItem("/mine", key: "fire.nav.mine", icon: "desk", needs: .alarmAnswer, order: 1),
            NavigationItem("/alarms", key: "fire.nav.alarms", icon: "alarms", needs: .alarmRead, order: 20),
            NavigationItem("/sites", key: "fire.nav.sites", icon: "sites", needs: .siteRead, order: 21),
            NavigationItem("/detectors", key: "fire.nav.detectors", icon: "detectors", needs: .detectorRead, order: 22),
            NavigationItem("/gateways", key: "fire.nav.gateways", icon: "gateways", needs: .siteWrite, order: 23),
            NavigationItem("/inspections", key: "fire.nav.inspections", icon: "check", needs: .siteRead, order: 24),
        ]
    }

    /// Its ways in.
    public func routes(_ routes: inout Routes) {
        AlarmRoutes(desk: desk).add(to: &routes)
        CaseFormRoutes(desk: desk).add(to: &routes)
        SiteRoutes(desk: desk).add(to: &routes)
        let register = DeviceRegister(desk: desk, directory: directory, watch: watch)
        DeviceRoutes(register: register, presence: presence, broker: brokerState).add(to: &routes)
        RollCallRoutes(rollCalls: RollCalls(database: database, server: server)).add(to: &routes)
        GatewayTrialRoutes(trials: trials).add(to: &routes)
        InspectionRoutes().add(to: &routes)
        DeviceForms(register: register, publicURL: configuration.publicURL).add(to: &routes)
        PushRoutes(ingest: ingest).add(to: &routes)
        let areaName = configuration.areaName
        SiteListPage(areaName: areaName).add(to: &routes)
        SiteFormPage(desk: desk).add(to: &routes)
        SitePage(presence: presence, areaName: areaName).add(to: &routes)
        SiteActions(desk: desk).add(to: &routes)
        DevicePages(presence: presence, broker: brokerState, trials: trials).add(to: &routes)
        AlarmListPage().add(to: &routes)
        OwnerPage(desk: desk, presence: presence, lessons: configuration.lessons).add(to: &routes)
    }

    /// Its servers and workers.
    public func services() -> [any Service] {
        var services: [any Service] = [
            DirectoryLoader(directory: directory, database: database), watch, trials,
            Housekeeping(database: database, desk: desk, logger: logger),
        ]
        if configuration.gb26875 != nil {
            services += [server, RollCallCourier(database: database, server: server, logger: logger)]
        }
        if let broker = configuration.broker, !configuration.topics.isEmpty {
            services.append(
                BrokerGateway(
                    broker, rules: configuration.topics, ingest: ingest, database: database, state: brokerState,
                    logger: logger))
        }
        return services
    }
}

/// Reads the register of gateways, at the start and, for what other nodes and imports change, every half minute.
private struct DirectoryLoader: Service {
    let directory: GatewayDirectory
    let database: any Database

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await directory.load(database)
                try? await Task.sleep(for: .seconds(30))
            }
        }
    }
}

extension FireGuard {
    /// An alarm with the site it is at, for the case that follows it.
    public struct CaseAlarm: Sendable {
        /// The alarm.
        public var alarm: Alarm
        /// The site, where the address is registered.
        public var site: Site?
    }

    /// Alarms that are not cleared, newest first, as far as the caller may see them.
    public static func openAlarms(for caller: Caller, limit: Int, in db: any Reading) throws -> [CaseAlarm] {
        let scope = Scope(caller)
        let filter = AlarmFilter(openOnly: true, areas: scope.areas, owner: scope.owner)
        let alarms = try AlarmStore.list(filter, limit: limit, in: db)
        let sites = try SiteStore.find(Set(alarms.compactMap(\.site)), in: db)
        return alarms.map { CaseAlarm(alarm: $0, site: $0.site.flatMap { sites[$0] }) }
    }

    /// Whether a caller may know of every alarm of the town.
    public static func seesAllAlarms(_ caller: Caller) -> Bool {
        let scope = Scope(caller)
        return caller.may(.alarmRead) && scope.owner == nil && scope.areas == nil
    }

    /// How many alarms nobody has taken, and how many detectors are silent.
    public static func counts(in db: any Reading) throws -> (unacknowledged: Int64, offline: Int64) {
        (
            try db.value(Int64.self, "SELECT COUNT(*) FROM alarm WHERE state <> 'cleared' AND state = 'raised'") ?? 0,
            try db.value(Int64.self, "SELECT COUNT(*) FROM detector WHERE offline = 1") ?? 0
        )
    }

    /// What a site is called; `nil` for one that is not there.
    public static func name(of id: SiteID, in db: any Reading) throws -> String? {
        try SiteStore.find(id, in: db)?.name
    }

    /// Whom a crew may call about a site: the owner and who holds keys.
    public static func contacts(of id: SiteID, in db: any Reading) throws -> [Contact] {
        guard let site = try SiteStore.find(id, in: db) else { return [] }
        let owner = Contact(staff: site.owner, name: site.ownerName, phone: site.ownerPhone, role: "owner")
        let holders = try SiteStore.keyHolders(of: id, in: db).map {
            Contact(staff: nil, name: $0.name, phone: $0.phone, role: "key-holder")
        }
        return ([owner] + holders).filter { !$0.phone.isEmpty }
    }

    /// What a watch leaves to the next: alarms that nobody has taken, and what is out of order, each with its site's
    /// name and the case that follows it.
    public static func outstanding(
        in db: any Reading
    ) throws -> (alarms: [CaseAlarm], troubles: [(trouble: Trouble, site: String)]) {
        let alarms = try AlarmStore.list(AlarmFilter(state: .raised), limit: 200, in: db)
        let troubles = try TroubleStore.open(limit: 200, in: db)
        let sites = try SiteStore.find(Set(alarms.compactMap(\.site) + troubles.compactMap(\.site)), in: db)
        return (
            alarms.map { CaseAlarm(alarm: $0, site: $0.site.flatMap { sites[$0] }) },
            troubles.map { trouble in
                (trouble, trouble.site.flatMap { sites[$0]?.name } ?? "")
            }
        )
    }

    /// Troubles that began or ended in a stretch of time, the oldest first, each with its site's name.
    public static func troubles(
        in span: Range<Instant>, limit: Int, in db: any Reading
    ) throws -> [(trouble: Trouble, site: String)] {
        let troubles = try TroubleStore.moved(in: span, limit: limit, in: db)
        let sites = try SiteStore.find(Set(troubles.compactMap(\.site)), in: db)
        return troubles.map { trouble in (trouble, trouble.site.flatMap { sites[$0]?.name } ?? "") }
    }

    /// The alarms that a case follows, the first one first.
    public static func alarms(of id: CaseID, in db: any Reading) throws -> [CaseAlarm] {
        try AlarmStore.ofCase(id, in: db).prefix(200).map { alarm in
            CaseAlarm(alarm: alarm, site: try alarm.site.flatMap { try SiteStore.find($0, in: db) })
        }
    }
}
