import CMosquitto
import Foundation
import Synchronization

/// A client of an MQTT 5 broker that acknowledges what has been stored and nothing else.
///
/// libmosquitto queues the PUBACK of a QoS 1 message before it hands the message over, and writes the queue when it is
/// told to. So the client reads what is there, hands it over as one batch, and writes the acknowledgements only when
/// the batch is stored. When it could not be stored, the connection is cut with the acknowledgements unwritten, and the
/// broker, which keeps the session, sends the messages again.
public final class MQTTClient: Sendable {
    /// What the client is doing.
    public enum Status: Sendable, Equatable {
        /// Not connected; the text says why.
        case disconnected(String)
        /// Connected and subscribed.
        case connected
        /// Stopped for good.
        case stopped
    }

    private struct State {
        var status = Status.disconnected("not started")
        var isStopping = false
        var isStarted = false
        var outgoing: [MQTTMessage] = []
        var oversized = 0
    }

    private let configuration: MQTTConfiguration
    private let store: @Sendable ([MQTTMessage]) -> Bool
    private let changed: @Sendable (Status) -> Void
    private let state = Mutex(State())
    private let ended = DispatchSemaphore(value: 0)
    /// How many messages are read before a batch is stored; the broker sends no more than its window unacknowledged.
    private static let batchLimit = 256
    private static let outgoingLimit = 1_000

    /// A client that is not connected yet.
    ///
    /// - Parameter store: called on the client's own thread, where it may block; `true` when all of the batch is
    ///   durable. QoS 1 messages of a batch that is not are sent again by the broker.
    /// - Parameter changed: called on the client's own thread when it is connected and after each try that failed.
    public init(
        _ configuration: MQTTConfiguration, changed: @escaping @Sendable (Status) -> Void = { _ in },
        store: @escaping @Sendable ([MQTTMessage]) -> Bool
    ) {
        self.configuration = configuration
        self.changed = changed
        self.store = store
    }

    /// What the client is doing.
    public var status: Status { state.withLock { $0.status } }

    /// How many payloads were larger than the limit and left out.
    public var oversized: Int { state.withLock { $0.oversized } }

    /// Connects on a thread of its own and keeps connecting until ``stop()``.
    public func start() {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst else { return }
        let thread = Thread { [self] in
            run()
            state.withLock { $0.status = .stopped }
            ended.signal()
        }
        thread.name = "mqtt"
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Disconnects; returns when the thread has ended.
    public func stop() async {
        let wasStarted = state.withLock { state in
            state.isStopping = true
            return state.isStarted
        }
        guard wasStarted else { return }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [ended] in
                ended.wait()
                ended.signal()
                continuation.resume()
            }
        }
    }

    /// Sends a message at QoS 1 when connected.
    /// - Returns: `false` when too many wait already.
    @discardableResult
    public func publish(_ message: MQTTMessage) -> Bool {
        state.withLock { state in
            guard state.outgoing.count < Self.outgoingLimit else { return false }
            state.outgoing.append(message)
            return true
        }
    }

    private func become(_ status: Status) {
        state.withLock { $0.status = status }
        changed(status)
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    // MARK: On the client's thread

    private func run() {
        guard let session = Session(configuration) else {
            become(.disconnected("the client could not be made; is the authority's file readable?"))
            return
        }
        defer { session.close() }
        var pauseMs = 250
        while !isStopping {
            let failure: String
            if let refusal = session.connect() {
                failure = refusal
            } else {
                failure = serve(session)
                if session.wasAccepted { pauseMs = 250 }
            }
            if isStopping { break }
            become(.disconnected(failure))
            let wakeAt = DispatchTime.now().uptimeNanoseconds + UInt64(pauseMs) * 1_000_000
            while !isStopping, DispatchTime.now().uptimeNanoseconds < wakeAt { usleep(20_000) }
            pauseMs = min(pauseMs * 2, configuration.longestPauseMs)
        }
        session.disconnect()
    }

    /// Reads, stores, acknowledges until the connection ends.
    /// - Returns: why it ended.
    private func serve(_ session: Session) -> String {
        while !isStopping {
            if let failure = session.waitAndRead(limit: Self.batchLimit) { return failure }
            if session.isReady, status != .connected { become(.connected) }
            if session.oversized > 0 {
                state.withLock { $0.oversized += session.oversized }
                session.oversized = 0
            }
            if !session.batch.isEmpty {
                let batch = session.batch
                session.batch.removeAll(keepingCapacity: true)
                guard store(batch) else {
                    session.cut()
                    return "a batch could not be stored"
                }
            }
            if session.isReady {
                let outgoing = state.withLock { state in
                    defer { state.outgoing.removeAll() }
                    return state.outgoing
                }
                for message in outgoing { session.publish(message) }
            }
            if let failure = session.write() { return failure }
        }
        return "stopped"
    }
}
