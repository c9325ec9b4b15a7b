import Foundation
import GB28181
import Kernel
import Logging
import Media
import SIP
import ServiceLifecycle
import Simulator
import Storage
import StorageTesting
import Synchronization
import Testing

@testable import Watch

/// A desk that keeps what it is told in a table.
struct FakeDesk: WatchDesk {
    static let migration = Migration(
        id: "zz-test/0001-desk",
        sql: """
            CREATE TABLE fake_case (id BIGINT PRIMARY KEY, signal_key TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL);
            CREATE TABLE fake_line (case_id BIGINT NOT NULL, text TEXT NOT NULL);
            """)

    func openCase(_ new: NewWatchCase, by person: WatchPerson, in db: any Writing) throws -> CaseID {
        if let known = try db.value(CaseID.self, "SELECT id FROM fake_case WHERE signal_key = \(new.key)") {
            return known
        }
        let id = CaseID.next()
        try db.execute(
            "INSERT INTO fake_case (id, signal_key, kind, title) VALUES (\(id), \(new.key), \("\(new.kind)"), \(new.title))"
        )
        return id
    }

    func note(_ text: String, on id: CaseID, by person: WatchPerson, at: Instant, in db: any Writing) throws {
        try db.execute("INSERT INTO fake_line (case_id, text) VALUES (\(id), \(text))")
    }

    func callPatrol(to id: CaseID, text: String, by person: WatchPerson, at: Instant, in db: any Writing) throws
        -> [String]
    { ["巡查一队"] }

    func area(at point: GeoPoint) -> AreaID? { nil }
    func name(of area: AreaID) -> String { "" }
    func audit(
        _ action: String, subject: String, by person: WatchPerson, purpose: String, at: Instant, in db: any Writing
    ) throws {}
    func word(_ key: String, _ values: [String: String]) -> String {
        key + values.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    }
}

/// A platform that listens on a port of its own, and recorders that speak to it.
final class WatchTown: Sendable {
    static let password = "Tw9-river"
    let database: any Database
    let platform: GBPlatform
    let port: Int
    private let storage: TestDatabase
    private let task: Task<Void, any Error>

    init(
        _ engine: Engine = .sqlite, sharing other: WatchTown? = nil, port wanted: Int = 0,
        media: (any MediaPlane)? = nil, _ change: (inout GBConfiguration) -> Void = { _ in }
    ) async throws {
        storage = if let other { other.storage } else { try await TestDatabase(engine) }
        database = storage.database
        if other == nil {
            try await Migrator.migrate(database, WatchRoom.schema() + [FakeDesk.migration])
        }
        var configuration = GBConfiguration(platform: .invented)
        configuration.sip.host = "127.0.0.1"
        configuration.sip.port = wanted
        change(&configuration)
        var logger = Logger(label: "watch")
        logger.logLevel = .critical
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let platform = try GBPlatform(
            configuration, database: database, desk: FakeDesk(), media: media, logger: logger
        ) { continuation.yield($0) }
        self.platform = platform
        task = Task { try await platform.run() }
        var iterator = ports.makeAsyncIterator()
        port = await iterator.next() ?? 0
    }

    func stop() async {
        task.cancel()
        _ = try? await task.value
    }

    /// Puts recorders into the register.
    func register(
        _ count: Int = 1, algorithm: DigestAlgorithm = .md5, transport: WatchDevice.Transport = .tcpPassive
    ) async throws {
        let devices = (1...count).compactMap { serial -> WatchDevice? in
            let text = String(serial)
            let digits = "99010101001180" + String(repeating: "0", count: 6 - text.count) + text
            guard let gbID = GBID(digits) else { return nil }
            return WatchDevice(
                id: .next(), gbID: gbID, name: "录像机\(serial)", area: nil, transport: transport, algorithm: algorithm,
                ha1: algorithm.ha1(user: digits, realm: "9901010100", password: Self.password))
        }
        try await database.write { db in for device in devices { try WatchDeviceStore.save(device, at: .now, in: db) } }
        try await platform.directory.load(database)
    }

    /// Switches recorders on until `body` is through.
    func play(_ change: (inout CameraTown.Plan) -> Void = { _ in }, _ body: (CameraTown) async throws -> Void)
        async throws
    {
        var plan = CameraTown.Plan()
        plan.port = port
        plan.password = Self.password
        change(&plan)
        let town = CameraTown(plan)
        let play = Task { await town.run() }
        do { try await body(town) } catch {
            play.cancel()
            await play.value
            throw error
        }
        play.cancel()
        await play.value
    }

    func devices() async throws -> [WatchDevice] { try await database.read { db in try WatchDeviceStore.all(in: db) } }

    func cameras() async throws -> [Camera] {
        var filter = CameraFilter()
        filter.kind = nil
        let wanted = filter
        return try await database.read { db in try CameraStore.list(wanted, limit: 500, in: db) }
    }
}

/// Waits until something holds; thirty seconds are far more than it needs.
func expectSoon(
    within seconds: Int = 30, _ holds: () async throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    for _ in 0..<(seconds * 20) {
        if try await holds() { return }
        try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("it did not happen within \(seconds) s", sourceLocation: sourceLocation)
}
