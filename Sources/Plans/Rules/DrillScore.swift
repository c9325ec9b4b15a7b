import Kernel

/// How a drill went: goals with their limits, and how many were reached in time.
struct DrillScore: Sendable, Equatable {
    /// Something that was to happen within a time.
    struct Goal: Sendable, Equatable {
        /// A key of the catalogue, or the words of a step.
        var name: String
        var isStep: Bool
        /// Milliseconds from the start.
        var limitMs: Int64
        /// Milliseconds from the start; `nil` where it has not happened.
        var takenMs: Int64?

        var isReached: Bool { takenMs.map { $0 <= limitMs } ?? false }
    }

    /// An alarm is to be taken within a minute.
    static let takenMs: Int64 = 60_000
    /// A unit is to be sent within 3 minutes, and to be there within 15.
    static let (dispatchMs, arrivalMs): (Int64, Int64) = (180_000, 900_000)

    var goals: [Goal]
    /// Goals reached in time, of a hundred; `nil` where there is none.
    var percent: Int? { goals.isEmpty ? nil : goals.filter(\.isReached).count * 100 / goals.count }

    /// - Parameter taken: when the desk took the alarm; `nil` for a drill that has none.
    init(
        started: Instant, taken acknowledged: Instant?? = nil, dispatched: Instant?, arrived: Instant?,
        steps: [Plan.Step], ticks: [Tick]
    ) {
        let taken = { (moment: Instant?) in moment.map { $0 - started } }
        goals = [
            Goal(name: "plans.target.dispatched", isStep: false, limitMs: Self.dispatchMs, takenMs: taken(dispatched)),
            Goal(name: "plans.target.arrived", isStep: false, limitMs: Self.arrivalMs, takenMs: taken(arrived)),
        ]
        if let acknowledged {
            goals.insert(
                Goal(
                    name: "plans.target.taken", isStep: false, limitMs: Self.takenMs, takenMs: taken(acknowledged)),
                at: 0)
        }
        for (index, step) in steps.enumerated() where step.minutes > 0 {
            goals.append(
                Goal(
                    name: step.text, isStep: true, limitMs: Int64(step.minutes) * 60_000,
                    takenMs: taken(ticks.first { $0.step == index }?.at)))
        }
    }
}
