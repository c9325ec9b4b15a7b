/// A floor plan of an invented building, drawn by the program: four rooms around a corridor, the detectors' places in
/// their middle, as ``SampleSites`` gives them.
enum SamplePlan {
    private static let width = 900
    private static let height = 600

    /// The drawing as PNG.
    static func png() -> [UInt8] {
        var pixels = [UInt8](repeating: 250, count: width * height)
        func fill(_ x: ClosedRange<Int>, _ y: ClosedRange<Int>, _ grey: UInt8) {
            for row in y { for column in x { pixels[row * width + column] = grey } }
        }
        // Walls: outside, then along the corridor, then between the rooms.
        fill(20...879, 20...579, 70)
        fill(28...871, 28...571, 255)
        for wall in [258, 336] { fill(28...871, wall...wall + 5, 110) }
        fill(447...452, 28...258, 110)
        fill(447...452, 341...571, 110)
        fill(28...871, 264...335, 243)
        // Doors to the corridor, the way out at its right end, stairs at its left.
        for door in [360, 500] {
            fill(door...door + 44, 258...263, 255)
            fill(door...door + 44, 336...341, 255)
        }
        fill(872...879, 274...325, 255)
        for step in 0..<8 { fill(40 + step * 10...41 + step * 10, 270...329, 150) }
        // Windows.
        for window in stride(from: 90, through: 760, by: 160) {
            for wall in [20, 572] { fill(window...window + 70, wall...wall + 7, 190) }
        }
        return encode(pixels)
    }

    /// A grey PNG whose rows are stored uncompressed: nothing else of the program needs an encoder.
    private static func encode(_ pixels: [UInt8]) -> [UInt8] {
        var raw: [UInt8] = []
        for row in 0..<height { raw += [0] + pixels[row * width..<(row + 1) * width] }
        var stream: [UInt8] = [0x78, 0x01]
        var start = 0
        while start < raw.count {
            let count = min(65_535, raw.count - start)
            stream += [start + count == raw.count ? 1 : 0, UInt8(count & 255), UInt8(count >> 8)]
            stream += [~UInt8(count & 255), ~UInt8(count >> 8)]
            stream += raw[start..<start + count]
            start += count
        }
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in raw {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        stream += bytes(b << 16 | a)
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", bytes(UInt32(width)) + bytes(UInt32(height)) + [8, 0, 0, 0, 0]) + chunk("IDAT", stream)
            + chunk("IEND", [])
    }

    private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + data
        return bytes(UInt32(data.count)) + body + bytes(checksum(body))
    }

    /// CRC-32 as PNG asks for.
    private static func checksum(_ data: [UInt8]) -> UInt32 {
        var sum = ~UInt32(0)
        for byte in data {
            sum ^= UInt32(byte)
            for _ in 0..<8 {
                let carry: UInt32 = sum & 1 == 1 ? 0xEDB8_8320 : 0
                sum = (sum >> 1) ^ carry
            }
        }
        return ~sum
    }

    private static func bytes(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }
}
