/// Finds frames in a stream of bytes that may be dirty. It never holds more than one frame's length of leftovers.
public struct FrameDecoder: Sendable {
    /// What was found.
    public enum Found: Sendable {
        /// A whole frame.
        case frame(Frame)
        /// A frame whose checksum does not hold: to be denied.
        case badSum(Frame)
    }

    private var bytes: [UInt8] = []
    private var start = 0
    /// Bytes that belonged to no frame.
    public private(set) var skipped = 0

    /// A decoder that has heard nothing.
    public init() {}

    /// Whether no piece of a frame waits for its rest.
    public var isEmpty: Bool { start == bytes.count }

    /// Takes more of the stream.
    public mutating func append(_ more: some Sequence<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next frame, or `nil` when more bytes are needed.
    public mutating func next() -> Found? {
        while true {
            guard seekStart() else { return nil }
            guard bytes.count - start >= 27 else { return nil }
            let length = Int(bytes[start + 24]) | Int(bytes[start + 25]) << 8
            guard length <= Frame.dataLimit else {
                skip()
                continue
            }
            let total = Frame.overhead + length
            guard bytes.count - start >= total else { return nil }
            guard bytes[start + total - 2] == 0x23, bytes[start + total - 1] == 0x23 else {
                // One byte only: a real frame may begin inside.
                skip()
                continue
            }
            var sum: UInt8 = 0
            for index in start + 2..<start + total - 3 { sum &+= bytes[index] }
            let frame = Frame(
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
