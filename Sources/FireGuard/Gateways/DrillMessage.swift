import Crypt
import Foundation
import Kernel
import MQTT

/// What a drill sends in its detector's place, by whichever way the detector itself speaks.
enum DrillMessage {
    /// - Parameters:
    ///   - rule: the topics of a gateway at the broker.
    ///   - reference: the drill's own name.
    /// - Returns: the bytes (of a message by topic its payload) and the key that their signal will have; `nil` where
    ///   there is no such way.
    static func make(
        _ gateway: Gateway, _ detector: Detector, rule: TopicRule?, reference: String, at now: Instant
    ) -> (bytes: [UInt8], key: String)? {
        guard let token = try? Secret.token() else { return nil }
        let mark = "drill-\(token.prefix(40))"
        let source = SignalSource(kind: gateway.kind, address: gateway.address, peer: gateway.address)
        var bytes: [UInt8] = []
        let signals: [FireSignal]?
        switch gateway.kind {
        case .gb26875:
            return DrillFrame.make(
                gateway: gateway.address, detector: detector.address, mark: reference,
                serial: .random(in: 0...UInt16.max), at: now)
        case .mqtt:
            guard let rule, !detector.address.contains(where: { "+#".contains($0) }) else { return nil }
            let message = OwnFire.of(rule, device: detector.address, mark: mark)
            bytes = message.payload
            signals = TopicTranslation.signals(message, rules: [rule], broker: "", receivedAt: now, delivery: mark)
        case .json:
            bytes = OwnFire.body(gateway, device: detector.address, mark: mark)
            signals = LooseJSON.read(bytes).flatMap { document in
                try? PlainReport.read(document, source: source, receivedAt: now, raw: [], delivery: mark)
            }
        case .ctwing:
            bytes = OwnFire.body(gateway, device: detector.address, mark: mark)
            let sent = bytes
            signals = LooseJSON.read(sent).flatMap { document in
                try? CTWingPush.read(document, source: source, receivedAt: now, raw: sent)
            }
        case .onenet:
            bytes = OwnFire.body(gateway, device: detector.address, mark: mark)
            signals = try? OneNETPush.read(bytes, token: gateway.secret, source: source, receivedAt: now)
        }
        let fire = signals?.first { $0.kind == .fire && $0.address == detector.address }
        return fire.map { (bytes, $0.uniqueKey) }
    }
}
