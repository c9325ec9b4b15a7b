/// The start of fragmented MP4 with one track: `ftyp` and a `moov` that tells of no samples (ISO/IEC 14496-12
/// clauses 4.3 and 8).
struct MovieStart {
    enum Track {
        /// Pixels.
        case video(width: Int, height: Int)
        case sound
    }

    /// Ticks a second of all times.
    let timescale: UInt32
    let track: Track
    /// Writes how samples are coded.
    let entry: (inout BoxWriter) -> Void

    var bytes: [UInt8] {
        var writer = BoxWriter()
        writer.box("ftyp") { box in
            box.bytes += "iso5".utf8
            box.u32(512)
            box.bytes += "iso5iso6mp41".utf8
        }
        writer.box("moov") { moov in
            moov.box("mvhd", version: 0, flags: 0) { box in
                box.zeros(8)
                box.u32(timescale)
                box.u32(0)
                box.u32(0x10000)
                box.u16(0x100)
                box.zeros(10)
                Self.matrix(&box)
                box.zeros(24)
                box.u32(2)
            }
            moov.box("trak") { trak in
                trak.box("tkhd", version: 0, flags: 3, trackHeader)
                trak.box("mdia", media)
            }
            moov.box("mvex") { box in
                box.box("trex", version: 0, flags: 0) { box in
                    box.u32(1)
                    box.u32(1)
                    box.zeros(12)
                }
            }
        }
        return writer.bytes
    }

    /// Pictures lie as they are, neither turned nor stretched.
    private static func matrix(_ box: inout BoxWriter) {
        for value: UInt32 in [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000] { box.u32(value) }
    }

    private func trackHeader(_ box: inout BoxWriter) {
        box.zeros(8)
        box.u32(1)
        box.zeros(20)
        switch track {
        case .video(let width, let height):
            box.u32(0)
            Self.matrix(&box)
            box.u32(UInt32(width) << 16)
            box.u32(UInt32(height) << 16)
        case .sound:
            // Full volume, and no size.
            box.u32(0x0100_0000)
            Self.matrix(&box)
            box.zeros(8)
        }
    }

    private func media(_ mdia: inout BoxWriter) {
        mdia.box("mdhd", version: 0, flags: 0) { box in
            box.zeros(8)
            box.u32(timescale)
            box.u32(0)
            // The language "und", undetermined.
            box.u32(0x55C4_0000)
        }
        mdia.box("hdlr", version: 0, flags: 0) { box in
            box.zeros(4)
            switch track {
            case .video: box.bytes += "vide".utf8
            case .sound: box.bytes += "soun".utf8
            }
            box.zeros(13)
        }
        mdia.box("minf") { minf in
            switch track {
            case .video: minf.box("vmhd", version: 0, flags: 1) { $0.zeros(8) }
            case .sound: minf.box("smhd", version: 0, flags: 0) { $0.zeros(4) }
            }
            minf.box("dinf") { box in
                box.box("dref", version: 0, flags: 0) { box in
                    box.u32(1)
                    box.box("url ", version: 0, flags: 1) { _ in }
                }
            }
            minf.box("stbl") { stbl in
                stbl.box("stsd", version: 0, flags: 0) { box in
                    box.u32(1)
                    entry(&box)
                }
                stbl.box("stts", version: 0, flags: 0) { $0.u32(0) }
                stbl.box("stsc", version: 0, flags: 0) { $0.u32(0) }
                stbl.box("stsz", version: 0, flags: 0) { $0.zeros(8) }
                stbl.box("stco", version: 0, flags: 0) { $0.u32(0) }
            }
        }
    }
}
