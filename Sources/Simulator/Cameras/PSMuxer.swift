/// Writes a program stream as GB/T 28181 annex C wants it from a device: a pack a frame, system header and map before key
/// frames.
public struct PSMuxer: Sendable {
    /// The video's type in the map; 0x1B is H.264, 0x24 H.265.
    public var videoType: UInt8
    /// The audio's type in the map; 0x90 is G.711 A-law.
    public var audioType: UInt8?

    /// What is done wrong.
    public var mischief: Set<StreamMischief>

    /// A writer of H.264, with or without G.711 A-law.
    public init(videoType: UInt8 = 0x1B, audioType: UInt8? = nil, mischief: Set<StreamMischief> = []) {
        self.videoType = videoType
        self.audioType = audioType
        self.mischief = mischief
    }

    /// One frame of video. `pts` counts at 90 kHz and wraps at 33 bits.
    public func video(_ unit: some Collection<UInt8>, pts: UInt64, isKey: Bool) -> [UInt8] {
        var head = Self.pack(pts)
        if isKey {
            head += Self.systemHeader
            if !mischief.contains(.noMap) { head += map }
        }
        return head + packets(0xE0, pts: pts, unit)
    }

    /// One piece of audio, to follow a frame in its pack.
    public func audio(_ bytes: some Collection<UInt8>, pts: UInt64) -> [UInt8] {
        packets(0xC0, pts: pts, bytes)
    }

    /// The pack header (ISO/IEC 13818-1 clause 2.5.3.3), with a rate of 6,106 × 50 bytes a second.
    public static func pack(_ clock: UInt64) -> [UInt8] {
        let scr = clock & 0x1_ffff_ffff
        return [
            0, 0, 1, 0xBA, UInt8(0x44 | (scr >> 27 & 0x38) | (scr >> 28 & 3)), UInt8(scr >> 20 & 255),
            UInt8(0x04 | (scr >> 12 & 0xF8) | (scr >> 13 & 3)), UInt8(scr >> 5 & 255),
            UInt8(0x04 | (scr << 3 & 0xF8)), 0x01, 0x00, 0x5F, 0x6B, 0xF8,
        ]
    }

    static let systemHeader: [UInt8] = [
        0, 0, 1, 0xBB, 0, 12, 0x80, 0x2F, 0xB5, 0x04, 0xE1, 0x7F, 0xE0, 0xE0, 0xE8, 0xC0, 0xC0, 0x20,
    ]

    /// The program stream map.
    public var map: [UInt8] {
        var streams: [UInt8] = mischief.contains(.mapWithoutVideo) ? [] : [videoType, 0xE0, 0, 0]
        if let audioType { streams += [audioType, 0xC0, 0, 0] }
        let bytes: [UInt8] =
            [0, 0, 1, 0xBC, 0, UInt8(10 + streams.count), 0xE0, 0xFF, 0, 0, 0, UInt8(streams.count)] + streams
        let sum = Self.checksum(bytes)
        return bytes + [UInt8(sum >> 24), UInt8(sum >> 16 & 255), UInt8(sum >> 8 & 255), UInt8(sum & 255)]
    }

    /// PES packets of at most 65,000 bytes; only the first has the time.
    func packets(_ id: UInt8, pts: UInt64, _ bytes: some Collection<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 64)
        var rest = bytes[...]
        var isFirst = true
        while !rest.isEmpty {
            let piece = rest.prefix(65_000)
            let header = isFirst ? 5 : 0
            var length = 3 + header + piece.count
            if id == 0xE0 {
                if mischief.contains(.longLengths) { length = min(65_535, length + 300) }
                if mischief.contains(.shortLengths) { length = max(3 + header, length - 100) }
                if mischief.contains(.zeroLengths) { length = 0 }
            }
            result += [0, 0, 1, id, UInt8(length >> 8), UInt8(length & 255), 0x8C, isFirst ? 0x80 : 0, UInt8(header)]
            if isFirst { result += Self.time(pts) }
            result += piece
            rest = rest.dropFirst(piece.count)
            isFirst = false
        }
        return result
    }

    static func time(_ pts: UInt64) -> [UInt8] {
        [
            UInt8(0x21 | (pts >> 29 & 0x0E)), UInt8(pts >> 22 & 255), UInt8(0x01 | (pts >> 14 & 0xFE)),
            UInt8(pts >> 7 & 255), UInt8(0x01 | (pts << 1 & 0xFE)),
        ]
    }

    /// CRC-32/MPEG-2.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte) << 24
            for _ in 0..<8 { sum = sum & 0x8000_0000 != 0 ? (sum << 1) ^ 0x04C1_1DB7 : sum << 1 }
        }
        return sum
    }
}
