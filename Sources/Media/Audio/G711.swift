/// ITU-T G.711: eight bits a sample, 8,000 a second.
public enum G711 {
    /// Silence in A-law.
    public static let silence: UInt8 = 0xD5

    /// One sample as A-law.
    public static func aLaw(_ sample: Int16) -> UInt8 {
        var value = Int(sample) >> 3
        let mask: UInt8
        if value >= 0 {
            mask = 0xD5
        } else {
            mask = 0x55
            value = -value - 1
        }
        guard value >= 32 else { return UInt8(value >> 1) ^ mask }
        let segment = min(7, Int.bitWidth - 5 - value.leadingZeroBitCount)
        let code = segment << 4 | (value >> segment & 15)
        return UInt8(min(code, 127)) ^ mask
    }

    /// The sample of an A-law byte.
    public static func fromALaw(_ byte: UInt8) -> Int16 {
        let code = byte ^ 0x55
        let mantissa = Int(code & 15) << 4
        let segment = Int(code >> 4 & 7)
        let size = segment == 0 ? mantissa + 8 : (mantissa + 0x108) << (segment - 1)
        return Int16(code & 0x80 != 0 ? size : -size)
    }

    /// The sample of a µ-law byte.
    public static func fromMuLaw(_ byte: UInt8) -> Int16 {
        let code = ~byte
        let size = ((Int(code & 15) << 3) + 0x84) << Int(code >> 4 & 7)
        return Int16(code & 0x80 != 0 ? 0x84 - size : size - 0x84)
    }
}
