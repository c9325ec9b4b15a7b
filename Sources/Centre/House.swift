import AsyncHTTPClient
import Broadcast
import Cases
import Crypt
import Duty
import FireGuard
import Foundation
import Hummingbird
import HummingbirdCore
import Identity
import Joint
import Kernel
import MQTT
import NIOHTTP1
import NIOSSL
import Notify
import Patrol
import Places
import Plans
import Registry
import ServiceLifecycle
import Storage
import Summary
import TownMap
import Watch
import Web
import Woodpecker

/// A centre's rooms, joined: what answers requests and what runs beside.
struct House: Sendable {
    /// Every way in.
    let routes: Routes
    /// What leads to the pages among them.
    let navigation: Navigation
    /// What answers them.
    let dispatcher: Dispatcher
    /// Servers and workers.
    let services: [any Service]
    /// The client that carries messages out; whoever ran the services shuts it down.
    let client: HTTPClient
}

extension Centre {
    /// Opens the rooms and joins them; nothing listens or works yet.
    func house() async throws -> House {
        let messaging = Messaging(configuration)
        let client = HTTPClient(configuration: clientConfiguration(isSample: messaging.isSample))
        do { return try await house(messaging, client) } catch {
            try? await client.shutdown()
            throw error
        }
    }

    private func house(_ messaging: Messaging, _ client: HTTPClient) async throws -> House {
        // A certificate that cannot be read is told before anything is opened.
        let web = try httpServer()
        let places = try await PlacesRoom(database: database, logger: logger)
        let areas = places.index
        let cases = CaseDesk(calendar: try WorkCalendar.load(data: configuration.folder))
        let hard = HardKey()
        let keys = KeyRing(database: database, hard: hard)
        let bundles = RoomList.resources
        let catalogue = try Catalogue(bundles: bundles)
        let plans = PlanDesk(cases: cases, audit: audit) { key, values in catalogue.word(key, .zh, values) }
        let reports = ReportPanels(cases: cases, areas: areas, keys: keys, audit: audit)
        let joint = JointDesk(cases: cases, audit: audit) { db in
            try WoodpeckerRoom.offices(in: db).map {
                Office(id: OfficeID(rawValue: $0.id.rawValue), name: $0.name, members: $0.members)
            }
        } word: { key, values in
            catalogue.word(key, .zh, values)
        }
        let offers = LessonOffers(cases: cases) { subject, db in
            guard subject.hasPrefix("sites/"), let id = SiteID(String(subject.dropFirst(6))),
                let name = try FireGuard.name(of: id, in: db)
            else { return nil }
            let readers = try FireGuard.contacts(of: id, in: db).map {
                LessonOffers.Reader(name: $0.name, phone: $0.phone, role: $0.role)
            }
            return (name, readers)
        }
        let surroundings = CaseSurroundings(
            areaName: areas.name(of:), areaAt: areas.area(at:),
            alarms: { id, db, word in try caseAlarms(id, in: db, word: word) },
            messages: { id, db, word in try toldOf(id, in: db, word: word) },
            contacts: { subject, db in
                guard subject.hasPrefix("sites/"), let id = SiteID(String(subject.dropFirst(6))) else { return [] }
                return try FireGuard.contacts(of: id, in: db).map { ContactView(name: $0.name, phone: $0.phone) }
            },
            moves: { id, caller, db in try reports.moves(id, caller, in: db) },
            panels: { id, caller, db, word in
                try plans.panels(id, caller, in: db, word: word) + reports.panels(id, caller, in: db, word: word)
                    + joint.panels(id, caller, in: db, word: word) + offers.panels(id, caller, in: db, word: word)
            })
        let casesRoom = try CasesRoom(
            database: database, desk: cases, surroundings: surroundings, folder: configuration.folder, audit: audit,
            logger: logger)
        let known = PermissionList()
        let identity = try IdentityRoom(
            database: database, audit: audit, hasher: PasswordHasher(),
            passwords: PasswordHooks(
                proved: { staff, password in try await keys.opened(staff, password: password) },
                changed: { staff, password in try await keys.changed(staff, password: password) }), logger: logger,
            permissions: { known.all },
            areas: { areas.tree.map { AreaChoice(id: $0.area.id, name: $0.area.name, depth: $0.depth) } },
            reach: { areas.map.reach($0) })
        var fire = FireGuard.Configuration()
        var bounds = UITDConfiguration()
        bounds.port = configuration.gb26875Port
        fire.gb26875 = bounds
        fire.areaName = areas.name(of:)
        fire.publicURL = configuration.publicURL
        fire.broker = brokerConfiguration
        fire.topics = configuration.broker.topics
        fire.trialMinute = configuration.trialMinute
        fire.lessons = { id, db in
            try offers.about("sites/\(id)", at: .now, in: db).map {
                SiteLesson(title: $0.title, summary: $0.summary, href: $0.path)
            }
        }
        fire.post = { [messaging] in await ownPost($0, $1, $2, client, to: messaging.placeForOthers) }
        let duty = DutyDesk(within: areas.covers)
        let escalations = Escalations(within: areas.covers) { role, area, at, db in
            try duty.find(role, for: area, at: at, in: db).told
        } note: { text, id, at, db in
            try cases.note(text, on: id, by: .system("escalation"), at: at, in: db)
        } word: { key, values in
            catalogue.word(key, .zh, values)
        }
        let carriers = try CarrierBook(
            configuration.carriers, receipts: ReceiptDesk(database: database, escalations: escalations),
            gateway: HTTPCarrier(client: client) { messaging.carrier }, hasGateway: messaging.token != nil,
            client: client, database: database, hint: catalogue.word("notify.call.hint", .zh), logger: logger)
        let notify = try NotifyRoom(
            database: database,
            carriers: CarrierDesk(lines: carriers.lines, database: database, logger: logger),
            escalations: escalations, token: messaging.token, callbackToken: carriers.callbackToken,
            sample: messaging.isSample
                ? SampleGateway(database: database, client: client) { messaging.carrier } : nil, audit: audit,
            areas: { areas.choices([.village]) }, trial: carriers.trial, logger: logger
        ) { title, key, isGrave, at, db in
            try cases.open(
                NewCase(
                    kind: .other, severity: isGrave ? .serious : .moderate, title: title, placeText: "", point: nil,
                    area: nil, subject: "reach", signal: Signal(source: "reach", key: key), at: at), in: db)
        }
        let fireRoom = try FireGuard(
            database: database,
            desk: DeskAdapter(
                cases: cases, areas: areas, duty: duty, escalations: escalations, audit: audit, catalogue: catalogue),
            configuration: fire, logger: logger)
        let registry = try await RegistryRoom(
            database: database, folder: configuration.folder, audit: audit, areas: areas, logger: logger
        ) { title, key, at, db in
            _ = try cases.open(
                NewCase(
                    kind: .other, severity: .serious, title: title, placeText: "", point: nil, area: nil,
                    subject: "registry", signal: Signal(source: "registry", key: key), at: at), in: db)
        }
        let media = try MediaProcess(configuration.media, logger: logger)
        var watch = WatchRoom.Configuration()
        watch.gb28181 = GBConfiguration(
            platform: configuration.gb28181Platform, host: configuration.gb28181Host, port: configuration.gb28181Port)
        watch.media = media
        watch.recordings = configuration.folder.appendingPathComponent("recordings")
        watch.folder = configuration.folder
        watch.isCaseOpen = { id, db in try cases.isOpen(id, in: db) }
        let watchRoom = try WatchRoom(
            database: database,
            desk: WatchAdapter(cases: cases, areas: areas, audit: audit, catalogue: catalogue), configuration: watch,
            logger: logger)
        let patrol = PatrolAdapter(duty: duty, areas: areas, cases: cases, audit: audit, catalogue: catalogue)
        let caseFigures = CaseFigures(cases: cases)
        let otherFigures = OtherFigures(cases: cases, areas: areas, duty: duty, registry: registry)
        let rooms: [any Room] = [
            casesRoom,
            places,
            identity,
            notify,
            fireRoom,
            try broadcast(areas: areas, cases: cases),
            watchRoom,
            try DutyRoom(
                database: database, desk: duty, planning: Planning(calendar: cases.calendar), cases: cases,
                areas: areas, audit: audit, logger: logger,
                address: { configuration.publicURL ?? messaging.ownAddress },
                outstanding: { db in try leftToNext(in: db) { catalogue.word($0, .zh) } },
                happened: { span, limit, db, word in
                    try happenedElsewhere(in: span, limit: limit, in: db, word: word)
                }
            ) { key, values in catalogue.word(key, .zh, values) },
            try PlansRoom(
                database: database, desk: plans,
                surroundings: PlanSurroundings(duty: duty, areas: areas).surroundings,
                wire: drillWire(fireRoom), logger: logger),
            try JointRoom(database: database, desk: joint, logger: logger),
            try PatrolRoom(
                database: database, desk: patrol.desk,
                surroundings: patrol.surroundings { configuration.publicURL ?? messaging.ownAddress },
                trackDays: configuration.retention.trackDays, logger: logger),
            SummaryRoom(
                database: database,
                sources: [
                    caseFigures.alarms, caseFigures.response, caseFigures.recurring, otherFigures.water,
                    otherFigures.rates,
                    otherFigures.duty, otherFigures.quality,
                ], address: { configuration.publicURL ?? messaging.ownAddress }),
            registry,
            try TownMapRoom(
                database: database, areas: areas,
                layers: WatchRoom.mapLayers(areas: areas) + FireGuard.mapLayers(areas: areas)
                    + CasesRoom.mapLayers(areas: areas), categories: registry.mapLayers,
                followers: [
                    FireGuard.areaFollower, CasesRoom.areaFollower, WatchRoom.areaFollower, registry.areaFollower,
                ], audit: audit, backdrop: backdrop(client)),
            try WoodpeckerRoom(
                database: database, cases: cases, areas: areas, keys: keys, hard: hard, audit: audit,
                folder: configuration.folder, configuration: try woodpeckerConfiguration(isSample: messaging.isSample),
                client: client, offers: offers, address: { messaging.ownAddress }, logger: logger
            ) { key, values in
                catalogue.word(key, .zh, values)
            },
        ]
        let alarmCount = AlarmCount(database: database)
        let deskItem = NavigationItem("/", key: "centre.nav.desk", icon: "desk", needs: .deskUse, order: 0)
        var routes = Routes()
        for room in rooms { room.routes(&routes) }
        DeskRoutes(cases: casesRoom).add(to: &routes)
        WallRoutes(duty: duty).add(to: &routes)
        operationRoutes(&routes)
        let description = try OpenAPI.document(routes)
        routes.get("/api/v1/openapi.json", .open, "This description (OpenAPI 3.1)") { _ in .rawJSON(description) }
        known.set(Array(routes.permissions.values))
        let navigation = Navigation.rail([deskItem] + rooms.flatMap(\.navigation))
        let pages = try Pages(
            bundles: bundles, catalogue: catalogue,
            shell: Pages.Shell(town: areas.townName ?? "", navigation: navigation) {
                FireGuard.seesAllAlarms($0) ? alarmCount.value : nil
            })
        let dispatcher = Dispatcher(
            database: database, pages: pages, authenticator: identity.sessions, logger: logger,
            covers: areas.covers)
        let server = WebServer(
            dispatcher: dispatcher, routes: routes,
            files: try StaticFiles(bundles: bundles, vendor: configuration.vendor), isSecure: configuration.isSecure,
            mediaPort: { media.viewPort })
        let application = Application(
            router: server.router(), server: web,
            configuration: .init(address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { messaging.listens(on: port) }
            }, logger: logger)
        return House(
            routes: routes, navigation: navigation, dispatcher: dispatcher,
            services: rooms.flatMap { $0.services() } + carriers.services + [
                media, NodeKeeper(centre: self), jobs(), alarmCount, application,
            ],
            client: client)
    }

    /// Posts to the centre itself; its certificate may bear another name than its own machine's address.
    private func ownPost(
        _ path: String, _ headers: [(String, String)], _ body: [UInt8], _ client: HTTPClient, to place: String?
    ) async -> Int? {
        guard let place else { return nil }
        var request = HTTPClientRequest(url: place + path)
        request.method = .POST
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(body)
        if configuration.tls != nil, configuration.publicURL == nil {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.certificateVerification = .none
            request.tlsConfiguration = tls
        }
        let answer = try? await client.execute(request, timeout: .seconds(10))
        return answer.map { Int($0.status.code) }
    }

    /// The broker to listen to, as its client wants it.
    private var brokerConfiguration: MQTTConfiguration? {
        let settings = configuration.broker
        guard let place = settings.url.flatMap(SettingList.brokerPlace) else { return nil }
        return MQTTConfiguration(
            host: place.host, port: place.port, clientID: settings.clientID, user: settings.user,
            password: settings.password, usesTLS: place.isSecure, authorityFile: settings.authority?.path, topics: [])
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
