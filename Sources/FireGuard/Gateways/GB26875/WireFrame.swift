import Kernel

/// One frame of GB/T 26875.3-2011: the control unit's fields that a centre needs, and the application data.
struct WireFrame: Sendable, Equatable {
    /// What a frame asks for (8.2.3).
    enum Command {
        static let control: UInt8 = 1
        static let send: UInt8 = 2
        static let confirm: UInt8 = 3
        static let request: UInt8 = 4
        static let answer: UInt8 = 5
        static let deny: UInt8 = 6
    }

    /// The longest application data (8.2.2.7).
    static let dataLimit = 1_024
    static let overhead = 30

    /// Copied into the answer.
    var serial: UInt16
    /// Main and user version.
    var version: (main: UInt8, user: UInt8) = (1, 1)
    /// Second, minute, hour, day, month, year of the sender's clock.
    var time: [UInt8]
    /// The sender, least significant byte first.
    var source: [UInt8]
    /// The receiver, least significant byte first.
    var destination: [UInt8]
    var command: UInt8
    var data: [UInt8]

    static func == (left: WireFrame, right: WireFrame) -> Bool { left.bytes == right.bytes }

    /// The frame as sent.
    var bytes: [UInt8] {
        var result: [UInt8] = [0x40, 0x40, UInt8(truncatingIfNeeded: serial), UInt8(truncatingIfNeeded: serial >> 8)]
        result.reserveCapacity(Self.overhead + data.count)
        result += [version.main, version.user]
        result += time
        result += source
        result += destination
        result += [UInt8(truncatingIfNeeded: data.count), UInt8(truncatingIfNeeded: data.count >> 8), command]
        result += data
        result.append(result[2...].reduce(0, &+))
        result += [0x23, 0x23]
        return result
    }

    /// The answer to it, sent at `now`: same serial number, addresses changed over.
    func reply(_ command: UInt8, data: [UInt8] = [], at now: Instant) -> WireFrame {
        WireFrame(
            serial: serial, version: version, time: WireTime.bytes(now), source: destination, destination: source,
            command: command, data: data)
    }
}

/// The six bytes in which devices tell the time: second, minute, hour, day, month, year of the century, plain binary.
enum WireTime {
    static func bytes(_ moment: Instant) -> [UInt8] {
        let time = CivilTime(moment)
        return [time.second, time.minute, time.hour, time.day, time.month, time.year % 100].map {
            UInt8(truncatingIfNeeded: $0)
        }
    }

    /// The moment, or `nil` for six bytes that are none.
    static func moment(_ bytes: ArraySlice<UInt8>) -> Instant? {
        let values = bytes.map(Int.init)
        guard values.count == 6, values[0] < 60, values[1] < 60, values[2] < 24, (1...31).contains(values[3]),
            (1...12).contains(values[4]), values[5] < 100
        else { return nil }
        let day = CivilTime.dayNumber(year: 2_000 + values[5], month: values[4], day: values[3])
        guard CivilTime.date(ofDay: day).day == values[3] else { return nil }
        return CivilTime.instant(2_000 + values[5], values[4], values[3], values[2], values[1], values[0])
    }
}

/// Finds frames in a stream of bytes that may be dirty. It never holds more than one frame's length of leftovers.
struct WireReader: Sendable {
    enum Found: Sendable {
        case frame(WireFrame)
        /// A frame whose checksum does not hold: to be denied.
        case badSum(WireFrame)
    }

    private var bytes: [UInt8] = []
    private var start = 0
    /// Bytes that belonged to no frame.
    private(set) var skipped = 0

    var isEmpty: Bool { start == bytes.count }

    mutating func append(_ more: some Sequence<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next frame, or `nil` when more bytes are needed.
    mutating func next() -> Found? {
        while true {
            guard seekStart() else { return nil }
            guard bytes.count - start >= 27 else { return nil }
            let length = Int(bytes[start + 24]) | Int(bytes[start + 25]) << 8
            guard length <= WireFrame.dataLimit else {
                skip()
                continue
            }
            let total = WireFrame.overhead + length
            guard bytes.count - start >= total else { return nil }
            guard bytes[start + total - 2] == 0x23, bytes[start + total - 1] == 0x23 else {
                // One byte only: a real frame may begin inside.
                skip()
                continue
            }
            var sum: UInt8 = 0
            for index in start + 2..<start + total - 3 { sum &+= bytes[index] }
            let frame = WireFrame(
                serial: UInt16(bytes[start + 2]) | UInt16(bytes[start + 3]) << 8,
                version: (bytes[start + 4], bytes[start + 5]), time: Array(bytes[start + 6..<start + 12]),
                source: Array(bytes[start + 12..<start + 18]), destination: Array(bytes[start + 18..<start + 24]),
                command: bytes[start + 26], data: Array(bytes[start + 27..<start + 27 + length]))
            let holds = sum == bytes[start + total - 3]
            start += total
            if start == bytes.count {
                // An idle connection keeps no buffer.
                bytes = []
                start = 0
            }
            return holds ? .frame(frame) : .badSum(frame)
        }
    }

    private mutating func seekStart() -> Bool {
        while bytes.count - start >= 2 {
            if bytes[start] == 0x40, bytes[start + 1] == 0x40 { return true }
            skip()
        }
        if bytes.count - start == 1, bytes[start] != 0x40 { skip() }
        if start == bytes.count {
            bytes = []
            start = 0
        }
        return false
    }

    private mutating func skip() {
        start += 1
        skipped += 1
    }
}
