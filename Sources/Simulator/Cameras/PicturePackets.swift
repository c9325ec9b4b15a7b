import NIOCore

/// Pictures as bare RTP: H.264 by RFC 6184 (single units and FU-A), H.265 by RFC 7798.
struct PicturePackets {
    private let isHEVC: Bool
    private let step: UInt32
    private let perSecond: Int
    private var soundSequence: UInt16 = 0
    private var sequence = UInt16.random(in: 0...UInt16.max)
    private let ssrc = UInt32.random(in: 1...UInt32.max)
    private static let largest = 1_380

    init(isHEVC: Bool, perSecond: Int) {
        self.isHEVC = isHEVC
        self.perSecond = max(1, perSecond)
        step = UInt32(90_000 / max(1, perSecond))
    }

    mutating func packets(_ frame: PictureFeed.Frame) -> [ByteBuffer] {
        let time = UInt32(truncatingIfNeeded: frame.number) &* step
        let units = Self.units(frame.bytes)
        var result: [ByteBuffer] = []
        for (index, unit) in units.enumerated() {
            let isLast = index == units.count - 1
            guard unit.count > Self.largest else {
                result.append(packet(isLast, time, [], unit[...]))
                continue
            }
            let headLength = isHEVC ? 2 : 1
            let type = isHEVC ? unit[0] >> 1 & 63 : unit[0] & 31
            let head: [UInt8] = isHEVC ? [unit[0] & 0x81 | 49 << 1, unit[1]] : [unit[0] & 0xe0 | 28]
            var at = headLength
            while at < unit.count {
                let end = min(unit.count, at + Self.largest - 3)
                let mark: UInt8 = (at == headLength ? 0x80 : 0) | (end == unit.count ? 0x40 : 0) | type
                result.append(packet(isLast && end == unit.count, time, head + [mark], unit[at..<end]))
                at = end
            }
        }
        return result
    }

    /// The sound that goes with a picture, a frame a packet (RFC 3640 clause 3.3.6, AAC-hbr).
    mutating func sound(_ tone: AACTone, with frame: PictureFeed.Frame) -> [ByteBuffer] {
        let (first, frames) = tone.due(frame.number, perSecond: perSecond)
        return frames.enumerated().map { index, frame in
            var buffer = ByteBuffer(bytes: [0x80, 0x80 | 97])
            buffer.writeInteger(soundSequence)
            buffer.writeInteger(UInt32(truncatingIfNeeded: (first + index) * 1_024))
            buffer.writeInteger(ssrc &+ 1)
            buffer.writeInteger(UInt16(16))
            buffer.writeInteger(UInt16(frame.count << 3))
            buffer.writeBytes(frame)
            soundSequence &+= 1
            return buffer
        }
    }

    private mutating func packet(_ marker: Bool, _ time: UInt32, _ head: [UInt8], _ body: ArraySlice<UInt8>)
        -> ByteBuffer
    {
        var buffer = ByteBuffer(bytes: [0x80, (marker ? 0x80 : 0) | 96])
        buffer.writeInteger(sequence)
        buffer.writeInteger(time)
        buffer.writeInteger(ssrc)
        buffer.writeBytes(head)
        buffer.writeBytes(body)
        sequence &+= 1
        return buffer
    }

    /// The units between start codes.
    private static func units(_ bytes: [UInt8]) -> [[UInt8]] {
        var starts: [(mark: Int, body: Int)] = []
        var index = 0
        while index + 2 < bytes.count {
            if bytes[index] == 0, bytes[index + 1] == 0, bytes[index + 2] == 1 {
                starts.append((index > 0 && bytes[index - 1] == 0 ? index - 1 : index, index + 3))
                index += 3
            } else {
                index += 1
            }
        }
        return starts.indices.compactMap { number in
            let end = number + 1 < starts.count ? starts[number + 1].mark : bytes.count
            let body = starts[number].body
            return end > body + 1 ? Array(bytes[body..<end]) : nil
        }
    }
}
