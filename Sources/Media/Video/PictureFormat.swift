/// What a decoder must know before the first picture: coding, size, parameter sets.
public struct PictureFormat: Sendable, Equatable {
    /// The coding.
    public var codec: VideoCodec
    /// 16…8192, after cropping.
    public var width: Int
    /// 16…8192, after cropping.
    public var height: Int
    /// As RFC 6381 writes it: `avc1.64001f`, `hvc1.1.6.L93.B0`.
    public var name: String
    /// Only H.265.
    public var videoParameters: [UInt8]
    /// The sequence parameter set.
    public var sequence: [UInt8]
    /// The picture parameter set.
    public var picture: [UInt8]
    /// H.265's general profile, tier and level: 12 bytes.
    var profile: [UInt8] = []
    /// H.264: `chroma_format_idc` and the depths, for profiles that store them.
    var chroma = 1
    var depth = 8

    /// H.264's format (clause 7.3.2.1.1), or `nil` when the sets make no sense.
    public static func h264(sequence: [UInt8], picture: [UInt8]) -> PictureFormat? {
        guard (4...4_096).contains(sequence.count), (2...4_096).contains(picture.count) else { return nil }
        var reader = BitReader(sequence[1...])
        let profile = reader.bits(8)
        _ = reader.bits(16)
        _ = reader.number()
        var chroma = 1
        var depth = 8
        var separate = false
        if [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135].contains(profile) {
            chroma = reader.number()
            if chroma == 3 { separate = reader.bit() }
            depth = 8 + reader.number()
            _ = reader.number()
            _ = reader.bit()
            if reader.bit() {
                for index in 0..<(chroma == 3 ? 12 : 8) where reader.bit() {
                    passScalingList(&reader, index < 6 ? 16 : 64)
                }
            }
        }
        _ = reader.number()
        switch reader.number() {
        case 0: _ = reader.number()
        case 1:
            _ = reader.bit()
            _ = reader.signed()
            _ = reader.signed()
            let count = reader.number()
            guard count <= 255 else { return nil }
            for _ in 0..<count { _ = reader.signed() }
        default: break
        }
        _ = reader.number()
        _ = reader.bit()
        let columns = reader.number() + 1
        let rows = reader.number() + 1
        let isFrames = reader.bit()
        if !isFrames { _ = reader.bit() }
        _ = reader.bit()
        guard columns <= 512, rows <= 512, chroma <= 3, depth <= 14 else { return nil }
        var width = columns * 16
        var height = rows * 16 * (isFrames ? 1 : 2)
        if reader.bit() {
            let subsampled = chroma == 0 || separate ? 0 : chroma
            let horizontal = subsampled == 1 || subsampled == 2 ? 2 : 1
            let vertical = (subsampled == 1 ? 2 : 1) * (isFrames ? 1 : 2)
            let (left, right, top, bottom) = (reader.number(), reader.number(), reader.number(), reader.number())
            guard max(left, right, top, bottom) < 8_192 else { return nil }
            width -= horizontal * (left + right)
            height -= vertical * (top + bottom)
        }
        guard !reader.isExhausted, (16...8_192).contains(width), (16...8_192).contains(height) else { return nil }
        return PictureFormat(
            codec: .h264, width: width, height: height, name: "avc1." + hex(sequence[1...3]), videoParameters: [],
            sequence: sequence, picture: picture, chroma: chroma, depth: depth)
    }

    private static func passScalingList(_ reader: inout BitReader, _ size: Int) {
        var last = 8
        var next = 8
        for _ in 0..<size {
            if next != 0 { next = (last + reader.signed()) & 255 }
            if next != 0 { last = next }
        }
    }

    /// H.265's format (clause 7.3.2.2.1), or `nil` when the sets make no sense.
    public static func h265(video: [UInt8], sequence: [UInt8], picture: [UInt8]) -> PictureFormat? {
        guard (15...4_096).contains(sequence.count), (3...4_096).contains(picture.count),
            (3...4_096).contains(video.count)
        else { return nil }
        var reader = BitReader(sequence[2...])
        _ = reader.bits(4)
        let layers = Int(reader.bits(3))
        _ = reader.bit()
        let profile = (0..<12).map { _ in UInt8(truncatingIfNeeded: reader.bits(8)) }
        var hasProfile: [Bool] = []
        var hasLevel: [Bool] = []
        for _ in 0..<layers {
            hasProfile.append(reader.bit())
            hasLevel.append(reader.bit())
        }
        if layers > 0 { for _ in layers..<8 { _ = reader.bits(2) } }
        for layer in 0..<layers {
            if hasProfile[layer] { for _ in 0..<11 { _ = reader.bits(8) } }
            if hasLevel[layer] { _ = reader.bits(8) }
        }
        _ = reader.number()
        let chroma = reader.number()
        if chroma == 3 { _ = reader.bit() }
        var width = reader.number()
        var height = reader.number()
        guard width <= 8_192, height <= 8_192, chroma <= 3 else { return nil }
        if reader.bit() {
            let (left, right, top, bottom) = (reader.number(), reader.number(), reader.number(), reader.number())
            guard max(left, right, top, bottom) < 8_192 else { return nil }
            width -= (chroma == 1 || chroma == 2 ? 2 : 1) * (left + right)
            height -= (chroma == 1 ? 2 : 1) * (top + bottom)
        }
        let depth = 8 + reader.number()
        guard !reader.isExhausted, (16...8_192).contains(width), (16...8_192).contains(height), depth <= 16 else {
            return nil
        }
        return PictureFormat(
            codec: .h265, width: width, height: height, name: hvcName(profile), videoParameters: video,
            sequence: sequence, picture: picture, profile: profile, chroma: chroma, depth: depth)
    }

    /// ISO/IEC 14496-15 annex E.3.
    static func hvcName(_ profile: [UInt8]) -> String {
        let space = ["", "A", "B", "C"][Int(profile[0] >> 6)]
        let flags = profile[1...4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var reversed: UInt32 = 0
        for bit in 0..<32 where flags >> UInt32(bit) & 1 == 1 { reversed |= 1 << UInt32(31 - bit) }
        var name = "hvc1.\(space)\(profile[0] & 31).\(String(reversed, radix: 16, uppercase: true))"
        name += ".\(profile[0] & 0x20 != 0 ? "H" : "L")\(profile[11])"
        var constraints = Array(profile[5...10])
        while constraints.last == 0 { constraints.removeLast() }
        for byte in constraints { name += "." + String(byte, radix: 16, uppercase: true) }
        return name
    }

    static func hex(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
