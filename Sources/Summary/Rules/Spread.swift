import Kernel

/// The middle and the ends of some lengths of time.
public struct Spread: Sendable, Equatable {
    /// How many there are; at least 1.
    public let count: Int
    /// Half of them are no longer, in milliseconds.
    public let median: Int64
    /// Nine of ten are no longer, in milliseconds.
    public let p90: Int64
    /// The longest, in milliseconds.
    public let longest: Int64

    /// `nil` of nothing: a percentile of nothing is not 0.
    public init?(_ lengths: [Int64]) {
        let sorted = lengths.sorted()
        guard let last = sorted.last else { return nil }
        count = sorted.count
        median = sorted[(sorted.count - 1) / 2]
        p90 = sorted[((sorted.count * 9 + 9) / 10) - 1]
        longest = last
    }
}
