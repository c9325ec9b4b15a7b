import Foundation
import Kernel
import Logging
import MQTT
import ServiceLifecycle
import Storage
import Synchronization

/// Listens to a broker and acknowledges what has been committed.
///
/// The broker keeps one session for the centre. Of several nodes on one database the one that holds its lease listens;
/// when that node dies another takes the session over, with what the broker has kept for it.
public struct BrokerGateway: Service {
    private let configuration: MQTTConfiguration
    private let rules: [TopicRule]
    private let ingest: Ingest
    private let database: any Database
    let state: BrokerState
    private let logger: Logger

    static let leaseMs: Int64 = 9_000
    private static let messages = Metrics.shared.counter("zhili_mqtt_messages_total", "Messages taken from the broker")

    /// A client of `configuration`'s broker; the rules name the topics.
    init(
        _ configuration: MQTTConfiguration, rules: [TopicRule], ingest: Ingest, database: any Database,
        state: BrokerState, logger: Logger
    ) {
        self.configuration = configuration
        self.rules = rules
        self.ingest = ingest
        self.database = database
        self.state = state
        self.logger = logger
    }

    /// Runs until the service group shuts down.
    public func run() async throws {
        let (name, owner) = ("mqtt/\(configuration.clientID)", ID<BrokerGateway>.next().description)
        await cancelWhenGracefulShutdown { [self] in
            var client: MQTTClient?
            while !Task.isCancelled {
                // Without the database nothing changes: what cannot be stored is not acknowledged.
                let holds = try? await database.write { db in
                    try Lease.take(name, for: owner, ms: Self.leaseMs, at: .now, in: db)
                }
                if holds == true, client == nil {
                    let started = makeClient()
                    started.start()
                    client = started
                } else if holds == false {
                    await client?.stop()
                    client = nil
                    state.become(.elsewhere)
                }
                try? await Task.sleep(for: .milliseconds(Self.leaseMs / 3))
            }
            await client?.stop()
        }
        try? await database.write { db in try Lease.giveBack(name, of: owner, in: db) }
    }

    private func makeClient() -> MQTTClient {
        var configuration = configuration
        configuration.topics = rules.map(\.filter)
        let (broker, counter) = (configuration.host, DeliveryCounter())
        let (rules, ingest, state, logger) = (rules, ingest, state, logger)
        return MQTTClient(configuration) {
            state.note($0)
        } store: { batch in
            let now = Instant.now
            Self.messages.add(batch.count)
            let signals = batch.flatMap { message in
                TopicTranslation.signals(
                    message, rules: rules, broker: broker, receivedAt: now, delivery: "\(now.ms)-\(counter.next())")
            }
            guard !signals.isEmpty else { return true }
            return Self.wait {
                do {
                    try await ingest.take(signals)
                    return true
                } catch {
                    logger.error("messages of the broker could not be stored", metadata: ["error": "\(error)"])
                    return false
                }
            }
        }
    }

    /// Waits on the client's own thread, which may block, for work of the cooperative pool.
    private static func wait(_ work: @escaping @Sendable () async -> Bool) -> Bool {
        let done = DispatchSemaphore(value: 0)
        let box = ResultBox()
        Task {
            box.result.store(await work(), ordering: .releasing)
            done.signal()
        }
        done.wait()
        return box.result.load(ordering: .acquiring)
    }
}

private final class ResultBox: Sendable {
    let result = Atomic<Bool>(false)
}

private final class DeliveryCounter: Sendable {
    private let count = Atomic<UInt64>(0)
    func next() -> UInt64 { count.add(1, ordering: .relaxed).newValue }
}
