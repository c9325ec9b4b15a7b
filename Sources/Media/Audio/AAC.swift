/// How sound in AAC is coded (ISO/IEC 14496-3 clause 1.6.2.1, AudioSpecificConfig).
public struct AACFormat: Sendable, Hashable {
    /// The configuration's bytes, 2…16.
    public var config: [UInt8]
    /// 2 is AAC-LC, 5 is HE-AAC.
    public var objectType: Int
    /// Samples a second.
    public var rate: Int
    /// Channels, 1…8.
    public var channels: Int

    /// As RFC 6381 writes it.
    public var name: String { "mp4a.40.\(objectType)" }

    static let rates = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
    ]

    /// Reads a configuration; `nil` for what is none or has a rate of its own.
    public init?(config: [UInt8]) {
        guard (2...16).contains(config.count) else { return nil }
        let bits = Int(config[0]) << 8 | Int(config[1])
        objectType = bits >> 11
        let index = bits >> 7 & 15
        channels = bits >> 3 & 15
        guard (1...30).contains(objectType), Self.rates.indices.contains(index), (1...8).contains(channels) else {
            return nil
        }
        rate = Self.rates[index]
        self.config = config
    }

    /// By an ADTS header's fields.
    init?(profile: Int, index: Int, channels: Int) {
        let bits = (profile + 1) << 11 | index << 7 | channels << 3
        self.init(config: [UInt8(bits >> 8), UInt8(bits & 255)])
    }
}

/// Cuts AAC frames out of ADTS (ISO/IEC 14496-3 annex 1.A.2), however the carrier cut it.
public struct ADTSReader: Sendable {
    /// One frame without its header: 1,024 samples of each channel.
    public struct Frame: Sendable, Equatable {
        /// How it is coded.
        public var format: AACFormat
        /// The coded bytes.
        public var bytes: [UInt8]

        /// A frame that came without a header.
        public init(format: AACFormat, bytes: [UInt8]) {
            self.format = format
            self.bytes = bytes
        }
    }

    /// More than this without a header is thrown away.
    static let longest = 64 << 10
    private var buffer: [UInt8] = []
    /// The bytes that come follow a frame, so that their header is one.
    private var isAligned = false
    /// Bytes that belonged to no frame.
    public private(set) var skipped = 0

    /// Nothing fed yet.
    public init() {}

    /// Adds bytes.
    /// - Returns: the frames that are complete; the first one once the next begins behind it.
    public mutating func take(_ bytes: [UInt8]) -> [Frame] {
        buffer += bytes
        var frames: [Frame] = []
        var at = 0
        while buffer.count - at >= 7 {
            guard let (format, head, length) = header(at) else {
                at += 1
                skipped += 1
                isAligned = false
                continue
            }
            guard buffer.count - at >= length else { break }
            let next = at + length
            // Two bytes that look like a header are found in sound too: the next one must stand where it is told.
            guard isAligned || buffer.count - next >= 7 else { break }
            if buffer.count - next >= 7, header(next) == nil {
                at += 1
                skipped += 1
                isAligned = false
                continue
            }
            isAligned = true
            frames.append(Frame(format: format, bytes: Array(buffer[at + head..<next])))
            at = next
        }
        buffer.removeFirst(at)
        if buffer.count > Self.longest {
            skipped += buffer.count
            lost()
        }
        return frames
    }

    /// Bytes are missing here.
    public mutating func lost() {
        buffer = []
        isAligned = false
    }

    private func header(_ at: Int) -> (format: AACFormat, head: Int, length: Int)? {
        guard buffer[at] == 0xFF, buffer[at + 1] & 0xF6 == 0xF0 else { return nil }
        let head = buffer[at + 1] & 1 == 1 ? 7 : 9
        let length = Int(buffer[at + 3] & 3) << 11 | Int(buffer[at + 4]) << 3 | Int(buffer[at + 5]) >> 5
        let channels = Int(buffer[at + 2] & 1) << 2 | Int(buffer[at + 3]) >> 6
        // Several blocks a frame are not cut here; nobody sends them.
        guard length > head, buffer[at + 6] & 3 == 0,
            let format = AACFormat(
                profile: Int(buffer[at + 2]) >> 6, index: Int(buffer[at + 2]) >> 2 & 15, channels: channels)
        else { return nil }
        return (format, head, length)
    }
}
