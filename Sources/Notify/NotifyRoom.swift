import Foundation
import Identity
import Kernel
import Logging
import ServiceLifecycle
import Storage
import Web

extension Permission {
    /// See who was told what.
    public static let messageRead = Permission("message.read", [.officer, .leader, .admin, .auditor])
    /// Change who is told next when nobody takes an alarm.
    public static let escalationManage = Permission("escalation.manage", [.leader, .admin])
    /// Have a message tried again.
    public static let messageSend = Permission("message.send", [.officer, .leader, .admin])
}

/// Texts, calls and who is told next when nobody answers.
public struct NotifyRoom: Room {
    /// The room's name.
    public let name = "notify"
    /// Its tables.
    public let migrations: [Migration]
    let database: any Database
    let carriers: CarrierDesk
    let receipts: ReceiptDesk
    /// What carriers show in the path of their callbacks; `nil` takes none.
    let callbackToken: String?
    let escalations: Escalations
    /// What receipts and the sample gateway's senders must show; `nil` takes none.
    let token: String?
    /// The visible gateway of the sample town, which brings nothing to any phone.
    let sample: SampleGateway?
    /// Records who changed a policy.
    let audit: Audit
    /// The areas that a policy may be for, with their names.
    let areas: @Sendable () -> [(id: AreaID, name: String)]
    /// The daily trial of carriers, where there is one.
    let trial: CarrierTrial?
    /// Opens a case for what the centre finds about its own ways.
    let open: Watchman.Open
    let logger: Logger

    /// Opens the room.
    public init(
        database: any Database, carriers: CarrierDesk, escalations: Escalations, token: String?,
        callbackToken: String?, sample: SampleGateway?, audit: Audit,
        areas: @escaping @Sendable () -> [(id: AreaID, name: String)], trial: CarrierTrial? = nil, logger: Logger,
        open: @escaping Watchman.Open = { _, _, _, _, _ in nil }
    ) throws {
        migrations = try Self.schema()
        self.database = database
        self.carriers = carriers
        self.callbackToken = callbackToken
        receipts = ReceiptDesk(database: database, escalations: escalations)
        self.escalations = escalations
        self.token = token
        self.sample = sample
        self.audit = audit
        self.areas = areas
        self.trial = trial
        self.open = open
        self.logger = logger
    }

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "notify", bundle: .module) }

    /// Its templates and words.
    public static var resources: Bundle { .module }
    /// Its templates and words.
    public var bundle: Bundle { .module }

    /// Messages, and the sample gateway where there is one.
    public var navigation: [NavigationItem] {
        var items = [
            NavigationItem("/messages", key: "notify.nav.messages", icon: "messages", needs: .messageRead, order: 45)
        ]
        items.append(
            NavigationItem("/carriers", key: "notify.nav.carriers", icon: "phone", needs: .messageRead, order: 47))
        items.append(
            NavigationItem(
                "/escalation", key: "notify.nav.escalation", icon: "escalation", needs: .messageRead, order: 44))
        items.append(
            NavigationItem(
                "/message-templates", key: "notify.nav.templates", icon: "messages", needs: .messageRead, order: 48))
        if sample != nil {
            items.append(
                NavigationItem(
                    "/sample-gateway", key: "notify.nav.sample", icon: "phone", needs: .messageRead, order: 46))
        }
        return items
    }

    /// Pages, API, receipts.
    public func routes(_ routes: inout Routes) {
        messageRoutes(&routes)
        receiptRoutes(&routes)
        carrierRoutes(&routes)
        policyRoutes(&routes)
        templateRoutes(&routes)
        reachRoutes(&routes)
        pushRoutes(&routes)
        sample?.routes(&routes)
    }

    /// The workers.
    public func services() -> [any Service] {
        [
            Sender(
                database: database, carrier: carriers, owner: ID<Sender>.next().rawValue, logger: logger,
                undeliverable: { [escalations] message, now, db in
                    try escalations.hurry(message, at: now, in: db)
                }, room: carriers.room),
            Climber(database: database, escalations: escalations, logger: logger),
            Watchman(
                database: database, carriers: carriers, escalations: escalations, trial: trial, logger: logger,
                open: open),
        ]
    }
}
