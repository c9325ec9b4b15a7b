import Foundation
import Kernel
import Logging
import ServiceLifecycle
import Storage
import Web

extension Permission {
    /// See who was told what.
    public static let messageRead = Permission("message.read", [.officer, .leader, .admin, .auditor])
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
    let carrier: any Carrier
    let escalations: Escalations
    /// What receipts and the sample gateway's senders must show; `nil` takes none.
    let token: String?
    /// The visible gateway of the sample town, which brings nothing to any phone.
    let sample: SampleGateway?
    /// A line on the case's timeline.
    let note: Escalations.Note
    let logger: Logger

    /// Opens the room.
    public init(
        database: any Database, carrier: any Carrier, escalations: Escalations, token: String?,
        sample: SampleGateway?, logger: Logger
    ) throws {
        migrations = try Self.schema()
        self.database = database
        self.carrier = carrier
        self.escalations = escalations
        self.token = token
        self.sample = sample
        note = escalations.note
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
        sample?.routes(&routes)
    }

    /// The workers.
    public func services() -> [any Service] {
        [
            Sender(
                database: database, carrier: carrier, owner: ID<Sender>.next().rawValue, logger: logger),
            Climber(database: database, escalations: escalations, logger: logger),
        ]
    }
}
