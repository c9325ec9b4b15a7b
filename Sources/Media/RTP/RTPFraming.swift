import NIOCore

/// Cuts a TCP connection's bytes into packets (RFC 4571: 16 bits of length before each).
///
/// Tolerates what devices do: `$`, channel and length as in RTSP (RFC 2326 clause 10.12), lengths of 0, and, after a send
/// buffer that was overwritten, bytes that are no packet: then the next packet of the known sender is looked for.
public struct RTPFraming: Sendable {
    /// A packet longer than this is taken for dirt; devices send 1,500 bytes at most.
    public static let longest = 10_240
    /// So many bytes without a packet end the connection.
    public static let patience = 1 << 20

    /// The sender, once it is known.
    public private(set) var ssrc: UInt32?
    /// Bytes that belonged to no packet.
    public private(set) var skipped = 0
    /// Whether the connection is worth nothing.
    public var isHopeless: Bool { sinceGood > Self.patience }
    private var buffer = ByteBuffer()
    private var sinceGood = 0

    /// Nothing received yet.
    public init() {}

    /// Adds what was received.
    public mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            buffer.discardReadBytes()
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// The next whole packet, or `nil` until more is received. RTCP is passed over.
    public mutating func next() -> RTPPacket? {
        while true {
            let start = buffer.readerIndex
            guard let length = buffer.getInteger(at: start, as: UInt16.self) else { return nil }
            if length == 0 {
                skip(2)
                continue
            }
            if length >> 8 == 0x24, let inner = buffer.getInteger(at: start + 2, as: UInt16.self),
                let version = buffer.getInteger(at: start + 4, as: UInt8.self), version >> 6 == 2,
                (12...Self.longest).contains(Int(inner))
            {
                guard let packet = buffer.getSlice(at: start + 4, length: Int(inner)) else { return nil }
                buffer.moveReaderIndex(forwardBy: 4 + Int(inner))
                if let found = accept(packet) { return found }
                continue
            }
            guard let version = buffer.getInteger(at: start + 2, as: UInt8.self) else { return nil }
            guard version >> 6 == 2, (8...Self.longest).contains(Int(length)) else {
                guard resync() else { return nil }
                continue
            }
            guard let packet = buffer.getSlice(at: start + 2, length: Int(length)) else { return nil }
            // Another sender within the connection is either dirt or of no use.
            if let ssrc, let found: UInt32 = packet.getInteger(at: packet.readerIndex + 8), found != ssrc,
                packet.getInteger(at: packet.readerIndex + 1, as: UInt8.self).map({ !(200...204).contains($0) }) == true
            {
                guard resync() else { return nil }
                continue
            }
            buffer.moveReaderIndex(forwardBy: 2 + Int(length))
            if let found = accept(packet) { return found }
        }
    }

    private mutating func accept(_ bytes: ByteBuffer) -> RTPPacket? {
        guard let packet = RTPPacket(bytes) else { return nil }
        if ssrc == nil { ssrc = packet.ssrc }
        sinceGood = 0
        return packet
    }

    private mutating func skip(_ count: Int) {
        buffer.moveReaderIndex(forwardBy: count)
        skipped += count
        sinceGood += count
    }

    /// Moves to the next place that looks like a packet of the known sender.
    /// - Returns: whether there is one; else all but the last bytes are gone.
    private mutating func resync() -> Bool {
        let bytes = buffer.readableBytesView
        let start = bytes.startIndex
        var index = start + 1
        let wanted = ssrc.map { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) } }
        while index + 14 <= bytes.endIndex {
            let length = Int(bytes[index]) << 8 | Int(bytes[index + 1])
            if bytes[index + 2] >> 6 == 2, (12...Self.longest).contains(length),
                wanted.map({ bytes[index + 10..<index + 14].elementsEqual($0) }) ?? true
            {
                skip(index - start)
                return true
            }
            index += 1
        }
        skip(max(1, min(buffer.readableBytes, index - start)))
        return false
    }
}
