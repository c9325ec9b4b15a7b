import Foundation

/// Pictures made here, so that no file of somebody else's is kept.
enum Noise {
    /// A PNG of 8-bit RGB; every pixel comes of `pixel`.
    static func png(width: Int, height: Int, pixel: (Int, Int) -> UInt8) -> [UInt8] {
        var raw: [UInt8] = []
        raw.reserveCapacity(height * (width * 3 + 1))
        for y in 0..<height {
            raw.append(0)
            for x in 0..<width {
                let value = pixel(x, y)
                raw += [value, value &* 3, value &* 7]
            }
        }
        return png(raw, width, height, depth: 8, colour: 2)
    }

    /// A square PNG of one bit a pixel: many pixels in few bytes.
    static func bitmap(side: Int) -> [UInt8] {
        let line: [UInt8] = [0] + [UInt8](repeating: 0x5a, count: (side + 7) / 8)
        return png(Array(repeatElement(line, count: side).joined()), side, side, depth: 1, colour: 0)
    }

    /// The picture with its data in stored (uncompressed) blocks of deflate.
    private static func png(_ raw: [UInt8], _ width: Int, _ height: Int, depth: UInt8, colour: UInt8) -> [UInt8] {
        var packed: [UInt8] = [0x78, 0x01]
        packed.reserveCapacity(raw.count + raw.count / 1_000 + 64)
        for start in stride(from: 0, to: raw.count, by: 65_535) {
            let part = raw[start..<min(start + 65_535, raw.count)]
            let length = UInt16(part.count)
            packed += [start + 65_535 >= raw.count ? 1 : 0, UInt8(length & 255), UInt8(length >> 8)]
            packed += [UInt8(~length & 255), UInt8(~length >> 8)]
            packed += part
        }
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in raw {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        packed += big(b << 16 | a)
        let head: [UInt8] = big(UInt32(width)) + big(UInt32(height)) + [depth, colour, 0, 0, 0]
        let mark: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        return mark + chunk("IHDR", head) + chunk("IDAT", packed) + chunk("IEND", [])
    }

    private static func big(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { (shift: UInt32) in UInt8(truncatingIfNeeded: value >> shift) }
    }

    private static let table: [UInt32] = (0..<256).map { (index: UInt32) in
        (0..<8).reduce(index) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }

    private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + data
        let table = table
        var crc: UInt32 = 0xffff_ffff
        for byte in body { crc = table[Int((crc ^ UInt32(byte)) & 255)] ^ crc >> 8 }
        return big(UInt32(data.count)) + body + big(~crc)
    }
}
