import Kernel
import Logging
import MQTT
import Synchronization

/// What is known of the broker, for the page of gateways, `/metrics` and the log, which hears of each change once.
final class BrokerState: Sendable {
    enum Phase: Sendable, Equatable {
        /// No broker is configured.
        case off
        /// Not tried yet.
        case starting
        /// Another node of the same database listens.
        case elsewhere
        /// Not reached; the text says why.
        case unreachable(String)
        case connected

        /// As the API calls it.
        var name: String {
            switch self {
            case .off: "off"
            case .starting: "starting"
            case .elsewhere: "elsewhere"
            case .unreachable: "unreachable"
            case .connected: "connected"
            }
        }

        /// Whether two phases are the same but for their words.
        func isLike(_ other: Phase) -> Bool {
            if case .unreachable = self, case .unreachable = other { return true }
            return self == other
        }
    }

    /// `HOST:PORT`; `nil` where there is no broker.
    let place: String?
    private let logger: Logger
    private let state: Mutex<(phase: Phase, since: Instant)>

    init(place: String?, logger: Logger) {
        self.place = place
        self.logger = logger
        state = Mutex((place == nil ? .off : .starting, .now))
        guard place != nil else { return }
        Metrics.shared.gauge("zhili_mqtt_connected", "Whether this node listens to the broker") { [weak self] in
            self?.phase == .connected ? 1 : 0
        }
    }

    var phase: Phase { state.withLock { $0.phase } }
    /// Since when the phase holds.
    var since: Instant { state.withLock { $0.since } }

    func become(_ phase: Phase, at now: Instant = .now) {
        let isNews = state.withLock { state in
            let isNews = !state.phase.isLike(phase)
            if isNews { state.since = now }
            state.phase = phase
            return isNews
        }
        guard isNews, let place else { return }
        switch phase {
        case .connected: logger.info("the broker is heard", metadata: ["broker": "\(place)"])
        case .unreachable(let why):
            logger.warning(
                "the broker is not reached; it is tried again, and its return is told",
                metadata: ["broker": "\(place)", "reason": "\(why)"])
        case .off, .starting, .elsewhere: break
        }
    }

    /// Takes the client's word.
    func note(_ status: MQTTClient.Status) {
        switch status {
        case .connected: become(Phase.connected)
        case .disconnected(let why): become(Phase.unreachable(why))
        case .stopped: break
        }
    }
}
