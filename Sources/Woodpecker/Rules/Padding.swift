/// Hides how long a text is: sealed pieces have one of few lengths.
enum Padding {
    /// The bytes behind their length, filled up with zeros to a multiple of `step`.
    static func add(_ bytes: [UInt8], step: Int) -> [UInt8] {
        let count = UInt32(bytes.count)
        var result = (0..<4).reversed().map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) } + bytes
        let rest = result.count % step
        if rest > 0 { result += [UInt8](repeating: 0, count: step - rest) }
        return result
    }

    /// The bytes again, or `nil` where there is no length that fits.
    static func remove(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= 4 else { return nil }
        let count = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard count <= bytes.count - 4 else { return nil }
        return Array(bytes[4..<4 + count])
    }
}
