/// What a simulated town's detectors do, and when.
public enum FireScenario: String, Sendable, CaseIterable {
    /// Signs of life, and a fire that spreads, cooking smoke and a flapping detector once each.
    case town
    /// A fire that reaches one detector of a site after the other.
    case spread
    /// Smoke from a wok: an alarm that goes back to normal.
    case cooking
    /// A detector that cannot make up its mind.
    case flapping
    /// A thousand alarms, as fast as `rate` allows.
    case storm

    /// What a detector says.
    public struct Report: Sendable, Equatable {
        /// Milliseconds after the start.
        public var atMs: Int
        /// The device, from 0.
        public var device: Int
        /// The component's number behind it, from 1; 0 is the device's own sign of life.
        public var detector: Int
        /// Whether it reports fire; else that all is well.
        public var isFire: Bool
    }

    /// Everything that is said, in the order of time.
    /// - Parameters:
    ///   - devices: how many there are, at least 1.
    ///   - seconds: how long the play lasts.
    ///   - rate: reports a second of a storm.
    public func plan(devices: Int, seconds: Int, rate: Int) -> [Report] {
        func report(_ atMs: Int, _ device: Int, _ detector: Int, _ isFire: Bool = true) -> Report {
            Report(atMs: atMs, device: device % max(1, devices), detector: detector, isFire: isFire)
        }
        let reports: [Report]
        switch self {
        case .town:
            let signs = stride(from: 0, to: max(1, seconds) * 1_000, by: 10_000).flatMap { start in
                // Spread over ten seconds, as clocks that were never set together are.
                (0..<devices).map { report(start + $0 * 10_000 / max(1, devices), $0, 0, false) }
            }
            let plays = [FireScenario.spread, .cooking, .flapping].enumerated().flatMap { device, play in
                play.plan(devices: 1, seconds: seconds, rate: rate)
                    .map { report($0.atMs, device, $0.detector, $0.isFire) }
            }
            reports = signs + plays
        case .spread: reports = (0..<4).map { report(2_000 + $0 * 4_000, 0, $0 + 1) }
        case .cooking: reports = [report(3_000, 0, 1), report(23_000, 0, 1, false)]
        case .flapping: reports = (0..<8).map { report(4_000 + $0 * 1_500, 0, 1, $0 % 2 == 0) }
        case .storm:
            reports = (0..<1_000).map { report($0 * 1_000 / max(1, rate), $0, $0 / max(1, devices) % 4 + 1) }
        }
        return reports.filter { $0.atMs <= seconds * 1_000 }.sorted { $0.atMs < $1.atMs }
    }
}
