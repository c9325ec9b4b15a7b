import Kernel
import Web

/// Who is told next when nobody takes an alarm.
public struct EscalationPolicy: Codable, Sendable, Hashable {
    /// One rung.
    public struct Step: Codable, Sendable, Hashable {
        /// Seconds since the rung before it, or since the alarm.
        public var afterSeconds: Int64
        /// Who is on duty as one of these.
        public var roles: [Role]
        /// And these people, on duty or not.
        public var people: [StaffID]
        /// How.
        public var channels: [Channel]

        /// A rung.
        public init(afterSeconds: Int64, roles: [Role], people: [StaffID] = [], channels: [Channel]) {
            self.afterSeconds = afterSeconds
            self.roles = roles
            self.people = people
            self.channels = channels
        }
    }

    /// When a policy is meant; what is `nil` is any.
    public struct Scope: Codable, Sendable, Hashable {
        /// In this area and its parts.
        public var area: AreaID?
        /// From this minute after midnight in China, 0…1439…
        public var fromMinute: Int?
        /// …to this one; an end that is not after the beginning is on the next day.
        public var toMinute: Int?

        /// Always and everywhere, or what is given.
        public init(area: AreaID? = nil, fromMinute: Int? = nil, toMinute: Int? = nil) {
            self.area = area
            self.fromMinute = fromMinute
            self.toMinute = toMinute
        }
    }

    /// What it is for, such as `fire`.
    public var name: String
    /// The rungs in order; the last one is repeated until somebody takes the alarm.
    public var steps: [Step]
    /// Seconds between repetitions of the last rung. Telephone carriers refuse more than five calls an hour to one
    /// number, so faster would be slower.
    public var repeatSeconds: Int64
    /// Where and when.
    public var scope = Scope()

    /// For a fire: after 30 s the desk's own people, at 60 s the leader, at 120 s everybody by phone, then again.
    public static let fire = EscalationPolicy(
        name: "fire",
        steps: [
            Step(afterSeconds: 30, roles: [.officer, .leader], channels: [.sms]),
            Step(afterSeconds: 30, roles: [.leader], channels: [.call]),
            Step(afterSeconds: 60, roles: [.officer, .leader, .admin], channels: [.sms, .call]),
        ], repeatSeconds: 900)

    /// The step that falls due as number `number` (from 0), and the pause after it in milliseconds.
    func step(_ number: Int64) -> (step: Step, pauseMs: Int64)? {
        guard let last = steps.last, number >= 0 else { return nil }
        let next = number + 1
        let pause = next < steps.count ? steps[Int(next)].afterSeconds : repeatSeconds
        return (number < steps.count ? steps[Int(number)] : last, pause * 1_000)
    }

    /// Milliseconds from the alarm to the first step.
    var firstPauseMs: Int64 { (steps.first?.afterSeconds ?? repeatSeconds) * 1_000 }
}

extension EscalationPolicy {
    /// The most rungs.
    static let mostSteps = 6
    /// The most calls to one person for one alarm.
    static let mostCalls = 2

    /// The policy for an alarm: the one whose area and hours fit, the narrowest first; the first of these where
    /// several fit alike.
    static func choose(
        _ name: String, among policies: [EscalationPolicy], area: AreaID?, at moment: Instant,
        within: ([AreaID], AreaID) -> Bool
    ) -> EscalationPolicy? {
        let time = CivilTime(moment)
        let minute = time.hour * 60 + time.minute
        let fitting = policies.filter { policy in
            guard policy.name == name else { return false }
            if let own = policy.scope.area {
                guard let area, within([own], area) else { return false }
            }
            return policy.scope.contains(minute)
        }
        var best: EscalationPolicy?
        for policy in fitting where policy.scope.width < (best?.scope.width ?? .max) { best = policy }
        return best
    }

    /// What is wrong with it, by field; nothing where it may be saved.
    var flaws: [String: String] {
        var check = FieldCheck()
        check.expect((1...Self.mostSteps).contains(steps.count), "steps", steps.isEmpty ? "required" : "too-many")
        check.expect((300...7_200).contains(repeatSeconds), "repeatSeconds", "out-of-range")
        var waited: Int64 = .max
        var called: Set<String> = []
        for (index, step) in steps.enumerated() {
            check.expect((0...1_800).contains(step.afterSeconds), "after-\(index)", "out-of-range")
            check.expect(!step.roles.isEmpty || !step.people.isEmpty, "who-\(index)", "escalation.nobody")
            check.expect(!step.channels.isEmpty, "channels-\(index)", "required")
            // A second call within a minute is refused by the carrier, and counts against the hour.
            let now =
                step.channels.contains(.call)
                ? Set(step.roles.map(\.rawValue) + step.people.map(\.description)) : []
            waited = waited == .max ? step.afterSeconds : waited + step.afterSeconds
            if !now.isEmpty {
                check.expect(
                    called.isDisjoint(with: now) || waited >= 60, "channels-\(index)", "escalation.too-close")
                called = now
                waited = 0
            }
        }
        check.expect((scope.fromMinute == nil) == (scope.toMinute == nil), "hours", "required")
        for minute in [scope.fromMinute, scope.toMinute].compactMap(\.self) {
            check.expect((0..<1_440).contains(minute), "hours", "out-of-range")
        }
        return check.errors
    }
}

extension EscalationPolicy.Scope {
    /// Whether a minute of the day lies in its hours.
    func contains(_ minute: Int) -> Bool {
        guard let from = fromMinute, let to = toMinute else { return true }
        return from < to ? from <= minute && minute < to : minute >= from || minute < to
    }

    /// How wide it is: an area is narrower than hours, hours than always.
    var width: Int { (area == nil ? 2 : 0) + (fromMinute == nil ? 1 : 0) }
}
