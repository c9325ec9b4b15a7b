import CAV

/// A tone in AAC, half of each second, as cameras send sound: 16 seconds that repeat without a seam in the count.
public struct AACTone: Sendable {
    /// Samples a second; 16 seconds of it are 250 frames.
    public static let rate = 16_000
    /// AudioSpecificConfig (ISO/IEC 14496-3 clause 1.6.2.1).
    public let config: [UInt8]
    /// Coded frames of 1,024 samples.
    public let frames: [[UInt8]]

    /// Codes it; `nil` where libavcodec has no AAC.
    public init?() {
        guard let tone = zl_tone_new(Int32(Self.rate)) else { return nil }
        defer { zl_tone_free(tone) }
        var count = 0
        guard let head = zl_tone_config(tone, &count), count >= 2 else { return nil }
        config = Array(UnsafeBufferPointer(start: head, count: count))
        var frames: [[UInt8]] = []
        while frames.count < 250 {
            var bytes: UnsafePointer<UInt8>?
            let result = zl_tone_code(tone, &bytes, &count)
            guard result >= 0 else { return nil }
            if result == 1, let bytes { frames.append(Array(UnsafeBufferPointer(start: bytes, count: count))) }
        }
        self.frames = frames
    }

    /// The frames that are due with picture `number`, and the first one's count.
    func due(_ number: Int, perSecond: Int) -> (first: Int, frames: [[UInt8]]) {
        func count(_ number: Int) -> Int { number * Self.rate / perSecond / 1_024 }
        let first = count(number)
        return (first, (first..<count(number + 1)).map { frames[$0 % frames.count] })
    }

    /// A frame behind its ADTS header (ISO/IEC 14496-3 annex 1.A.2).
    public func adts(_ frame: [UInt8]) -> [UInt8] {
        let length = frame.count + 7
        let (index, channels) = ((config[0] & 7) << 1 | config[1] >> 7, config[1] >> 3 & 15)
        return [
            0xFF, 0xF1, (config[0] >> 3 - 1) << 6 | index << 2 | channels >> 2,
            (channels & 3) << 6 | UInt8(length >> 11), UInt8(length >> 3 & 255), UInt8(length & 7) << 5 | 0x1F, 0xFC,
        ] + frame
    }
}
