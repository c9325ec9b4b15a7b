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
import NIOCore
import Notify
import Pictures
import Places
import Registry
import ServiceLifecycle
import Storage
import UnixSignals
import Watch
import Web

/// Opens the rooms and joins them.
public struct Centre: Sendable {
    let configuration: CentreConfiguration
    let database: any Database
    let audit: Audit
    /// This process's number on the database.
    let node: NodeNumber?
    /// This process, as leases name it.
    let owner: String
    /// The rooms' migrations.
    let steps: [Migration]
    let logger: Logger

    /// Opens the data folder, makes or brings up to date its tables.
    /// - Parameter mustExist: whether a folder without a centre is an error rather than made into one.
    /// - Throws: ``CentreError`` in words, or ``StorageError``.
    public init(_ configuration: CentreConfiguration, logger: Logger, mustExist: Bool = false) async throws {
        self.configuration = configuration
        self.logger = logger
        let file = configuration.folder.appendingPathComponent("zhili.db")
        if mustExist, configuration.database == nil, !FileManager.default.fileExists(atPath: file.path) {
            throw CentreError(
                description: """
                    there is no centre in \(configuration.folder.path); name its folder by --data, or make one: \
                    zhili setup --data \(configuration.folder.path)
                    """)
        }
        do {
            try FileManager.default.createDirectory(at: configuration.folder, withIntermediateDirectories: true)
        } catch {
            throw CentreError(
                description:
                    "the data folder \(configuration.folder.path) cannot be made: \(String(cString: strerror(errno)))")
        }
        steps = try RoomList.schema()
        database =
            if let url = configuration.database {
                try PostgresDatabase(url: url)
            } else {
                try SQLiteDatabase(path: file.path)
            }
        try await Migrator.migrate(database, steps)
        owner = try Secret.token()
        if let number = configuration.node {
            node = nil
            IDGenerator.shared.setNode(number)
        } else {
            let taken = try await NodeNumber.take(database, owner: owner)
            IDGenerator.shared.setNode(taken.number)
            node = taken
        }
        audit = try Audit(folder: configuration.folder, key: configuration.auditKey)
        guard try await audit.isOurs(database) else {
            throw CentreError(
                description: """
                    the audit log of this database was written with another key than \(audit.keyFile.path); put a copy of \
                    the right one there, or name it by audit-key
                    """)
        }
    }

    /// The name of the invented town.
    private static let sampleTown = "云汐镇（示例）"

    /// Makes the first people; with `sample` the whole invented town.
    /// - Parameter records: about how many records its registry gets; 100,000 is a town of full size.
    public func setUp(
        sample: Bool, trialPassword: String?, records: Int = 1_000
    ) async throws -> [SetUp.Made] {
        let made = try await SetUp(database: database, audit: audit, hasher: PasswordHasher())
            .run(sample: sample, trialPassword: trialPassword, at: .now)
        guard sample, !made.isEmpty else { return made }
        try Messaging.useSample(in: configuration.folder)
        let map = try SampleMap(town: Self.sampleTown)
        try await database.write { db in try PlacesRoom.add(map.areas, map.landmarks, in: db) }
        let areas = try await PlacesRoom(database: database, logger: logger).index
        let plan = try await Pictures.reencode(SamplePlan.png())
        let recorders = SampleCameras(
            map: map, areas: areas, platform: configuration.gb28181Platform,
            password: try trialPassword ?? Secret.password())
        try await database.write { db in
            try SampleDuty().plan(at: .now, in: db)
            try SamplePlans().add(at: .now, in: db)
            try recorders.register(at: .now, in: db)
            try SampleRounds(map: map, audit: audit).add(at: .now, in: db)
            let owner = try StaffDirectory.onDuty(role: .owner, area: nil, in: db).first
            try SampleSites(map: map, areas: areas, owner: owner?.id, plan: plan.bytes).register(at: .now, in: db)
            for (role, name, kind) in [(Role.brigade, "镇消防救援站（示例）", "brigade"), (.patrol, "巡查一队（示例）", "patrol")] {
                let members = try StaffDirectory.onDuty(role: role, area: nil, in: db)
                try CasesRoom.addUnit(
                    name: name, kind: kind, phone: members.first?.phone ?? "", members: members.map(\.id), in: db)
            }
        }
        _ = try await RegistryRoom.makeSample(
            database: database, folder: configuration.folder, areas: map.areas, records: records, at: .now,
            locate: areas.area(at:)
        ) { id, number in
            map.spot(in: id, number)
        }
        let places = areas.all.filter { $0.kind == .cooperative }.prefix(5).enumerated().compactMap {
            map.spot(in: $0.element.id, UInt64($0.offset))
        }
        try await SampleReports(
            database: database, areas: areas, audit: audit, folder: configuration.folder, logger: logger,
            places: places
        ).makeDepartments(made)
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
        guard try await database.read({ db in try db.value(Int64.self, "SELECT id FROM staff LIMIT 1") != nil }) else {
            throw CentreError(
                description:
                    "nobody can log in yet; make the first people: zhili setup --data \(configuration.folder.path)")
        }
        let house = try await house()
        let group = ServiceGroup(
            configuration: .init(
                services: house.services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        let failure: (any Error)?
        do {
            try await group.run()
            failure = nil
        } catch {
            failure = error
        }
        try? await house.client.shutdown()
        await close()
        if let error = failure as? IOError, error.errnoCode == EADDRINUSE {
            throw CentreError(
                description: """
                    a port is taken: listen (\(configuration.host):\(configuration.port)) or gb26875-port \
                    (\(configuration.gb26875Port)); is another centre running?
                    """)
        }
        if let failure { throw failure }
    }

    /// Gives the node's number back and closes the store.
    public func close() async {
        await node?.giveBack()
        await database.close()
    }
}
