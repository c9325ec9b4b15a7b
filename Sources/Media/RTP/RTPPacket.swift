import NIOCore

/// One packet of RTP (RFC 3550 clause 5.1).
public struct RTPPacket: Sendable, Equatable {
    /// 0…127.
    public var payloadType: UInt8
    /// Usually the last packet of a frame; not to be relied upon.
    public var marker: Bool
    /// Counts packets, and wraps.
    public var sequence: UInt16
    /// The sender's media clock, and wraps.
    public var timestamp: UInt32
    /// Who sends.
    public var ssrc: UInt32
    /// What is carried, without header, extension and padding.
    public var payload: ByteBuffer

    /// A packet.
    public init(
        payloadType: UInt8, marker: Bool, sequence: UInt16, timestamp: UInt32, ssrc: UInt32, payload: ByteBuffer
    ) {
        self.payloadType = payloadType
        self.marker = marker
        self.sequence = sequence
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.payload = payload
    }

    /// Reads a packet, or `nil` when these bytes are none: too short, another version, RTCP (types 200…204, RFC 5761
    /// clause 4), or lengths that do not fit.
    public init?(_ datagram: ByteBuffer) {
        var buffer = datagram
        guard let first: UInt8 = buffer.readInteger(), first >> 6 == 2, let second: UInt8 = buffer.readInteger(),
            !(200...204).contains(second), let sequence: UInt16 = buffer.readInteger(),
            let timestamp: UInt32 = buffer.readInteger(), let ssrc: UInt32 = buffer.readInteger(),
            buffer.readSlice(length: Int(first & 15) * 4) != nil
        else { return nil }
        if first & 0x10 != 0 {
            guard buffer.readInteger(as: UInt16.self) != nil, let words: UInt16 = buffer.readInteger(),
                buffer.readSlice(length: Int(words) * 4) != nil
            else { return nil }
        }
        if first & 0x20 != 0 {
            guard let padding = buffer.getInteger(at: buffer.writerIndex - 1, as: UInt8.self), padding > 0,
                Int(padding) <= buffer.readableBytes
            else { return nil }
            buffer.moveWriterIndex(to: buffer.writerIndex - Int(padding))
        }
        self.init(
            payloadType: second & 0x7f, marker: second & 0x80 != 0, sequence: sequence, timestamp: timestamp,
            ssrc: ssrc, payload: buffer)
    }

    /// Appends the packet's bytes to `buffer`.
    public func write(to buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(0x80))
        buffer.writeInteger((marker ? 0x80 : 0) | (payloadType & 0x7f))
        buffer.writeInteger(sequence)
        buffer.writeInteger(timestamp)
        buffer.writeInteger(ssrc)
        buffer.writeImmutableBuffer(payload)
    }
}
