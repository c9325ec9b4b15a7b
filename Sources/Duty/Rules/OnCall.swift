import Kernel
import Web

/// Who is on call: a pure rule over stored shifts.
public enum OnCall {
    /// The people whose shift runs at `moment` as `role` for `area`, those of the area itself before those of the
    /// whole town.
    /// - Parameters:
    ///   - area: where it happened; `nil` asks for anybody.
    ///   - within: whether an area lies in one of those a shift is for.
    public static func people(
        as role: Role, for area: AreaID?, at moment: Instant, among shifts: [Shift],
        within: (_ areas: [AreaID], _ area: AreaID) -> Bool
    ) -> [StaffID] {
        let on = shifts.filter { shift in
            guard shift.role == role, shift.isOn(at: moment) else { return false }
            guard let own = shift.area, let area else { return true }
            return within([own], area)
        }
        var seen: Set<StaffID> = []
        return on.sorted { ($0.area == nil ? 1 : 0, $0.startsAt, $0.id) < ($1.area == nil ? 1 : 0, $1.startsAt, $1.id) }
            .map(\.staff).filter { seen.insert($0).inserted }
    }

    /// The stretches of `window` in which none of `spans` runs.
    public static func gaps(in window: Range<Instant>, covered spans: [Range<Instant>]) -> [Range<Instant>] {
        var gaps: [Range<Instant>] = []
        var reached = window.lowerBound
        for span in spans.sorted(by: { $0.lowerBound < $1.lowerBound }) where span.upperBound > reached {
            guard span.lowerBound < window.upperBound else { break }
            if span.lowerBound > reached { gaps.append(reached..<span.lowerBound) }
            reached = max(reached, span.upperBound)
        }
        if reached < window.upperBound { gaps.append(reached..<window.upperBound) }
        return gaps
    }
}
