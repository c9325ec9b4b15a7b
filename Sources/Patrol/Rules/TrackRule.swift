import Kernel

/// What of a phone's track is kept.
enum TrackRule {
    /// Milliseconds between two fixes that are kept.
    static let apartMs: Int64 = 10_000
    /// Fixes of one request.
    static let batch = 500
    /// Fixes that one watch keeps; at one in ten seconds that is half a day.
    static let ofShift = 4_320
    /// A fix less exact than so many metres is not kept.
    static let coarsest = 200

    /// Those of a person's fixes that lie in their watch, far enough apart, oldest first.
    /// - Parameters:
    ///   - shift: the watch, from the moment the person came to its end.
    ///   - known: how many of this watch are kept already.
    ///   - last: the newest that is kept.
    static func keep(_ fixes: [Fix], shift: Range<Instant>, known: Int, last: Instant?, now: Instant) -> [Fix] {
        var last = last ?? Instant(ms: .min / 2)
        var kept: [Fix] = []
        for fix in fixes.sorted(by: { $0.at < $1.at }) {
            guard shift.contains(fix.at), fix.at <= now + VisitRule.aheadMs, fix.accuracy <= coarsest,
                fix.at - last >= apartMs, known + kept.count < ofShift
            else { continue }
            kept.append(fix)
            last = fix.at
        }
        return kept
    }
}
