import Kernel
import Web

/// Walks the policies through the hours to come and finds when a step would reach nobody: a pure rule.
enum PolicyCheck {
    /// Milliseconds between the moments that are looked at; watches change on the quarter hour.
    static let gridMs: Int64 = 900_000

    /// Who would be called as a role at a moment.
    struct OnCall: Sendable, Equatable {
        /// Whether anybody would be.
        var isReachable: Bool
        /// Whether that is because a roster has a hole, and everybody with the role is called in its stead.
        var isGap: Bool
    }

    /// A stretch of time in which a step, or a role, has nobody.
    struct Hole: Sendable, Equatable {
        /// The policy and the step, from 0, that call nobody at all; `nil` where a roster has a hole.
        var step: (policy: Int, number: Int)?
        /// The role whose roster has a hole.
        var role: Role?
        /// Whose area.
        var area: AreaID?
        /// From when.
        var from: Instant
        /// Until when; `nil` where the hole reaches past what was looked at.
        var until: Instant?

        static func == (left: Hole, right: Hole) -> Bool {
            left.step?.policy == right.step?.policy && left.step?.number == right.step?.number
                && left.role == right.role && left.area == right.area && left.from == right.from
                && left.until == right.until
        }
    }

    /// The holes that begin in `window`, followed to their ends as far as `horizon`.
    /// - Parameters:
    ///   - find: who would be called as a role for an area at a moment.
    ///   - isReachable: whether a named person has a phone.
    static func holes(
        _ policies: [EscalationPolicy], in window: Range<Instant>, horizon: Instant,
        isReachable: (StaffID) -> Bool, find: (Role, AreaID?, Instant) throws -> OnCall
    ) rethrows -> [Hole] {
        var moments = [window.lowerBound]
        var next = Instant(ms: (window.lowerBound.ms / gridMs + 1) * gridMs)
        while next < horizon {
            moments.append(next)
            next = next + gridMs
        }
        var asked: [String: [OnCall]] = [:]
        func onCall(_ role: Role, _ area: AreaID?) throws -> [OnCall] {
            let key = "\(role.rawValue) \(area?.description ?? "")"
            if let known = asked[key] { return known }
            let found = try moments.map { try find(role, area, $0) }
            asked[key] = found
            return found
        }
        var holes: [Hole] = []
        var rosters: Set<String> = []
        for (index, policy) in policies.enumerated() {
            let isMeant = moments.map { moment in
                let time = CivilTime(moment)
                return policy.scope.contains(time.hour * 60 + time.minute)
            }
            for (number, step) in policy.steps.enumerated() {
                let roles = try step.roles.map { (role: $0, found: try onCall($0, policy.scope.area)) }
                let hasPeople = step.people.contains(where: isReachable)
                holes += spans(moments, window) { at in
                    isMeant[at] && !hasPeople && !roles.contains { $0.found[at].isReachable }
                }.map {
                    Hole(
                        step: (index, number), role: nil, area: policy.scope.area, from: $0.from, until: $0.until)
                }
                for (role, found) in roles
                where rosters.insert("\(role.rawValue) \(policy.scope.area?.description ?? "")").inserted {
                    holes += spans(moments, window) { found[$0].isGap }.map {
                        Hole(step: nil, role: role, area: policy.scope.area, from: $0.from, until: $0.until)
                    }
                }
            }
        }
        return holes
    }

    /// The stretches in which something holds, those that begin in the window.
    private static func spans(
        _ moments: [Instant], _ window: Range<Instant>, _ holds: (Int) -> Bool
    ) -> [(from: Instant, until: Instant?)] {
        var spans: [(from: Instant, until: Instant?)] = []
        var from: Instant?
        for (index, moment) in moments.enumerated() {
            let isBad = holds(index)
            if isBad, from == nil, window.contains(moment) { from = moment }
            if !isBad, let start = from {
                spans.append((start, moment))
                from = nil
            }
        }
        if let from { spans.append((from, nil)) }
        return spans
    }
}
