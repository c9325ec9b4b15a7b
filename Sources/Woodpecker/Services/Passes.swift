import Crypt
import Kernel
import Synchronization

/// Receipts that were checked a moment ago, in memory alone: so that each step on the receipt's page need not pay for
/// the computation again. A pass is carried in the page's forms, never in a cookie or an address.
final class Passes: Sendable {
    private struct Entry {
        var opened: Intake.Opened
        var until: Instant
    }

    private let entries = Mutex<[String: Entry]>([:])
    /// Milliseconds without a step after which a pass is worth nothing.
    static let lifeMs: Int64 = 20 * 60_000
    private static let limit = 10_000

    func issue(_ opened: Intake.Opened, at now: Instant) throws -> String {
        let token = try Secret.token()
        entries.withLock { entries in
            if entries.count >= Self.limit { entries = entries.filter { $0.value.until > now } }
            if entries.count >= Self.limit { entries.removeAll() }
            entries[token] = Entry(opened: opened, until: now + Self.lifeMs)
        }
        return token
    }

    func opened(_ token: String, at now: Instant) -> Intake.Opened? {
        entries.withLock { entries in
            guard var entry = entries[token], entry.until > now else { return nil }
            entry.until = now + Self.lifeMs
            entries[token] = entry
            return entry.opened
        }
    }

    func end(_ token: String) { entries.withLock { _ = $0.removeValue(forKey: token) } }
}
