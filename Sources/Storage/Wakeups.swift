import Kernel
import Synchronization

/// Lets a worker sleep until a transaction has given it something to do.
///
/// A wake-up that comes while nobody waits is kept, so that none is lost between looking for work and waiting.
public final class Wakeups: Sendable {
    private struct Topic {
        var pending = false
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        /// Tickets whose time ran out before they began to wait.
        var expired: Set<UInt64> = []
        var active: Set<UInt64> = []
    }

    private struct State {
        var topics: [String: Topic] = [:]
        var nextTicket: UInt64 = 0
    }

    private let state = Mutex(State())

    init() {}

    /// Wakes who waits for `topic`.
    public func wake(_ topic: String) {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            var entry = state.topics[topic, default: Topic()]
            defer { state.topics[topic] = entry }
            if entry.waiting.isEmpty { entry.pending = true }
            defer { entry.waiting.removeAll() }
            return Array(entry.waiting.values)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Wakes everybody: what they wait for may have been missed.
    func wakeAll() {
        let topics = state.withLock { Array($0.topics.keys) }
        for topic in topics { wake(topic) }
    }

    /// Returns when `topic` is woken, when `ms` milliseconds have passed, or when the task is cancelled.
    public func wait(_ topic: String, atMostMs ms: Int64) async {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            state.topics[topic, default: Topic()].active.insert(state.nextTicket)
            return state.nextTicket
        }
        let timer = Task {
            try? await Task.sleep(for: .milliseconds(max(0, ms)))
            if !Task.isCancelled { self.release(topic, ticket) }
        }
        defer {
            timer.cancel()
            state.withLock { state in
                _ = state.topics[topic]?.active.remove(ticket)
                _ = state.topics[topic]?.expired.remove(ticket)
            }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state in
                    var entry = state.topics[topic, default: Topic()]
                    defer { state.topics[topic] = entry }
                    if entry.pending || Task.isCancelled || ms <= 0 || entry.expired.contains(ticket) {
                        entry.pending = false
                        return true
                    }
                    entry.waiting[ticket] = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        } onCancel: {
            release(topic, ticket)
        }
    }

    private func release(_ topic: String, _ ticket: UInt64) {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            var entry = state.topics[topic, default: Topic()]
            defer { state.topics[topic] = entry }
            if let waiting = entry.waiting.removeValue(forKey: ticket) { return waiting }
            if entry.active.contains(ticket) { entry.expired.insert(ticket) }
            return nil
        }
        continuation?.resume()
    }
}
