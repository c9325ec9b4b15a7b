/// A source's clock as players need it: from 0, at 90 kHz, never back, whatever the device counts.
///
/// Differences of up to 5 s are believed; where the device's clock stands still or jumps, the arrival counts instead.
public struct MediaClock: Sendable {
    private static let believed: Int64 = 5 * 90_000
    private static let wrap: Int64 = 1 << 33
    private var lastRaw: Int64?
    private var lastArrival: Int64 = 0
    private var time: Int64 = 0

    /// Nothing seen yet.
    public init() {}

    /// The time of a picture and its offset until it is shown.
    public mutating func take(pts: UInt64?, dts: UInt64?, at now: Int64) -> (time: UInt64, offset: Int32) {
        let raw = (dts ?? pts).map { Int64($0 & 0x1_ffff_ffff) }
        defer {
            lastRaw = raw
            lastArrival = now
        }
        var offset: Int64 = 0
        if let pts, let dts { offset = Self.difference(Int64(pts & 0x1_ffff_ffff), Int64(dts & 0x1_ffff_ffff)) }
        if offset < 0 || offset > Self.believed { offset = 0 }
        guard lastRaw != nil || lastArrival != 0 else { return (0, Int32(offset)) }
        var step: Int64 = 0
        if let raw, let lastRaw { step = Self.difference(raw, lastRaw) }
        if step <= 0 || step > Self.believed {
            step = min(Self.believed, max(90, (now - lastArrival) * 90))
        }
        time += step
        return (UInt64(time), Int32(offset))
    }

    /// The shorter way from `earlier` to `later` on a clock of 33 bits; one of 32 bits wraps within it.
    private static func difference(_ later: Int64, _ earlier: Int64) -> Int64 {
        let step = later - earlier
        if step < -wrap / 2 { return step + wrap }
        if step > wrap / 2 { return step - wrap }
        if step < -(1 << 31), step > -(1 << 32) - 1, earlier < 1 << 32 { return step + (1 << 32) }
        return step
    }
}
