import Kernel
import Logging
import MQTT
import Storage
import StorageTesting
import Synchronization
import Testing

@testable import FireGuard

@Suite("The daily trial of ways in")
struct GatewayTrialTests {
    private static let rules = [
        TopicRule(prefix: "zigbee2mqtt", shape: .zigbee2mqtt, gateway: "z2m"),
        TopicRule(prefix: "fire/v1", shape: .plain, gateway: "fire"),
    ]
    private let logger = Logger(label: "test")

    private func trials(
        _ town: Town, server: UITDServer? = nil, broker: MQTTConfiguration? = nil,
        post: @escaping Loopback.Post = { _, _, _ in nil }
    ) -> GatewayTrials {
        GatewayTrials(
            minute: 0, over: Loopback(server: server, broker: broker.map { ($0, Self.rules) }, post: post),
            database: town.database, desk: FakeDesk(), logger: logger)
    }

    private func outcome(_ town: Town, _ way: TrialWay) async throws -> GatewayTrial? {
        try await town.database.read { db in try GatewayTrialStore.newest(of: way.name, before: .now + 1, in: db) }
    }

    @Test("It comes in by the port, and nobody is told", arguments: Engine.allCases)
    func line(_ engine: Engine) async throws {
        let town = try await Town(engine)
        var bounds = UITDConfiguration()
        (bounds.host, bounds.port) = ("127.0.0.1", 0)
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let server = UITDServer(bounds, ingest: town.ingest, directory: GatewayDirectory(), logger: logger) {
            told.yield($0)
        }
        let running = Task { try await server.run() }
        defer { running.cancel() }
        var iterator = ports.makeAsyncIterator()
        _ = await iterator.next()

        let way = TrialWay(kind: .line)
        try await trials(town, server: server).run(way)
        let found = try #require(try await outcome(town, way))
        #expect(found.heardAt != nil && found.failure == nil && found.caseID == nil)
        #expect(try await town.alarms().isEmpty)
        #expect(try await town.count("SELECT 1 FROM fake_case") == 0)
        #expect(try await town.count("SELECT 1 FROM fake_message") == 0)
        // The same port still takes a real fire for one.
        let device = try TestDevice(port: try #require(server.port))
        await device.send(TestFrame.fire(point: 1))
        _ = await device.receive(30)
        #expect(try await town.alarms().count == 1)
    }

    @Test("It comes back from the broker in the shape of each topic, and leaves no session there")
    func topics() async throws {
        let town = try await Town()
        try await town.database.write { db in
            for address in ["z2m", "fire"] {
                try DeviceStore.save(Gateway(id: .next(), kind: .mqtt, address: address, name: address), in: db)
            }
        }
        let broker = try Broker()
        let configuration = MQTTConfiguration(
            host: "127.0.0.1", port: broker.port, clientID: "zhili-test", topics: [])
        let listener = BrokerGateway(
            configuration, rules: Self.rules, ingest: town.ingest, database: town.database,
            state: BrokerState(place: "test", logger: logger), logger: logger)
        let running = Task { try await listener.run() }
        defer { running.cancel() }
        while listener.state.phase != .connected { try await Task.sleep(for: .milliseconds(20)) }

        let trials = trials(town, broker: configuration)
        let ways = try await town.database.read { db in try trials.ways(in: db) }
        #expect(ways.map(\.name) == ["mqtt/zigbee2mqtt", "mqtt/fire/v1"])
        for way in ways {
            try await trials.run(way)
            #expect(try await outcome(town, way)?.heardAt != nil, "\(way.name)")
        }
        #expect(try await town.alarms().isEmpty)
    }

    @Test("A way that is shut opens work once, and its end is noted there", arguments: Engine.allCases)
    func shut(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let gateway = Gateway(id: .next(), kind: .json, address: "school", name: "学校平台")
        try await town.database.write { db in try DeviceStore.save(gateway, in: db) }
        let way = TrialWay(kind: .push(gateway))
        let isOpen = Atomic<Bool>(false)
        let ingest = town.ingest
        let trials = trials(town) { path, headers, body in
            guard path == "/push/school", isOpen.load(ordering: .acquiring) else { return nil }
            guard let document = LooseJSON.read(body),
                let signals = try? PlainReport.read(
                    document, source: SignalSource(kind: .json, address: "school", peer: "school"),
                    receivedAt: .now, raw: body, delivery: "1")
            else { return 422 }
            return (try? await ingest.take(signals)) == nil ? 503 : 200
        }
        for _ in 0..<2 { try await trials.run(way) }
        let failed = try #require(try await outcome(town, way))
        #expect(failed.failure == .unreachable && failed.caseID != nil)
        #expect(try await town.count("SELECT 1 FROM fake_case WHERE work = 1") == 1)
        isOpen.store(true, ordering: .releasing)
        try await trials.run(way)
        #expect(try await outcome(town, way)?.heardAt != nil)
        #expect(try await town.count("SELECT 1 FROM fake_line WHERE text = 'fire.trial.over'") == 1)
        #expect(try await town.count("SELECT 1 FROM fake_case") == 1)
    }
}
