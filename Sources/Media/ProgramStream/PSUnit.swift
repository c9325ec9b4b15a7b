/// What a program stream carried: one access unit of video or one piece of audio.
public struct PSUnit: Sendable, Equatable {
    /// Of which kind.
    public enum Kind: Sendable, Equatable {
        case video, audio
    }

    /// Of which kind.
    public var kind: Kind
    /// ISO/IEC 13818-1 table 2-34 and GB/T 28181 clause C.1: 0x1B H.264, 0x24 H.265, 0x90 G.711 A-law, 0x91 µ-law, 0x0F
    /// AAC; `nil` when no map named the stream.
    public var streamType: UInt8?
    /// 33 bits at 90 kHz, where there is one.
    public var pts: UInt64?
    /// When to decode, where it differs.
    public var dts: UInt64?
    /// The elementary stream's bytes.
    public var bytes: [UInt8]

    /// A unit.
    public init(kind: Kind, streamType: UInt8?, pts: UInt64?, dts: UInt64?, bytes: [UInt8]) {
        self.kind = kind
        self.streamType = streamType
        self.pts = pts
        self.dts = dts
        self.bytes = bytes
    }
}
