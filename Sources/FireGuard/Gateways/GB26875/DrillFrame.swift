import Foundation
import GB26875
import Kernel

/// The frame of a drill: what a detector's own gateway would send, with words in it that say it is a drill.
enum DrillFrame {
    /// A state report of one component in fire (GB/T 26875.3, 8.3.1.2).
    /// - Parameters:
    ///   - gateway: the gateway's address, 12 hexadecimal digits.
    ///   - detector: the component's, such as `1-1-40-0`.
    ///   - mark: at most 16 ASCII characters that no other frame has.
    /// - Returns: the bytes and the key that their signal will have; `nil` where an address is none of this protocol.
    static func make(
        gateway: String, detector: String, kind: UInt8 = 40, mark: String, serial: UInt16, at now: Instant
    ) -> (bytes: [UInt8], key: String)? {
        let parts = detector.split(separator: "-").map { UInt16($0) }
        guard let source = FrameTranslation.bytes(gateway), parts.count == 4, let system = parts[0].flatMap(UInt8.init),
            let systemAddress = parts[1].flatMap(UInt8.init), let low = parts[2], let high = parts[3]
        else { return nil }
        let two = { (number: UInt16) in [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)] }
        var text = Array("DRILL \(mark)".utf8.prefix(31))
        text += [UInt8](repeating: 0, count: 31 - text.count)
        // State word: bit 0 in normal service, bit 1 fire.
        let data = [2, 1, system, systemAddress, kind] + two(low) + two(high) + [3, 0] + text + FrameTime.bytes(now)
        let frame = Frame(
            serial: serial, time: FrameTime.bytes(now), source: source,
            destination: [UInt8](repeating: 0, count: 6), command: Frame.Command.send, data: data)
        let content = FrameTranslation.read(frame, peer: "", receivedAt: now)
        guard let signal = content.signals.first(where: { $0.kind == .fire }) else { return nil }
        return (frame.bytes, signal.uniqueKey)
    }
}
