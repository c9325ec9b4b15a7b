import Synchronization

/// What a play has come to.
public struct FireReport: Sendable, Equatable, CustomStringConvertible {
    /// Connections that stood.
    public var connections = 0
    /// Reports sent.
    public var sent = 0
    /// Reports sent again for want of a confirmation.
    public var repeated = 0
    /// Reports that the centre has confirmed.
    public var confirmed = 0
    /// Reports that it has denied.
    public var denied = 0
    /// Reports that were never answered.
    public var lost = 0
    /// Milliseconds from sending to confirmation.
    public var latenciesMs: [Double] = []

    /// The latency that a share of the confirmed reports did not exceed, in milliseconds; 0 without any.
    public func percentile(_ share: Double) -> Double {
        let sorted = latenciesMs.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    /// One line for people.
    public var description: String {
        func text(_ ms: Double) -> String { "\((ms * 10).rounded() / 10) ms" }
        return """
            \(connections) connections, \(sent) sent, \(confirmed) confirmed, \(denied) denied, \(repeated) repeated, \
            \(lost) unanswered; confirmed within \(text(percentile(0.5))) (p50), \(text(percentile(0.99))) (p99)
            """
    }
}

/// Counts while a play runs.
final class Tally: Sendable {
    private let report = Mutex(FireReport())

    var value: FireReport { report.withLock { $0 } }
    func connected() { report.withLock { $0.connections += 1 } }
    func sent() { report.withLock { $0.sent += 1 } }
    func repeated() { report.withLock { $0.repeated += 1 } }
    func lost(_ count: Int) { report.withLock { $0.lost += count } }
    func answered(isConfirmed: Bool, ms: Double) {
        report.withLock { report in
            if isConfirmed { report.confirmed += 1 } else { report.denied += 1 }
            report.latenciesMs.append(ms)
        }
    }
}
