import Foundation
import GB26875
import Kernel

/// What CTWing passes on unread (`APPdata`, base64): frames of GB/T 26875.3, a JSON object, or bytes that the gateway's
/// ``ByteProfile`` explains.
enum TransparentPayload {
    /// The signals of a payload.
    /// - Parameter key: tells this transmission from every other.
    /// - Throws: a 422 where the payload is no base64.
    static func read(
        _ text: String, device: String, profile: ByteProfile?, source: SignalSource, deviceTime: Instant?,
        receivedAt: Instant, key: String
    ) throws(Problem) -> [FireSignal] {
        guard text.utf8.count <= 8_192, let data = Data(base64Encoded: text) else {
            throw .invalid(["payload.APPdata": "invalid"])
        }
        let bytes = Array(data)
        func signal(_ kind: FireSignal.Kind, text: String = "", battery: Int? = nil) -> FireSignal {
            FireSignal(
                source: source, address: device, kind: kind, isLevel: true, deviceTime: deviceTime,
                receivedAt: receivedAt, text: text, battery: battery, raw: bytes, uniqueKey: "\(key)/\(kind.rawValue)")
        }
        if let profile {
            let found = profile.read(bytes)
            guard found.kinds.isEmpty else { return found.kinds.map { signal($0, battery: found.battery) } }
            return [signal(.restore, battery: found.battery)]
        }
        if bytes.first == UInt8(ascii: "{"), let document = LooseJSON.read(bytes) {
            return StateReport(document.members).signals(
                source: source, address: device, isLevel: true, deviceTime: deviceTime, receivedAt: receivedAt,
                raw: bytes, key: key)
        }
        let framed = frames(bytes, device: device, source: source, receivedAt: receivedAt, key: key)
        // Not understood: kept as it came, for whoever writes the profile, and a sign of life.
        return framed.isEmpty ? [signal(.operation, text: "APPdata")] : framed
    }

    /// The signals of whole frames. The platform vouches for the device: its number is the address, whatever component
    /// the frame names.
    private static func frames(
        _ bytes: [UInt8], device: String, source: SignalSource, receivedAt: Instant, key: String
    ) -> [FireSignal] {
        var decoder = FrameDecoder()
        decoder.append(bytes)
        var signals: [FireSignal] = []
        while case .frame(let frame)? = decoder.next() {
            let content = FrameTranslation.read(frame, peer: source.peer, receivedAt: receivedAt)
            for found in content.signals {
                var signal = found
                signal.source = source
                signal.address = device
                signal.scope = .component
                signal.uniqueKey = "\(key)/\(signals.count)"
                signals.append(signal)
            }
            if content.signals.isEmpty, !content.isMalformed {
                signals.append(
                    FireSignal(
                        source: source, address: device, kind: .alive, receivedAt: receivedAt, raw: bytes,
                        uniqueKey: "\(key)/\(signals.count)"))
            }
        }
        return signals
    }
}
