import Foundation
import Glibc
import Kernel
import Logging
import MQTT
import Storage
import Synchronization
import Testing

@testable import FireGuard

/// A mosquitto process on a port of its own, with its persistence in a folder of its own.
final class Broker: Sendable {
    let port: Int
    private let process: Mutex<Process?> = Mutex(nil)
    private let folder: URL

    init() throws {
        port = Self.freePort()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("broker-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let text = "listener \(port) 127.0.0.1\nallow_anonymous true\npersistence false\n"
        try text.write(to: folder.appendingPathComponent("conf"), atomically: true, encoding: .utf8)
        try start()
    }

    /// A port that nothing listens on at this moment.
    private static func freePort() -> Int {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(socket, $0, length)
                _ = getsockname(socket, $0, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/sbin/mosquitto")
        process.arguments = ["-c", folder.appendingPathComponent("conf").path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process.withLock { $0 = process }
    }

    /// Kills the process: a child of a worker thread inherits a mask that holds other signals back. Polled, since
    /// waiting would hold a thread of the cooperative pool.
    func stop() async throws {
        let ending = process.withLock { $0 }
        if let ending { kill(ending.processIdentifier, SIGKILL) }
        while ending?.isRunning == true { try await Task.sleep(for: .milliseconds(10)) }
    }

    deinit {
        if let process = process.withLock({ $0 }), process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(at: folder)
    }
}

@Suite("A broker")
struct BrokerTests {
    private static let rules = [TopicRule(prefix: "zigbee2mqtt", shape: .zigbee2mqtt, gateway: "z2m")]

    private func until(_ condition: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<500 {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    private func signals(_ topic: String, _ payload: String, retained: Bool = false) -> [FireSignal.Kind] {
        TopicTranslation.signals(
            MQTTMessage(topic: topic, payload: Array(payload.utf8), isRetained: retained), rules: Self.rules,
            broker: "b", receivedAt: CivilTime.instant(2026, 11, 24, 9), delivery: "1"
        ).map(\.kind)
    }

    @Test("zigbee2mqtt's payload is understood as it comes")
    func payload() {
        #expect(
            signals(
                "zigbee2mqtt/仓库 1",
                #"{"smoke":true,"battery_low":false,"battery":97,"linkquality":26,"test":false,"tamper":false}"#)
                == [.fire, .batteryOK])
        #expect(signals("zigbee2mqtt/x", #"{"smoke":false,"battery_low":true}"#) == [.restore, .lowBattery])
        #expect(signals("zigbee2mqtt/x", #"{"smoke":false,"test":true}"#) == [.restore, .test])
        #expect(signals("zigbee2mqtt/x/availability", #"{"state":"offline"}"#) == [.offline])
        #expect(signals("zigbee2mqtt/bridge/state", #"{"state":"online"}"#).isEmpty)
        #expect(signals("other/x", #"{"smoke":true}"#).isEmpty)
        #expect(signals("zigbee2mqtt/x", "smoke").isEmpty)
    }

    @Test("What the broker has kept raises no alarm unless it is fresh by its own word")
    func retained() {
        #expect(signals("zigbee2mqtt/x", #"{"smoke":true}"#, retained: true).isEmpty)
        #expect(
            signals("zigbee2mqtt/x", #"{"smoke":true,"last_seen":"2026-11-20T09:00:00Z"}"#, retained: true).isEmpty)
        #expect(
            signals("zigbee2mqtt/x", #"{"smoke":true,"last_seen":"2026-11-24T08:59:00+08:00"}"#, retained: true)
                == [.fire])
    }

    @Test("A fire from a real broker is an alarm, also after the broker was away")
    func endToEnd() async throws {
        let town = try await Town()
        let (site, gateway) = (town.site.id, Gateway(id: .next(), kind: .mqtt, address: "z2m", name: "网桥"))
        try await town.database.write { db in
            try DeviceStore.save(gateway, in: db)
            try DeviceStore.save(
                Detector(
                    id: DetectorID(rawValue: 60), site: site, gateway: gateway.id, address: "kitchen", kind: .smoke,
                    place: "厨房"), in: db)
        }
        let broker = try Broker()
        var configuration = MQTTConfiguration(host: "127.0.0.1", port: broker.port, clientID: "zhili-test", topics: [])
        configuration.longestPauseMs = 500
        let (logger, state) = (Logger(label: "test"), BrokerState(place: "test", logger: Logger(label: "test")))
        let listener = BrokerGateway(
            configuration, rules: Self.rules, ingest: town.ingest, database: town.database, state: state, logger: logger
        )
        let running = Task { try await listener.run() }
        defer { running.cancel() }
        var other = configuration
        other.clientID = "zigbee2mqtt"
        let bridge = MQTTClient(other) { _ in true }
        bridge.start()
        #expect(try await until { state.phase == .connected && bridge.status == .connected })
        bridge.publish(MQTTMessage(topic: "zigbee2mqtt/kitchen", payload: Array(#"{"smoke":true}"#.utf8)))
        #expect(try await until { try await town.alarms().count == 1 })
        #expect(try await town.alarms().first?.detector == DetectorID(rawValue: 60))

        try await broker.stop()
        #expect(try await until { state.phase != .connected && bridge.status != .connected })
        try broker.start()
        #expect(try await until { state.phase == .connected && bridge.status == .connected })
        bridge.publish(MQTTMessage(topic: "zigbee2mqtt/kitchen", payload: Array(#"{"smoke":true}"#.utf8)))
        #expect(try await until { try await town.alarms().first?.repeats == 1 })
        await bridge.stop()
        try await broker.stop()
    }

    @Test("A message that could not be stored is not acknowledged: the broker sends it again")
    func unacknowledged() async throws {
        let broker = try Broker()
        let tries = Mutex(0)
        let client = MQTTClient(
            MQTTConfiguration(
                host: "127.0.0.1", port: broker.port, clientID: "zhili-test", topics: ["t/#"], longestPauseMs: 300)
        ) { batch in
            tries.withLock { tries in
                tries += batch.count
                return tries >= 3
            }
        }
        client.start()
        let other = MQTTClient(
            MQTTConfiguration(host: "127.0.0.1", port: broker.port, clientID: "other", topics: [])
        ) { _ in true }
        other.start()
        #expect(try await until { client.status == .connected && other.status == .connected })
        other.publish(MQTTMessage(topic: "t/1", payload: [1]))
        #expect(try await until { tries.withLock { $0 } >= 3 })
        try await Task.sleep(for: .milliseconds(600))
        #expect(tries.withLock { $0 } == 3)
        await client.stop()
        await other.stop()
        try await broker.stop()
    }
}
