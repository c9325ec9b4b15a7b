import Kernel
import Synchronization

/// Hands committed events to those who follow the log, in order and without gaps.
///
/// It keeps the newest events in memory, so that a hundred screens cost one write and no read. Who is further behind
/// is told so and reads the log itself: the bound holds however slow a screen is.
public final class EventFeed: Sendable {
    /// What a follower gets when it asks for what is newer than the last number it saw.
    public enum News: Sendable {
        /// The events after that number, without a gap; never empty.
        case events(ArraySlice<Event>)
        /// Older than what is kept here: read the log after that number.
        case readLog
    }

    private struct State {
        var kept: [Event] = []
        /// Sequence number of the newest event known to be committed.
        var last: Int64 = 0
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// A feed that keeps `capacity` events in memory.
    public init(capacity: Int = 4_096) { self.capacity = capacity }

    /// The newest committed number.
    public var last: Int64 { state.withLock { $0.last } }

    /// What is newer than `seq`, or `nil` when nothing is.
    public func news(after seq: Int64) -> News? {
        state.withLock { state in
            guard seq < state.last else { return nil }
            guard let first = state.kept.first, first.seq <= seq + 1 else { return .readLog }
            let index = Int(seq + 1 - first.seq)
            return .events(state.kept[index...])
        }
    }

    /// Returns when something newer than `seq` is committed, or when the task is cancelled.
    public func wait(after seq: Int64) async {
        let ticket = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state in
                    if state.last > seq || Task.isCancelled { return true }
                    state.waiting[ticket] = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
        }
    }

    /// Takes over events that were committed, in order. Numbers already known are passed over; a gap drops what is
    /// kept, so that followers read the log.
    package func append(_ events: [Event]) {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            for event in events where event.seq > state.last {
                if event.seq != state.last + 1 { state.kept.removeAll(keepingCapacity: true) }
                state.kept.append(event)
                state.last = event.seq
            }
            if state.kept.count > capacity * 2 { state.kept.removeFirst(state.kept.count - capacity) }
            defer { state.waiting.removeAll(keepingCapacity: true) }
            return Array(state.waiting.values)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Starts behind `seq`, the newest number in the log at start.
    package func start(after seq: Int64) {
        state.withLock { state in
            guard seq > state.last else { return }
            state.kept.removeAll(keepingCapacity: true)
            state.last = seq
        }
    }
}
