import CAV

/// A picture that says when it was made: a clock in China Standard Time in large digits, a bar that moves, and the
/// milliseconds as 44 black or white fields along the top, so that whoever sees it can tell how old it is.
enum ClockPicture {
    /// Fields of the bar code, the highest bit first; each ``fieldWidth`` wide, from (``fieldLeft``, 16) on, 24 high.
    static let fields = 44
    static let fieldWidth = 12
    static let fieldLeft = 16

    /// Draws the picture of the moment `ms` (since the Unix epoch) on the coder's planes.
    static func draw(on coder: OpaquePointer, width: Int, height: Int, number: Int, ms: Int64) {
        var stride: Int32 = 0
        guard let luma = zl_coder_plane(coder, 0, &stride) else { return }
        let step = Int(stride)
        let shift = number * 4
        for row in 0..<height {
            let line = luma + row * step
            for column in 0..<width {
                line[column] = UInt8(60 + ((column + shift) >> 3 & 31) + (row >> 4 & 31))
            }
        }
        func fill(_ x: Int, _ y: Int, _ w: Int, _ h: Int, _ value: UInt8) {
            guard w > 0, h > 0, x >= 0, y >= 0, x + w <= width, y + h <= height else { return }
            for row in y..<y + h { (luma + row * step + x).update(repeating: value, count: w) }
        }
        for field in 0..<fields {
            let bit = ms >> Int64(fields - 1 - field) & 1
            fill(fieldLeft + field * fieldWidth, 16, fieldWidth, 24, bit == 1 ? 235 : 16)
        }
        let day = (ms + 8 * 3_600_000) % 86_400_000
        let text = [
            day / 36_000_000, day / 3_600_000 % 10, -1, day / 600_000 % 6, day / 60_000 % 10, -1,
            day / 10_000 % 6, day / 1_000 % 10, -2, day / 100 % 10, day / 10 % 10,
        ]
        let scale = max(2, width / 60)
        var x = (width - text.count * 4 * scale) / 2
        for digit in text {
            draw(Int(digit)) { column, row in fill(x + column * scale, height / 2 + row * scale, scale, scale, 235) }
            x += 4 * scale
        }
        // The bar crosses the picture once in two seconds.
        fill(number * (width - 24) / 50 % (width - 24), height - 40, 24, 24, 235)
        for plane in 1...2 {
            guard let chroma = zl_coder_plane(coder, Int32(plane), &stride) else { return }
            for row in 0..<height / 2 {
                (chroma + row * Int(stride)).update(repeating: plane == 1 ? 140 : 116, count: width / 2)
            }
        }
    }

    /// Five rows of three fields a sign; -1 is a colon, -2 a point.
    private static func draw(_ digit: Int, _ dot: (Int, Int) -> Void) {
        let shapes: [UInt16] = [
            0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71111, 0o75757, 0o75717,
        ]
        let shape: UInt16 = digit == -1 ? 0o02020 : digit == -2 ? 0o00002 : shapes[digit]
        for row in 0..<5 {
            for column in 0..<3 where shape >> UInt16((4 - row) * 3 + 2 - column) & 1 == 1 { dot(column, row) }
        }
    }
}
