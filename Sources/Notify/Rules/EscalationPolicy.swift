import Web

/// Who is told next when nobody takes an alarm.
public struct EscalationPolicy: Sendable, Equatable {
    /// One rung.
    public struct Step: Sendable, Equatable {
        /// Seconds since the rung before it, or since the alarm.
        public var afterSeconds: Int64
        /// Who.
        public var roles: [Role]
        /// How.
        public var channels: [Channel]
    }

    /// Its name in the store.
    public var name: String
    /// The rungs in order; the last one is repeated until somebody takes the alarm.
    public var steps: [Step]
    /// Seconds between repetitions of the last rung. Telephone carriers refuse more than five calls an hour to one
    /// number, so faster would be slower.
    public var repeatSeconds: Int64

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
