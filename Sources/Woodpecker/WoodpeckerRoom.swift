import AsyncHTTPClient
import Cases
import Crypt
import Foundation
import Identity
import Kernel
import Logging
import Places
import ServiceLifecycle
import Storage
import WeChatAPI
import Web

/// What the room is told at start.
public struct WoodpeckerConfiguration: Sendable {
    /// Days after the outcome for which a report's content is kept.
    public var keepDays = 90
    /// The pause between two receipts that are checked without the puzzle.
    public var slowLane = Duration.milliseconds(1_500)
    /// The official account; `nil` has none.
    public var weChat: WeChatConfiguration?
    /// Where others reach the centre, without a slash at the end; `nil` where that is its own address.
    public var publicURL: String?
    /// Reports that one network may hand in within ten minutes; the machine's own address is not counted.
    public var perNetwork = 30

    /// The standard settings.
    public init() {}
}

/// 啄木鸟: reports that are made without fear, receipts, lessons.
public struct WoodpeckerRoom: Room {
    /// The room's name.
    public let name = "woodpecker"
    /// Its tables.
    public let migrations: [Migration]
    let database: any Database
    let categories: [Category]
    let areas: AreaIndex
    let cases: CaseDesk
    let keys: KeyRing
    let audit: Audit
    let intake: Intake
    let handling: Handling
    let correspondence: Correspondence
    let mint: ReceiptMint
    let passes = Passes()
    let work: WorkProof
    let slowLane: SlowLane
    let floods: TryCount
    let wrongReceipts: TryCount
    let configuration: WoodpeckerConfiguration
    let word: @Sendable (String, [String: String]) -> String
    /// Lessons where an incident makes them timely.
    let offers: LessonOffers
    /// What the official account does of its own accord; `nil` without an account that may.
    let account: Account?
    /// Under what the numbers of those who asked to be told lie.
    let accountKey: [UInt8]
    /// Where videos of lessons lie.
    let films: LessonFilms
    /// What makes them.
    let filmMaker: LessonFilmMaker
    private let client: HTTPClient?
    private let address: @Sendable () -> String?
    let logger: Logger

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "woodpecker", bundle: .module) }
    /// Its templates and words.
    public static var resources: Bundle { .module }
    /// Its templates and words.
    public var bundle: Bundle { .module }

    /// What a backup leaves out: beginnings of paths in the data folder.
    public static let passingFiles = [LessonFilms.passing]

    /// Opens the room.
    /// - Parameters:
    ///   - keys: the keys of those at work, which learn of passwords where people log in.
    ///   - hard: makes keys of receipts.
    ///   - folder: the data folder, in which the key lies by which our own unused receipts are known.
    ///   - client: fetches what followers sent from Tencent; `nil` fetches nothing.
    ///   - offers: who answers for the places of cases, to be sent lessons.
    ///   - address: where this centre itself is reached, for the sample's stand-in.
    ///   - word: the catalogue's words in the town's language.
    public init(
        database: any Database, cases: CaseDesk, areas: AreaIndex, keys: KeyRing, hard: HardKey, audit: Audit,
        folder: URL, configuration: WoodpeckerConfiguration = WoodpeckerConfiguration(), client: HTTPClient? = nil,
        offers: LessonOffers? = nil, address: @escaping @Sendable () -> String? = { nil }, logger: Logger,
        word: @escaping @Sendable (String, [String: String]) -> String
    ) throws {
        migrations = try Self.schema()
        categories = try Category.load()
        self.database = database
        self.cases = cases
        self.areas = areas
        self.keys = keys
        self.audit = audit
        self.configuration = configuration
        self.logger = logger
        self.word = word
        self.offers = offers ?? LessonOffers(cases: cases)
        self.client = client
        self.address = address
        intake = Intake(database: database, cases: cases, areas: areas, hard: hard, word: word)
        handling = Handling(cases: cases, areas: areas, keys: keys, audit: audit, word: word)
        correspondence = Correspondence(database: database, cases: cases, word: word)
        mint = try ReceiptMint(folder: folder)
        films = try LessonFilms(data: folder)
        filmMaker = LessonFilmMaker(database: database, films: films, owner: try Secret.token(), logger: logger)
        accountKey = mint.derived("account")
        let accountKey = accountKey
        account = configuration.weChat.flatMap { settings in
            guard let client, let secret = settings.secret else { return nil }
            let (key, api) = (accountKey, settings.api)
            return Account(
                database: database,
                client: WeChatClient(appID: settings.appID, secret: secret, client: client) {
                    api.hasPrefix("/") ? address().map { $0 + api } : api
                }, appID: settings.appID, massPerMonth: settings.massPerMonth, key: key, word: word)
        }
        slowLane = SlowLane(pause: configuration.slowLane)
        work = try WorkProof()
        floods = try TryCount(limit: configuration.perNetwork, spanMs: 600_000)
        wrongReceipts = try TryCount(limit: 10, spanMs: 900_000)
    }

    /// The inbox.
    public var navigation: [NavigationItem] {
        var items = [
            NavigationItem("/reports", key: "woodpecker.nav.reports", icon: "messages", needs: .reportRead, order: 20),
            NavigationItem("/lesson-desk", key: "woodpecker.nav.lessons", icon: "list", needs: .lessonEdit, order: 21),
        ]
        if configuration.weChat != nil {
            items.append(
                NavigationItem(
                    "/official-account", key: "woodpecker.nav.account", icon: "phone", needs: .accountManage, order: 22)
            )
        }
        if configuration.weChat?.isSample == true {
            items.append(
                NavigationItem(
                    "/sample-wechat", key: "woodpecker.nav.sample", icon: "phone", needs: .reportRead, order: 47))
        }
        return items
    }

    /// Pages for citizens and for those who handle.
    public func routes(_ routes: inout Routes) {
        reportRoutes(&routes)
        receiptRoutes(&routes)
        inboxRoutes(&routes)
        handlingRoutes(&routes)
        departmentRoutes(&routes)
        deskRoutes(&routes)
        publicPhotoRoutes(&routes)
        templateRoutes(&routes)
        rateRoutes(&routes)
        monthlyRoutes(&routes)
        lessonRoutes(&routes)
        lessonPictureRoutes(&routes)
        lessonVideoRoutes(&routes)
        lessonPushRoutes(&routes)
        lessonOfferRoutes(&routes)
        posterRoutes(&routes)
        reminderRoutes(&routes)
        lessonExportRoutes(&routes)
        Open311(room: self).routes(&routes)
        weChatRoutes(&routes)
        accountRoutes(&routes)
    }

    private func weChatRoutes(_ routes: inout Routes) {
        guard let settings = configuration.weChat,
            let crypto = try? WeChatCrypto(
                token: settings.token, appID: settings.appID, encodingKey: settings.encodingKey)
        else { return }
        WeChat(room: self, crypto: crypto, api: account?.client).routes(&routes)
        if settings.isSample, let client {
            WeChatSample(crypto: crypto, client: client, address: address).routes(&routes)
        }
    }

    /// What must be destroyed in time.
    public func services() -> [any Service] {
        var services: [any Service] = [
            Eraser(database: database, keepDays: configuration.keepDays, logger: logger)
        ]
        services.append(LessonClock(database: database, logger: logger))
        services.append(filmMaker)
        if let sender = accountSender() { services.append(sender) }
        return services
    }

    /// Who does what waits for the official account.
    func accountSender() -> AccountSender? {
        guard let account else { return nil }
        let (cases, address, publicURL) = (cases, address, configuration.publicURL)
        var sender = AccountSender(account: account, logger: logger) { report, db in
            guard let known = try ReportStore.find(report, in: db), known.erasedAt == nil else { return nil }
            return try cases.record(known.caseID, in: db)?.number
        }
        sender.lessons = LessonArticles { publicURL ?? address() }
        return sender
    }

    func category(_ code: String?) -> Category? { code.flatMap { code in categories.first { $0.code == code } } }
}

extension Permission {
    /// See reports that one's part of the centre or one's department handles.
    public static let reportRead = Permission("report.read", [.officer, .leader, .clerk])
    /// Answer reports.
    public static let reportHandle = Permission("report.handle", [.officer, .leader, .clerk])
    /// Give reports to departments, merge and verify them.
    public static let reportRoute = Permission("report.route", [.officer, .leader])
    /// Change departments.
    public static let departmentManage = Permission("department.manage", [.leader, .admin])
}
