import Synchronization

/// The process's counters, gauges and histograms, in Prometheus's text format at `/metrics`.
///
/// A counter is one atomic; names and labels are made once, never per event.
public final class Metrics: Sendable {
    /// The process's own.
    public static let shared = Metrics()

    /// A number that only grows.
    public final class Counter: Sendable {
        private let count = Atomic<Int>(0)
        /// The count so far.
        public var value: Int { count.load(ordering: .relaxed) }
        /// Adds `amount`, at least 0.
        public func add(_ amount: Int = 1) { count.add(amount, ordering: .relaxed) }
    }

    /// How long things took: a histogram with fixed bounds in milliseconds.
    public final class Timing: Sendable {
        static let boundsMs: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]
        private struct State {
            var buckets = [Int](repeating: 0, count: Timing.boundsMs.count + 1)
            var sumMs = 0.0
        }
        private let state = Mutex(State())

        /// Notes one duration.
        public func observe(ms: Double) {
            let bucket = Timing.boundsMs.firstIndex { ms <= $0 } ?? Timing.boundsMs.count
            state.withLock { state in
                state.buckets[bucket] += 1
                state.sumMs += ms
            }
        }

        fileprivate func lines(_ name: String) -> String {
            let (buckets, sumMs) = state.withLock { ($0.buckets, $0.sumMs) }
            var text = ""
            var total = 0
            for (index, count) in buckets.enumerated() {
                total += count
                let bound = index < Timing.boundsMs.count ? "\(Timing.boundsMs[index] / 1_000)" : "+Inf"
                text += "\(name)_bucket{le=\"\(bound)\"} \(total)\n"
            }
            return text + "\(name)_sum \(sumMs / 1_000)\n\(name)_count \(total)\n"
        }
    }

    private enum Kind {
        case counter(Counter)
        case timing(Timing)
        case gauge(@Sendable () -> Double)
    }

    private struct Entry {
        var help: String
        var kind: Kind
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// An empty registry.
    public init() {}

    /// The counter of that name, made on first use. `name` may carry labels: `zhili_frames_total{kind="fire"}`.
    public func counter(_ name: String, _ help: String) -> Counter {
        entries.withLock { entries in
            if case .counter(let known)? = entries[name]?.kind { return known }
            let counter = Counter()
            entries[name] = Entry(help: help, kind: .counter(counter))
            return counter
        }
    }

    /// The histogram of that name, in seconds on the outside, made on first use.
    public func timing(_ name: String, _ help: String) -> Timing {
        entries.withLock { entries in
            if case .timing(let known)? = entries[name]?.kind { return known }
            let timing = Timing()
            entries[name] = Entry(help: help, kind: .timing(timing))
            return timing
        }
    }

    /// A number that is looked up when asked for.
    public func gauge(_ name: String, _ help: String, _ value: @escaping @Sendable () -> Double) {
        entries.withLock { $0[name] = Entry(help: help, kind: .gauge(value)) }
    }

    /// Everything, in Prometheus's text format (version 0.0.4).
    public func text() -> String {
        let all = entries.withLock { $0 }.sorted { $0.key < $1.key }
        var text = ""
        var lastBase = ""
        for (name, entry) in all {
            let base = String(name.prefix { $0 != "{" })
            let type =
                switch entry.kind {
                case .counter: "counter"
                case .timing: "histogram"
                case .gauge: "gauge"
                }
            if base != lastBase {
                text += "# HELP \(base) \(entry.help)\n# TYPE \(base) \(type)\n"
                lastBase = base
            }
            switch entry.kind {
            case .counter(let counter): text += "\(name) \(counter.value)\n"
            case .timing(let timing): text += timing.lines(name)
            case .gauge(let value): text += "\(name) \(value())\n"
            }
        }
        return text
    }
}
