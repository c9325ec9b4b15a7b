import NIOCore

/// Turns coded pictures into packets of RTP as a camera does, rightly or with chosen mischief.
struct StreamPacker {
    private let ssrc: UInt32
    private let step: UInt64
    private let perSecond: Int
    private let mischief: Set<StreamMischief>
    private let muxer: PSMuxer
    private let tone: AACTone?
    private var sequence: UInt16 = 0
    private var count = 0

    init(ssrc: UInt32, perSecond: Int, isHEVC: Bool, mischief: Set<StreamMischief>, tone: AACTone? = nil) {
        self.ssrc = ssrc
        self.mischief = mischief
        step = UInt64(90_000 / max(1, perSecond))
        self.tone = tone
        self.perSecond = perSecond
        muxer = PSMuxer(videoType: isHEVC ? 0x24 : 0x1B, audioType: tone == nil ? 0x90 : 0x0F, mischief: mischief)
    }

    /// The packets of one picture and the sound that goes with it.
    mutating func packets(_ frame: PictureFeed.Frame) -> [ByteBuffer] {
        let pts = UInt64(frame.number) * step
        var bytes: [UInt8] =
            if mischief.contains(.noVideo) {
                PSMuxer.pack(pts)
            } else if mischief.contains(.noKeyFrame), frame.isKey {
                PSMuxer.pack(pts) + muxer.map
            } else {
                muxer.video(frame.bytes, pts: pts, isKey: frame.isKey)
            }
        if let tone {
            let due = tone.due(frame.number, perSecond: perSecond).frames.flatMap(tone.adts)
            if !due.isEmpty { bytes += muxer.audio(due, pts: pts) }
        } else {
            // 40 ms of sound a picture at 25 a second: a beep at each full second, else silence.
            let size = Int(step) * 8 / 90
            let isBeep = frame.isKey
            bytes += muxer.audio(
                (0..<size).map { isBeep ? ($0 >> 2 & 1 == 0 ? 0xAA : 0x2A) : 0xD5 }, pts: pts)
        }
        if mischief.contains(.notProgramStream) { bytes = frame.bytes }
        var result: [ByteBuffer] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(1_400)
            rest = rest.dropFirst(piece.count)
            count += 1
            defer { sequence &+= 1 }
            if mischief.contains(.lostPackets), count % 100 == 99 { continue }
            var packet = ByteBuffer()
            let isMarked = rest.isEmpty || mischief.contains(.falseMarkers)
            packet.writeBytes([0x80, isMarked ? 0xE0 : 0x60])
            packet.writeInteger(sequence)
            packet.writeInteger(UInt32(truncatingIfNeeded: pts))
            packet.writeInteger(ssrc)
            packet.writeBytes(piece)
            result.append(packet)
        }
        return result
    }
}
