/// One picture, ready to be packed: units with their lengths before them, parameter sets apart.
public struct Picture: Sendable, Equatable {
    /// ISO/IEC 14496-15 samples: four bytes of length before each unit.
    public var sample: [UInt8]
    /// Whether decoding can begin here.
    public var isKey: Bool
    /// When to decode, at 90 kHz, from 0 at the source's first picture; never steps back.
    public var time: UInt64
    /// Presentation after decoding, at 90 kHz; 0 without bidirectional pictures.
    public var offset: Int32
}

/// Makes pictures of access units: finds the format, marks key frames, drops what cannot be decoded after a loss, and
/// gives the pictures a clock that runs.
public struct PictureStream: Sendable {
    /// What a unit gave.
    public enum Output: Sendable, Equatable {
        /// From here on the pictures are of this format; a key frame follows.
        case format(PictureFormat)
        case picture(Picture)
    }

    /// The format in force.
    public private(set) var format: PictureFormat?
    /// Pictures dropped for want of a key frame.
    public private(set) var dropped = 0
    /// Units whose coding is none that is known.
    public private(set) var unknown = 0
    private var codec: VideoCodec?
    private var video: [UInt8] = []
    private var sequence: [UInt8] = []
    private var picture: [UInt8] = []
    private var needsKey = true
    private var clock = MediaClock()

    /// Nothing seen yet; `codec` where the carrier is sure of it.
    public init(codec: VideoCodec? = nil) { self.codec = codec }

    /// After a loss nothing is shown before the next key frame.
    public mutating func lost() { needsKey = true }

    /// Takes one access unit in annex B form. `pts` and `dts` count at 90 kHz; `now` is the arrival in milliseconds.
    public mutating func take(_ unit: [UInt8], streamType: UInt8?, pts: UInt64?, dts: UInt64?, at now: Int64)
        -> [Output]
    {
        let named = VideoCodec(streamType: streamType)
        // What the bytes are counts more than what the map says.
        guard let codec = codec ?? VideoCodec.sniff(unit) ?? named else {
            unknown += 1
            return []
        }
        self.codec = codec
        var sample: [UInt8] = []
        sample.reserveCapacity(unit.count + 16)
        var isKey = false
        var hasPicture = false
        for range in NALUnits.ranges(unit) {
            switch role(of: unit[range.lowerBound], codec) {
            case .video: video = Array(unit[range])
            case .sequence: sequence = Array(unit[range])
            case .picture: picture = Array(unit[range])
            case .passed: continue
            case .key, .slice, .other:
                let role = role(of: unit[range.lowerBound], codec)
                isKey = isKey || role == .key
                hasPicture = hasPicture || role != .other
                let length = UInt32(range.count)
                sample += [
                    UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255),
                ]
                sample += unit[range]
            }
        }
        guard hasPicture else { return [] }
        var result: [Output] = []
        if isKey, let found = readFormat(codec), found != format {
            format = found
            result.append(.format(found))
        }
        let times = clock.take(pts: pts, dts: dts, at: now)
        guard format != nil, isKey || !needsKey else {
            dropped += 1
            return []
        }
        needsKey = false
        result.append(.picture(Picture(sample: sample, isKey: isKey, time: times.time, offset: times.offset)))
        return result
    }

    private func readFormat(_ codec: VideoCodec) -> PictureFormat? {
        switch codec {
        case .h264:
            if let format, format.sequence == sequence, format.picture == picture { return format }
            return .h264(sequence: sequence, picture: picture)
        case .h265:
            if let format, format.sequence == sequence, format.picture == picture, format.videoParameters == video {
                return format
            }
            return .h265(video: video, sequence: sequence, picture: picture)
        }
    }

    private enum Role {
        case video, sequence, picture, key, slice, other
        /// Delimiters, messages and fillers, of no use to a player.
        case passed
    }

    private func role(of header: UInt8, _ codec: VideoCodec) -> Role {
        switch codec {
        case .h264:
            switch header & 31 {
            case 7: .sequence
            case 8: .picture
            case 5: .key
            case 1...4: .slice
            case 6, 9...12: .passed
            default: .other
            }
        case .h265:
            switch header >> 1 & 63 {
            case 32: .video
            case 33: .sequence
            case 34: .picture
            case 16...21: .key
            case 0...15, 22...31: .slice
            case 35...40: .passed
            default: .other
            }
        }
    }
}
