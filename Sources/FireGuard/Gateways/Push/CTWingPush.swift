import Kernel

/// CTWing's HTTP push. It carries no signature: what comes in is bound by an unguessable path or token, and by the
/// register of devices.
enum CTWingPush {
    /// Reads one message; `profile` explains the bytes of a transparent product.
    /// - Throws: a 422 that names what is missing.
    static func read(
        _ document: LooseJSON, source: SignalSource, receivedAt: Instant, raw: [UInt8], profile: ByteProfile? = nil
    ) throws(Problem) -> [FireSignal] {
        guard let device = document["deviceId"]?.asText ?? document["IMEI"]?.asText, !device.isEmpty else {
            throw .invalid(["deviceId": "required"])
        }
        guard let type = document["messageType"]?.asText else { throw .invalid(["messageType": "required"]) }
        let time = document["timestamp"]?.asNumber.flatMap { Int64(exactly: $0.rounded()) }.map { Instant(ms: $0) }
        // A second try repeats the body, whose packet number is of no use (-1): the whole body is the key.
        let key = "ctwing/\(device.prefix(48))/\(Fingerprint.text(raw))"
        func single(_ kind: FireSignal.Kind, _ text: String = "") -> [FireSignal] {
            [
                FireSignal(
                    source: source, address: device, kind: kind, deviceTime: time, receivedAt: receivedAt, text: text,
                    raw: raw, uniqueKey: "\(key)/\(kind.rawValue)")
            ]
        }
        switch type {
        case "dataReport", "dataReportTupUnion":
            guard let payload = document["payload"] else { throw .invalid(["payload": "required"]) }
            if let data = payload["APPdata"]?.asText {
                return try TransparentPayload.read(
                    data, device: device, profile: profile, source: source, deviceTime: time, receivedAt: receivedAt,
                    key: key)
            }
            let members = payload["serviceData"]?.members ?? payload.members
            return StateReport(members).signals(
                source: source, address: device, isLevel: true, deviceTime: time, receivedAt: receivedAt, raw: raw,
                key: key)
        case "eventReport":
            guard let content = document["eventContent"] else { throw .invalid(["eventContent": "required"]) }
            let report = StateReport(content.members)
            let isFault = document["eventType"]?.asNumber == 3
            if isFault, !report.kinds.contains(where: { $0.kind == .fire || $0.kind == .lowBattery }) {
                return single(.fault, "eventType=3")
            }
            return report.signals(
                source: source, address: device, isLevel: false, deviceTime: time, receivedAt: receivedAt, raw: raw,
                key: key)
        case "deviceOnlineOfflineReport":
            // Narrow-band devices sleep: the platform's "offline" is no silence, their own deadline is.
            return document["eventType"]?.asNumber == 1 ? single(.alive) : []
        default:
            return []
        }
    }
}

/// A short fingerprint of bytes (FNV-1a, 64 bits), for keys that tell second tries apart, not for secrets.
enum Fingerprint {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
