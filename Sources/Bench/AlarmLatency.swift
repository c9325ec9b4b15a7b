import Foundation
import GB26875
import Kernel
import Synchronization

/// Frame in → confirmed (so committed) → event at a screen, at a steady rate of alarms.
struct AlarmLatency {
    var rate: Int
    var confirmed: Samples
    var onScreen: Samples

    /// Sends `count` fires, each of another detector, over one connection; events come in the order of the frames.
    static func measure(
        _ centre: CentreProcess, screen: Connection, rate: Int, count: Int, firstDetector: Int, address: UInt64
    ) throws -> AlarmLatency {
        let device = try Connection(port: centre.devices)
        let sent = Mutex<[Int64]>([])
        let group = DispatchGroup()
        let confirmed = Mutex(Samples())
        let onScreen = Mutex(Samples())
        DispatchQueue.global().async(group: group) {
            var decoder = FrameDecoder()
            var seen = 0
            while seen < count {
                let bytes = device.receive()
                guard !bytes.isEmpty else { return }
                let now = nanoseconds()
                decoder.append(bytes)
                while let found = decoder.next() {
                    guard case .frame(let frame) = found, frame.command == Frame.Command.confirm else { continue }
                    let start = sent.withLock { $0[seen] }
                    confirmed.withLock { $0.add(now - start) }
                    seen += 1
                }
            }
        }
        DispatchQueue.global().async(group: group) {
            var seen = 0
            var rest: [UInt8] = []
            let mark = Array("{\"type\":\"alarm.raised\"".utf8)
            while seen < count {
                let bytes = screen.receive()
                guard !bytes.isEmpty else { return }
                let now = nanoseconds()
                rest += bytes
                var start = 0
                while let index = find(mark, in: rest, from: start) {
                    let began = sent.withLock { seen < $0.count ? $0[seen] : now }
                    onScreen.withLock { $0.add(now - began) }
                    seen += 1
                    start = index + mark.count
                    if seen == count { break }
                }
                rest = Array(rest[max(start, rest.count - mark.count + 1)...])
            }
        }
        let begin = nanoseconds()
        for index in 0..<count {
            let due = begin + Int64(index) * 1_000_000_000 / Int64(rate)
            let pause = due - nanoseconds()
            if pause > 0 { usleep(UInt32(pause / 1_000)) }
            let bytes = fire(
                serial: UInt16(truncatingIfNeeded: firstDetector + index), detector: firstDetector + index, address)
            sent.withLock { $0.append(nanoseconds()) }
            device.send(bytes)
        }
        guard group.wait(timeout: .now() + 60) == .success else {
            throw BenchError(description: "not every alarm arrived at \(rate) a second")
        }
        return AlarmLatency(
            rate: rate, confirmed: confirmed.withLock { $0 }, onScreen: onScreen.withLock { $0 })
    }

    private static func find(_ mark: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= mark.count, start <= bytes.count - mark.count else { return nil }
        return (start...bytes.count - mark.count).first {
            bytes[$0] == mark[0] && bytes[$0..<$0 + mark.count].elementsEqual(mark)
        }
    }

    static func fire(serial: UInt16, detector: Int, _ address: UInt64) -> [UInt8] {
        frame(
            serial, address,
            [2, 1, 1, 1, 40, UInt8(truncatingIfNeeded: detector), UInt8(truncatingIfNeeded: detector >> 8), 0, 0, 3, 0]
                + [UInt8](repeating: 0, count: 31) + FrameTime.bytes(.now))
    }

    /// A frame of a device.
    static func frame(_ serial: UInt16, _ address: UInt64, _ data: [UInt8]) -> [UInt8] {
        Frame(
            serial: serial, time: FrameTime.bytes(.now),
            source: (0..<6).map { UInt8(truncatingIfNeeded: address >> ($0 * 8)) },
            destination: [UInt8](repeating: 0, count: 6), command: Frame.Command.send, data: data
        ).bytes
    }
}
