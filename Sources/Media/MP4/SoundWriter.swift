/// Writes AAC as fragmented MP4 of one track, for Media Source Extensions; its clock counts samples.
public struct SoundWriter: Sendable {
    /// How the sound is coded.
    public let format: AACFormat
    private var sequence: UInt32 = 0
    private var time: UInt64 = 0
    /// Samples of a frame.
    static let step: UInt32 = 1_024

    /// A writer at the sound's beginning.
    public init(_ format: AACFormat) { self.format = format }

    /// The start of the stream: `ftyp` and `moov`.
    public var start: [UInt8] { MovieStart(timescale: UInt32(format.rate), track: .sound, entry: entry).bytes }

    /// Frames as one `moof` and `mdat`; at most 64.
    public mutating func fragment(_ frames: [[UInt8]]) -> [UInt8] {
        sequence &+= 1
        let (number, time) = (sequence, time)
        let frames = frames.prefix(64)
        self.time += UInt64(Self.step) * UInt64(frames.count)
        let size = frames.reduce(0) { $0 + $1.count }
        var writer = BoxWriter()
        writer.box("moof") { moof in
            moof.box("mfhd", version: 0, flags: 0) { $0.u32(number) }
            moof.box("traf") { traf in
                traf.box("tfhd", version: 0, flags: 0x020000) { $0.u32(1) }
                traf.box("tfdt", version: 1, flags: 0) { $0.u64(time) }
                traf.box("trun", version: 0, flags: 0x301) { box in
                    box.u32(UInt32(frames.count))
                    // moof 8 + mfhd 16 + traf 8 + tfhd 16 + tfdt 20 + trun 20 and 8 a frame, and mdat's own 8.
                    box.u32(UInt32(96 + 8 * frames.count))
                    for frame in frames {
                        box.u32(Self.step)
                        box.u32(UInt32(frame.count))
                    }
                }
            }
        }
        writer.u32(UInt32(size + 8))
        writer.bytes += "mdat".utf8
        for frame in frames { writer.bytes += frame }
        return writer.bytes
    }

    /// ISO/IEC 14496-14 clause 5.6: the configuration lies in descriptors.
    private func entry(_ stsd: inout BoxWriter) {
        stsd.box("mp4a") { box in
            box.zeros(6)
            box.u16(1)
            box.zeros(8)
            box.u16(format.channels)
            box.u16(16)
            box.zeros(4)
            box.u32(UInt32(min(65_535, format.rate)) << 16)
            box.box("esds", version: 0, flags: 0) { box in
                let config = format.config.count
                box.bytes += [3, UInt8(23 + config), 0, 1, 0, 4, UInt8(15 + config), 0x40, 0x15, 0, 0, 0]
                box.zeros(8)
                box.bytes += [5, UInt8(config)] + format.config + [6, 1, 2]
            }
        }
    }
}
