/// How pictures are coded.
public enum VideoCodec: String, Sendable, Hashable, Codable {
    case h264
    case h265

    /// What the bytes look like, by the headers of their units, where the stream does not say it or says it wrong;
    /// `nil` when neither fits.
    public static func sniff(_ annexB: [UInt8]) -> VideoCodec? {
        var h264 = 0
        var h265 = 0
        for range in NALUnits.ranges(annexB).prefix(8) {
            switch annexB[range.lowerBound] {
            case 0x67, 0x68, 0x65, 0x27, 0x28, 0x25, 0x47: h264 += 2
            case 0x61, 0x41, 0x21, 0x06, 0x09: h264 += 1
            case 0x40, 0x42, 0x44, 0x26,
                0x28 where range.count > 1 && annexB[range.lowerBound + 1] == 1:
                h265 += 3
            case 0x02, 0x4E,
                0x46 where range.count > 1 && annexB[range.lowerBound + 1] == 1:
                h265 += 1
            default: break
            }
        }
        return h264 == 0 && h265 == 0 ? nil : h264 >= h265 ? .h264 : .h265
    }

    /// The coding of a stream type of ISO/IEC 13818-1.
    public init?(streamType: UInt8?) {
        switch streamType {
        case 0x1B: self = .h264
        case 0x24: self = .h265
        default: return nil
        }
    }
}

/// The units of a byte stream (ITU-T H.264 and H.265 annex B).
public enum NALUnits {
    /// Where each unit lies, without start codes and trailing zeros. At most 512.
    public static func ranges(_ bytes: [UInt8]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var begun: Int?
        bytes.withUnsafeBufferPointer { bytes in
            func end(_ at: Int) {
                guard let start = begun else { return }
                var end = at
                while end > start, bytes[end - 1] == 0 { end -= 1 }
                if end > start, result.count < 512 { result.append(start..<end) }
            }
            var index = 0
            while index + 2 < bytes.count {
                if bytes[index + 2] > 1 {
                    index += 3
                } else if bytes[index] == 0, bytes[index + 1] == 0, bytes[index + 2] == 1 {
                    end(index)
                    begun = index + 3
                    index += 3
                } else {
                    index += 1
                }
            }
            end(bytes.count)
        }
        return result
    }
}
