import Kernel
import MQTT

/// Turns a broker's messages into signals.
enum TopicTranslation {
    /// How old a kept message may be by its own word to count as news.
    static let retainedMs: Int64 = 10 * 60_000

    /// The signals of a message; none where it says nothing of a detector.
    ///
    /// - Parameter delivery: tells this delivery from every other. The same bytes twice are two events for a device that
    ///   sends states; a delivery that the broker repeats folds into the alarm that the first one raised.
    static func signals(
        _ message: MQTTMessage, rules: [TopicRule], broker: String, receivedAt: Instant, delivery: String
    ) -> [FireSignal] {
        guard let rule = rules.first(where: { $0.rest(of: message.topic) != nil }),
            let rest = rule.rest(of: message.topic), !rest.isEmpty
        else { return [] }
        let source = SignalSource(kind: .mqtt, address: rule.gateway, peer: broker)
        switch rule.shape {
        case .zigbee2mqtt:
            return zigbee(message, rest: String(rest), source: source, receivedAt: receivedAt, delivery: delivery)
        case .plain:
            let parts = rest.split(separator: "/")
            // A kept report is an event of the past.
            guard parts.last == "up", parts.count >= 2, !message.isRetained,
                let document = LooseJSON.read(message.payload),
                let signals = try? PlainReport.read(
                    document, device: String(parts[parts.count - 2]), source: source, receivedAt: receivedAt,
                    raw: message.payload, delivery: delivery)
            else { return [] }
            return signals
        }
    }

    private static func zigbee(
        _ message: MQTTMessage, rest: String, source: SignalSource, receivedAt: Instant, delivery: String
    ) -> [FireSignal] {
        guard !rest.hasPrefix("bridge/"), !rest.hasSuffix("/set"), !rest.hasSuffix("/get"), rest != "bridge" else {
            return []
        }
        if rest.hasSuffix("/availability") {
            guard !message.isRetained else { return [] }
            let document = LooseJSON.read(message.payload)
            let word = document?["state"]?.asText ?? String(decoding: message.payload, as: UTF8.self)
            guard word == "online" || word == "offline" else { return [] }
            let kind: FireSignal.Kind = word == "online" ? .online : .offline
            return [
                FireSignal(
                    source: source, address: String(rest.dropLast("/availability".count)), kind: kind,
                    receivedAt: receivedAt, raw: message.payload,
                    uniqueKey: "mqtt/\(source.address)/\(delivery)/\(word)")
            ]
        }
        guard let document = LooseJSON.read(message.payload), case .object(let members) = document else { return [] }
        let seen = document["last_seen"].flatMap { value -> Instant? in
            if case .number(let ms) = value { return Int64(exactly: ms.rounded()).map { Instant(ms: $0) } }
            return value.asText.flatMap { Instant($0) }
        }
        // What the broker has kept is a state of some time ago: news only when it is fresh by its own word.
        if message.isRetained {
            guard let seen, receivedAt - seen <= retainedMs else { return [] }
        }
        // What the centre itself sends in a drill bears its own name: sent again, it is the same.
        let name = document["drill"]?.asText.map { "\(rest)/\($0.prefix(64))" } ?? delivery
        return StateReport(members).signals(
            source: source, address: rest, isLevel: true, deviceTime: seen, receivedAt: receivedAt,
            raw: message.payload, key: "mqtt/\(source.address)/\(name)")
    }
}
