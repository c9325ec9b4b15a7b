import Cases
import Foundation
import Kernel
import Logging
import ServiceLifecycle
import Storage
import Web

/// 巡查: rounds with check points, walked and shown to have been walked.
public struct PatrolRoom: Room {
    /// A place of another room that a check point can be made of.
    public struct Place: Codable, Sendable {
        /// What stands there, such as `sites/…`.
        public var subject: String
        /// Its name.
        public var name: String
        /// Its kind, in the reader's words.
        public var kind: String
        /// Where.
        public var point: GeoPoint

        /// A place.
        public init(subject: String, name: String, kind: String, point: GeoPoint) {
            self.subject = subject
            self.name = name
            self.kind = kind
            self.point = point
        }
    }

    /// What the room asks of other rooms.
    public struct Surroundings: Sendable {
        /// Places that check points can be made of, as far as the caller may see them.
        public var places: @Sendable (Caller, any Reading, (String) -> String) throws -> [Place]
        /// Whether somebody is on watch who walks rounds.
        public var isManned: @Sendable (AreaID?, Instant, any Reading) throws -> Bool
        /// The areas that a round can be for.
        public var areas: @Sendable () -> [(id: AreaID, name: String)]
        /// Where people reach the centre, for printed codes.
        public var address: @Sendable () -> String?

        /// Surroundings of a centre.
        public init(
            places: @escaping @Sendable (Caller, any Reading, (String) -> String) throws -> [Place],
            isManned: @escaping @Sendable (AreaID?, Instant, any Reading) throws -> Bool,
            areas: @escaping @Sendable () -> [(id: AreaID, name: String)],
            address: @escaping @Sendable () -> String?
        ) {
            self.places = places
            self.isManned = isManned
            self.areas = areas
            self.address = address
        }
    }

    /// The room's name.
    public let name = "patrol"
    /// Its tables.
    public let migrations: [Migration]
    let database: any Database
    let desk: PatrolDesk
    let surroundings: Surroundings
    /// Days for which tracks are kept.
    let trackDays: Int64
    let logger: Logger

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "patrol", bundle: .module) }
    /// Its templates and words.
    public static var resources: Bundle { .module }
    /// Its templates and words.
    public var bundle: Bundle { .module }

    /// Opens the room.
    /// - Parameter trackDays: how long tracks are kept; people are told.
    public init(
        database: any Database, desk: PatrolDesk, surroundings: Surroundings, trackDays: Int64, logger: Logger
    ) throws {
        migrations = try Self.schema()
        self.database = database
        self.desk = desk
        self.surroundings = surroundings
        self.trackDays = trackDays
        self.logger = logger
    }

    /// Rounds, and the page for the phone.
    public var navigation: [NavigationItem] {
        [
            NavigationItem("/patrol", key: "patrol.nav.rounds", icon: "units", needs: .patrolRead, order: 44),
            NavigationItem("/field/patrol", key: "patrol.nav.walk", icon: "place", needs: .patrolWalk, order: 45),
        ]
    }

    /// Its ways in.
    public func routes(_ routes: inout Routes) {
        overviewRoutes(&routes)
        roundRoutes(&routes)
        walkRoutes(&routes)
        fieldRoutes(&routes)
        trackRoutes(&routes)
    }

    /// Plans ahead and opens cases of what was missed.
    public func services() -> [any Service] { [PatrolClerk(database: database, desk: desk, logger: logger)] }

    /// Tracks are kept for a time and no longer.
    public static func retention(days: Int64) -> Retention {
        Retention(name: "tracks", days: days) { before, limit, db in
            try TrackStore.prune(before: before, limit: limit, in: db)
        }
    }

    /// Walks whose time is over with points missing, for the desk and for the log of a watch.
    public struct Missing: Sendable {
        /// The walk's page.
        public var href: String
        /// The round's name.
        public var round: String
        /// The points that are missing.
        public var points: [String]
        /// When the walk began.
        public var startsAt: Instant
        /// When it should have been over.
        public var endsAt: Instant
        /// The case, once it is open.
        public var caseID: CaseID?
    }

    /// What is missing of walks that ended in a span, oldest first; what was visited later counts as missing no more.
    public static func missing(endedIn span: Range<Instant>, limit: Int, in db: any Reading) throws -> [Missing] {
        let now = Instant.now
        let walks = try WalkStore.list(in: span, limit: limit, in: db).filter {
            span.contains($0.endsAt) && $0.endsAt <= now && $0.doneAt == nil
        }
        return try describe(walks, in: db)
    }

    /// What is late at this moment, and no case yet, as far as the caller may see it.
    public static func late(for caller: Caller, at now: Instant, in db: any Reading) throws -> [Missing] {
        guard caller.may(.patrolRead) else { return [] }
        let rounds = Dictionary(try RoundStore.all(in: db).map { ($0.id, $0.area) }) { first, _ in first }
        let walks = try WalkStore.late(at: now, in: db).filter { walk in
            guard let area = rounds[walk.round].flatMap(\.self), let own = caller.areas else { return true }
            return own.contains(area)
        }
        return try describe(walks, in: db)
    }

    private static func describe(_ walks: [Walk], in db: any Reading) throws -> [Missing] {
        let stops = try WalkStore.stops(of: walks.map(\.id), in: db)
        let names = Dictionary(try RoundStore.all(in: db).map { ($0.id, $0.name) }) { first, _ in first }
        return walks.compactMap { walk in
            let missing = (stops[walk.id] ?? []).filter { $0.at == nil }.map(\.name)
            guard !missing.isEmpty else { return nil }
            return Missing(
                href: "/patrol/walks/\(walk.id)", round: names[walk.round] ?? "", points: missing,
                startsAt: walk.startsAt, endsAt: walk.endsAt, caseID: walk.caseID)
        }
    }
}
