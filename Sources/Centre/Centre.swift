import AsyncHTTPClient
import Cases
import Crypt
import FireGuard
import Foundation
import Hummingbird
import HummingbirdCore
import Identity
import Kernel
import Logging
import Notify
import Places
import ServiceLifecycle
import Storage
import UnixSignals
import Web

/// Where and how a centre runs.
public struct CentreConfiguration: Sendable {
    /// The data folder.
    public var folder: URL
    /// The address of a PostgreSQL database; `nil` is SQLite in the data folder.
    public var database: String?
    /// The address of console and API.
    public var host = "127.0.0.1"
    /// The port of console and API; 0 lets the system choose.
    public var port = 8_080
    /// The TCP port for GB/T 26875.3 devices.
    public var gb26875Port = 5_201
    /// The folder of third-party scripts, filled at set-up.
    public var vendor: URL?

    /// A centre over a data folder.
    public init(folder: URL) { self.folder = folder }
}

/// Why a centre does not start.
public struct CentreError: Error, CustomStringConvertible {
    /// What is wrong, in words.
    public var description: String
}

/// Opens the rooms and joins them.
public struct Centre: Sendable {
    let configuration: CentreConfiguration
    let database: any Database
    let audit: Audit
    let logger: Logger

    /// Opens the data folder, makes or brings up to date its tables.
    public init(_ configuration: CentreConfiguration, logger: Logger) async throws {
        self.configuration = configuration
        self.logger = logger
        try FileManager.default.createDirectory(at: configuration.folder, withIntermediateDirectories: true)
        let migrations =
            try IdentityRoom.schema() + PlacesRoom.schema() + CasesRoom.schema() + NotifyRoom.schema()
            + FireGuard.schema()
            + Migration.load(room: "web", bundle: WebResources.bundle)
        database =
            if let url = configuration.database {
                try PostgresDatabase(url: url)
            } else {
                try SQLiteDatabase(path: configuration.folder.appendingPathComponent("zhili.db").path)
            }
        try await Migrator.migrate(database, migrations)
        audit = try Audit(folder: configuration.folder)
    }

    /// The name of the invented town.
    private static let sampleTown = "云汐镇（示例）"

    /// Makes the first people; with `sample` the whole invented town.
    public func setUp(sample: Bool, trialPassword: String?) async throws -> [SetUp.Made] {
        let made = try await SetUp(database: database, audit: audit, hasher: PasswordHasher())
            .run(sample: sample, trialPassword: trialPassword, at: .now)
        guard sample, !made.isEmpty else { return made }
        try Messaging.useSample(in: configuration.folder)
        let map = try SampleMap(town: Self.sampleTown)
        try await database.write { db in try PlacesRoom.add(map.areas, map.landmarks, in: db) }
        let areas = try await PlacesRoom(database: database, logger: logger).index
        try await database.write { db in
            let owner = try StaffDirectory.onDuty(role: .owner, area: nil, in: db).first
            try SampleSites(map: map, areas: areas, owner: owner?.id).register(at: .now, in: db)
            for (role, name, kind) in [(Role.brigade, "镇消防救援站（示例）", "brigade"), (.patrol, "巡查一队（示例）", "patrol")] {
                let members = try StaffDirectory.onDuty(role: role, area: nil, in: db)
                try CasesRoom.addUnit(
                    name: name, kind: kind, phone: members.first?.phone ?? "", members: members.map(\.id), in: db)
            }
        }
        return made
    }

    /// Checks the audit log.
    public func verifyAudit() async throws -> AuditReport { try await audit.verify(database) }

    /// Serves until told to stop.
    public func serve() async throws {
        let isLoopback = ["127.0.0.1", "::1", "localhost"].contains(configuration.host)
        let isTrial = try await database.read { db in try SetUp.hasTrialPassword(in: db) }
        guard isLoopback || !isTrial else {
            throw CentreError(description: "a centre set up with a trial password listens on loopback alone")
        }
        let outbox = Outbox()
        let places = try await PlacesRoom(database: database, logger: logger)
        let areas = places.index
        let cases = CaseDesk(calendar: try WorkCalendar.load())
        let surroundings = CaseSurroundings(
            areaName: areas.name(of:),
            alarms: { id, db, word in try caseAlarms(id, in: db, word: word) },
            messages: { id, db in
                try outbox.messages(of: id, in: db).map {
                    MessageView(
                        to: $0.to.name, channel: $0.channel.rawValue, state: $0.state.rawValue,
                        at: $0.queuedAt.rfc3339)
                }
            },
            contacts: { subject, db in
                guard subject.hasPrefix("sites/"), let id = SiteID(String(subject.dropFirst(6))) else { return [] }
                return try FireGuard.contacts(of: id, in: db).map { ContactView(name: $0.name, phone: $0.phone) }
            })
        let casesRoom = try CasesRoom(
            database: database, desk: cases, surroundings: surroundings, folder: configuration.folder, logger: logger)
        let known = PermissionList()
        let identity = try IdentityRoom(
            database: database, audit: audit, hasher: PasswordHasher(), logger: logger,
            permissions: { known.all })
        let bundles = [
            WebResources.bundle, casesRoom.bundle, identity.bundle, NotifyRoom.resources, FireGuard.resources,
            PlacesRoom.resources,
        ]
        let catalogue = try Catalogue(bundles: bundles + [.module])
        var fire = FireGuard.Configuration()
        var bounds = UITDConfiguration()
        bounds.port = configuration.gb26875Port
        fire.gb26875 = bounds
        fire.areaName = areas.name(of:)
        let escalations = Escalations(within: areas.covers) { text, id, at, db in
            try cases.note(text, on: id, by: .system("escalation"), at: at, in: db)
        } word: { key, values in
            catalogue.word(key, .zh, values)
        }
        let messaging = try Messaging(configuration)
        let client = HTTPClient(configuration: .init(timeout: .init(connect: .seconds(3))))
        let notify = try NotifyRoom(
            database: database, carrier: HTTPCarrier(client: client) { messaging.carrier }, escalations: escalations,
            token: messaging.token,
            sample: messaging.isSample
                ? SampleGateway(database: database, client: client) { messaging.carrier } : nil, logger: logger)
        let fireRoom = try FireGuard(
            database: database,
            desk: DeskAdapter(
                cases: cases, areas: areas, escalations: escalations, audit: audit, catalogue: catalogue),
            configuration: fire, logger: logger)
        let rooms: [any Room] = [casesRoom, places, identity, notify, fireRoom]
        let alarmCount = AlarmCount(database: database)
        let deskItem = NavigationItem("/", key: "centre.nav.desk", icon: "desk", needs: .deskUse, order: 0)
        var routes = Routes()
        for room in rooms { room.routes(&routes) }
        DeskRoutes(cases: casesRoom).add(to: &routes)
        operationRoutes(&routes)
        known.set(Array(routes.permissions.values))
        let pages = try Pages(
            bundles: bundles + [.module], catalogue: catalogue,
            shell: Pages.Shell(town: areas.townName ?? "", navigation: [deskItem] + rooms.flatMap(\.navigation)) {
                alarmCount.value
            })
        let dispatcher = Dispatcher(
            database: database, pages: pages, authenticator: identity.sessions, logger: logger,
            covers: areas.covers)
        let server = WebServer(
            dispatcher: dispatcher, routes: routes,
            files: try StaticFiles(bundles: bundles + [.module], vendor: configuration.vendor), isSecure: false)
        let application = Application(
            router: server.router(),
            configuration: .init(address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { messaging.listens(on: port) }
            }, logger: logger)
        let group = ServiceGroup(
            configuration: .init(
                services: rooms.flatMap { $0.services() } + [alarmCount, application],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
        try? await client.shutdown()
        await database.close()
    }

    private func operationRoutes(_ routes: inout Routes) {
        let database = database
        routes.get("/healthz", .open, "Whether the process answers") { _ in .text("ok\n") }
        routes.get("/readyz", .open, "Whether the store answers and takes writes") { _ in
            _ = try await database.read { db in try db.value(Int64.self, "SELECT 1") }
            return database.isFull ? .text("full\n", status: 503) : .text("ready\n")
        }
        routes.get("/metrics", .open, "Numbers for Prometheus") { _ in .text(Metrics.shared.text()) }
    }
}
