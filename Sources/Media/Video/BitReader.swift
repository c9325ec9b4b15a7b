/// Reads bits of a parameter set, passing over the bytes that prevent start codes (H.264 clause 7.4.1).
struct BitReader {
    private let bytes: [UInt8]
    private var position = 0
    /// Whether more was asked for than there is; everything read then is 0.
    private(set) var isExhausted = false

    init(_ unit: ArraySlice<UInt8>) {
        var plain: [UInt8] = []
        plain.reserveCapacity(unit.count)
        var zeros = 0
        for byte in unit.prefix(4_096) {
            if zeros >= 2, byte == 3 {
                zeros = 0
                continue
            }
            zeros = byte == 0 ? zeros + 1 : 0
            plain.append(byte)
        }
        bytes = plain
    }

    mutating func bit() -> Bool {
        guard position < bytes.count * 8 else {
            isExhausted = true
            return false
        }
        defer { position += 1 }
        return bytes[position >> 3] >> (7 - UInt8(position & 7)) & 1 == 1
    }

    /// At most 32 bits.
    mutating func bits(_ count: Int) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count { value = value << 1 | (bit() ? 1 : 0) }
        return value
    }

    /// An unsigned Exp-Golomb number (H.264 clause 9.1).
    mutating func number() -> Int {
        var zeros = 0
        while !bit() {
            zeros += 1
            if isExhausted || zeros > 31 {
                isExhausted = true
                return 0
            }
        }
        return Int((UInt64(1) << UInt64(zeros)) - 1 + UInt64(bits(zeros)))
    }

    mutating func signed() -> Int {
        let value = number()
        return value & 1 == 1 ? (value + 1) / 2 : -(value / 2)
    }
}
