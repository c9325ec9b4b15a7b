import Crypt
import Kernel
import Synchronization

/// A puzzle that a browser solves before it may ask for a receipt to be checked, and the slow way for those without
/// scripts. It makes guessing by a robot cost something before the dear computation is begun.
final class WorkProof: Sendable {
    /// Leading zero bits that the answer's SHA-256 must have.
    static let bits = 16
    /// Milliseconds for which a puzzle is good.
    static let lifeMs: Int64 = 20 * 60_000

    private let key: [UInt8]
    private let used = Mutex<[String: Instant]>([:])

    init() throws { key = try Secret.bytes(32) }

    /// A puzzle: a random part, its end, and the proof that it was made here.
    func puzzle(at now: Instant) throws -> String {
        let text = Secret.hex(try Secret.bytes(12)) + "." + String(now.ms + Self.lifeMs, radix: 36)
        return text + "." + mac(text)
    }

    /// Whether `answer` solves `puzzle`, which must be ours, in time and not used before.
    func takes(_ puzzle: String, answer: String, at now: Instant) -> Bool {
        let parts = puzzle.split(separator: ".")
        guard parts.count == 3, puzzle.utf8.count < 120, answer.utf8.count <= 20,
            Secret.equal(Array(mac(parts[0] + "." + parts[1]).utf8), Array(parts[2].utf8)),
            let end = Int64(parts[1], radix: 36), end > now.ms,
            Self.zeros(Digest.sha256(Array("\(puzzle):\(answer)".utf8))) >= Self.bits
        else { return false }
        return used.withLock { used in
            if used.count > 20_000 { used = used.filter { $0.value > now } }
            return used.updateValue(Instant(ms: end), forKey: puzzle) == nil
        }
    }

    private func mac(_ text: String) -> String {
        Secret.hex(Array(Digest.hmacSHA256(key: key, Array(text.utf8)).prefix(12)))
    }

    private static func zeros(_ bytes: [UInt8]) -> Int {
        var count = 0
        for byte in bytes {
            count += byte.leadingZeroBitCount
            if byte != 0 { break }
        }
        return count
    }
}

/// Lets those without scripts through one after the other, a pause apart, however many come.
actor SlowLane {
    private let pause: Duration
    private let bound: Int
    private var next = ContinuousClock.now
    private var waiting = 0

    /// - Parameter bound: who would come after that many others is sent away.
    init(pause: Duration = .milliseconds(1_500), bound: Int = 20) {
        self.pause = pause
        self.bound = bound
    }

    /// Returns when it is the caller's turn.
    /// - Throws: 503 when too many wait.
    func wait() async throws {
        guard waiting < bound else { throw Problem(503, "overloaded", retryAfter: 30) }
        let turn = max(next, ContinuousClock.now + pause)
        next = turn + pause
        waiting += 1
        defer { waiting -= 1 }
        try await Task.sleep(until: turn)
    }
}

/// Counts tries in memory under names that a key of the process hides; nothing of it outlives the process.
final class TryCount: Sendable {
    private struct Entry {
        var count: Int
        var until: Instant
    }

    private let key: [UInt8]
    private let limit: Int
    private let spanMs: Int64
    private let entries = Mutex<[[UInt8]: Entry]>([:])

    /// At most `limit` tries in `spanMs` milliseconds.
    init(limit: Int, spanMs: Int64) throws {
        key = try Secret.bytes(32)
        self.limit = limit
        self.spanMs = spanMs
    }

    /// Whether one more is within the limit; it is counted.
    func allows(_ name: String, at now: Instant) -> Bool { add(name, at: now) <= limit }

    /// Whether the limit is used up; nothing is counted.
    func isOver(_ name: String, at now: Instant) -> Bool {
        entries.withLock { entries in
            guard let entry = entries[hidden(name)], entry.until > now else { return false }
            return entry.count >= limit
        }
    }

    /// Counts one try.
    @discardableResult
    func add(_ name: String, at now: Instant) -> Int {
        entries.withLock { entries in
            if entries.count > 50_000 { entries = entries.filter { $0.value.until > now } }
            // A flood of different names must not take the memory: then all are forgotten, and counting begins anew.
            if entries.count > 100_000 { entries.removeAll() }
            let name = hidden(name)
            var entry = entries[name] ?? Entry(count: 0, until: now + spanMs)
            if entry.until <= now { entry = Entry(count: 0, until: now + spanMs) }
            entry.count += 1
            entries[name] = entry
            return entry.count
        }
    }

    private func hidden(_ name: String) -> [UInt8] {
        Array(Digest.hmacSHA256(key: key, Array(name.utf8)).prefix(16))
    }
}
