import Foundation
import Kernel
import Logging
import MQTT
import ServiceLifecycle
import Synchronization

/// Listens to a broker and acknowledges what has been committed.
public struct BrokerGateway: Service {
    let client: MQTTClient
    private let logger: Logger

    /// A client of `configuration`'s broker; the rules name the topics.
    public init(_ configuration: MQTTConfiguration, rules: [TopicRule], ingest: Ingest, logger: Logger) {
        var configuration = configuration
        configuration.topics = rules.map(\.filter)
        let broker = configuration.host
        let counter = DeliveryCounter()
        client = MQTTClient(configuration) { batch in
            let now = Instant.now
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
        self.logger = logger
    }

    /// Runs until the service group shuts down.
    public func run() async throws {
        client.start()
        try? await gracefulShutdown()
        await client.stop()
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
