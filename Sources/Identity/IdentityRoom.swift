import Crypt
import Foundation
import Kernel
import Logging
import ServiceLifecycle
import Storage
import Web

extension Permission {
    /// See and change people.
    public static let staffManage = Permission("staff.manage", [.admin])
    /// See people.
    public static let staffRead = Permission("staff.read", [.admin, .auditor, .leader])
    /// Read the audit log.
    public static let auditRead = Permission("audit.read", [.auditor, .admin])
}

/// People, roles, sessions and the audit log.
public struct IdentityRoom: Room {
    /// The room's name.
    public let name = "identity"
    /// Its tables.
    public let migrations: [Migration]
    /// Who is logged in.
    public let sessions: Sessions
    /// Who did and saw what.
    public let audit: Audit
    let database: any Database
    let logger: Logger
    /// Every permission that a route names, for the page of roles; known when all rooms are open.
    let permissions: @Sendable () -> [Permission]
    /// The town's areas, each behind the one that it lies in.
    let areas: @Sendable () -> [AreaChoice]

    /// Its templates and words.
    public var bundle: Bundle { .module }
    /// The same, for those who need the words before the room is open.
    public static var resources: Bundle { .module }

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "identity", bundle: .module) }

    /// Sessions that have ended are of no use a day later.
    public static var retention: Retention {
        Retention(name: "sessions", days: 1) { before, limit, db in
            try SessionStore.prune(before: before, limit: limit, in: db)
        }
    }

    /// Opens the room.
    public init(
        database: any Database, audit: Audit, hasher: PasswordHasher, passwords: PasswordHooks = .none,
        logger: Logger, permissions: @escaping @Sendable () -> [Permission],
        areas: @escaping @Sendable () -> [AreaChoice] = { [] },
        reach: @escaping @Sendable ([AreaID]) -> [AreaID] = { $0 }
    ) throws {
        migrations = try Self.schema()
        self.database = database
        self.audit = audit
        self.logger = logger
        self.permissions = permissions
        self.areas = areas
        sessions = Sessions(
            database: database, audit: audit, hasher: hasher, passwords: passwords, reach: reach)
    }

    /// People, roles, audit.
    public var navigation: [NavigationItem] {
        [
            NavigationItem("/staff", key: "identity.nav.staff", icon: "staff", needs: .staffRead, order: 80),
            NavigationItem("/roles", key: "identity.nav.roles", icon: "roles", needs: .staffRead, order: 81),
            NavigationItem("/audit", key: "identity.nav.audit", icon: "audit", needs: .auditRead, order: 82),
        ]
    }

    /// Log-in, account, people, roles, audit.
    public func routes(_ routes: inout Routes) {
        loginRoutes(&routes)
        accountRoutes(&routes)
        staffRoutes(&routes)
        auditRoutes(&routes)
        exportRoutes(&routes)
    }

    /// Keeps the anchor file behind the audit log.
    public func services() -> [any Service] { [AnchorWriter(audit: audit, database: database, logger: logger)] }
}

/// Writes the audit log's newest hash beside the database, at once after each change and at most 20 times a second.
private struct AnchorWriter: Service {
    let audit: Audit
    let database: any Database
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await database.wakeups.wait("audit", atMostMs: 60_000)
                do {
                    try await audit.writeAnchor(database)
                } catch is CancellationError {
                    break
                } catch {
                    logger.error("the audit anchor could not be written", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
        try? await audit.writeAnchor(database)
    }
}
