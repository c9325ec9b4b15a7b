/// Writes fragmented MP4 (ISO/IEC 14496-12 clause 8.8): what Media Source Extensions take and what recordings are made of.
///
/// One track of video at 90 kHz. Every fragment says its own time, so that a player may begin at any key frame.
public struct FragmentWriter: Sendable {
    /// The clock of all times.
    public static let timescale: UInt32 = 90_000
    private var sequence: UInt32 = 0

    /// A writer of fragments.
    public init() {}

    /// The start of a file or stream: `ftyp` and `moov`.
    public static func start(_ format: PictureFormat) -> [UInt8] {
        MovieStart(
            timescale: timescale, track: .video(width: format.width, height: format.height),
            entry: { sampleEntry(format, &$0) }
        ).bytes
    }

    /// One picture as `moof` and `mdat`; `duration` is at 90 kHz.
    public mutating func fragment(_ picture: Picture, time: UInt64, duration: UInt32) -> [UInt8] {
        sequence &+= 1
        let number = sequence
        var writer = BoxWriter()
        writer.bytes.reserveCapacity(picture.sample.count + 128)
        writer.box("moof") { moof in
            moof.box("mfhd", version: 0, flags: 0) { $0.u32(number) }
            moof.box("traf") { traf in
                traf.box("tfhd", version: 0, flags: 0x020000) { $0.u32(1) }
                traf.box("tfdt", version: 1, flags: 0) { $0.u64(time) }
                traf.box("trun", version: 1, flags: 0xF01) { box in
                    box.u32(1)
                    // The data begins behind moof and mdat's head; every box here has a fixed size.
                    box.u32(Self.headSize)
                    box.u32(duration)
                    box.u32(UInt32(picture.sample.count))
                    box.u32(picture.isKey ? 0x0200_0000 : 0x0101_0000)
                    box.u32(UInt32(bitPattern: picture.offset))
                }
            }
        }
        writer.u32(UInt32(picture.sample.count + 8))
        writer.bytes += "mdat".utf8
        writer.bytes += picture.sample
        return writer.bytes
    }

    /// moof 8 + mfhd 16 + traf 8 + tfhd 16 + tfdt 20 + trun 36, and mdat's own 8.
    static let headSize: UInt32 = 112

    private static func sampleEntry(_ format: PictureFormat, _ stsd: inout BoxWriter) {
        stsd.box(format.codec == .h264 ? "avc1" : "hvc1") { box in
            box.zeros(6)
            box.u16(1)
            box.zeros(16)
            box.u16(format.width)
            box.u16(format.height)
            box.u32(0x48_0000)
            box.u32(0x48_0000)
            box.zeros(4)
            box.u16(1)
            box.zeros(32)
            box.u16(24)
            box.u16(0xffff)
            format.codec == .h264 ? avcC(format, &box) : hvcC(format, &box)
        }
    }

    /// ISO/IEC 14496-15 clause 5.3.3.1.
    private static func avcC(_ format: PictureFormat, _ entry: inout BoxWriter) {
        entry.box("avcC") { box in
            box.u8(1)
            box.bytes += format.sequence[1...3]
            box.bytes += [0xff, 0xe1]
            box.u16(format.sequence.count)
            box.bytes += format.sequence
            box.u8(1)
            box.u16(format.picture.count)
            box.bytes += format.picture
            if [100, 110, 122, 144].contains(format.sequence[1]) {
                box.u8(0xfc | format.chroma)
                box.u8(0xf8 | (format.depth - 8))
                box.u8(0xf8 | (format.depth - 8))
                box.u8(0)
            }
        }
    }

    /// ISO/IEC 14496-15 clause 8.3.3.1.
    private static func hvcC(_ format: PictureFormat, _ entry: inout BoxWriter) {
        entry.box("hvcC") { box in
            box.u8(1)
            box.bytes += format.profile
            box.bytes += [0xf0, 0, 0xfc]
            box.u8(0xfc | format.chroma)
            box.u8(0xf8 | (format.depth - 8))
            box.u8(0xf8 | (format.depth - 8))
            box.bytes += [0, 0, 0x0f, 3]
            for (type, set) in [(32, format.videoParameters), (33, format.sequence), (34, format.picture)] {
                box.u8(0x80 | type)
                box.u16(1)
                box.u16(set.count)
                box.bytes += set
            }
        }
    }
}
