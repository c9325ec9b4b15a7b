import Cases
import Foundation
import Identity
import Kernel
import Logging
import Places
import ServiceLifecycle
import Storage
import Web

/// 值班: rosters, shifts, who is on duty, what a watch leaves to the next.
public struct DutyRoom: Room {
    /// The room's name.
    public let name = "duty"
    /// Its tables.
    public let migrations: [Migration]
    let database: any Database
    let desk: DutyDesk
    let planning: Planning
    let cases: CaseDesk
    let areas: AreaIndex
    let audit: Audit
    let outstanding: Outstanding
    let happened: Happened
    let address: @Sendable () -> String?
    let word: @Sendable (_ key: String, _ values: [String: String]) -> String
    let logger: Logger

    /// What other rooms leave to the next watch: alarms that nobody has taken, devices out of order.
    public typealias Outstanding = @Sendable (any Reading) throws -> [HandoverItem]

    /// What happened in other rooms in a stretch of time, up to a number of lines, in the words of `word`.
    public typealias Happened =
        @Sendable (
            _ span: Range<Instant>, _ limit: Int, any Reading, _ word: (String, [String: String]) -> String
        ) throws -> [LogLine]

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "duty", bundle: .module) }
    /// Its templates and words.
    public static var resources: Bundle { .module }
    /// Its templates and words.
    public var bundle: Bundle { .module }

    /// Opens the room.
    /// - Parameters:
    ///   - address: where people reach the centre, for links on paper; `nil` while that is not known.
    ///   - word: the catalogue's words in the town's language.
    public init(
        database: any Database, desk: DutyDesk, planning: Planning, cases: CaseDesk, areas: AreaIndex, audit: Audit,
        logger: Logger, address: @escaping @Sendable () -> String?, outstanding: @escaping Outstanding,
        happened: @escaping Happened,
        word: @escaping @Sendable (_ key: String, _ values: [String: String]) -> String
    ) throws {
        migrations = try Self.schema()
        self.database = database
        self.desk = desk
        self.planning = planning
        self.cases = cases
        self.areas = areas
        self.audit = audit
        self.outstanding = outstanding
        self.happened = happened
        self.address = address
        self.word = word
        self.logger = logger
    }

    /// Who is on duty.
    public var navigation: [NavigationItem] {
        [NavigationItem("/duty", key: "duty.nav", icon: "clock", needs: .dutyRead, order: 42)]
    }

    /// Its ways in.
    public func routes(_ routes: inout Routes) {
        shiftRoutes(&routes)
        rosterRoutes(&routes)
        dutyPage(&routes)
        shiftPage(&routes)
        shiftLogRoutes(&routes)
        handoverRoutes(&routes)
        swapRoutes(&routes)
    }

    /// Plans ahead and notices who has not come.
    public func services() -> [any Service] {
        [DutyClerk(database: database, desk: desk, planning: planning, word: word, logger: logger)]
    }
}
