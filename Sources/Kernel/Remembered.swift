import Synchronization

/// What a pure function gave, for arguments that come again and again: each is worked out once.
///
/// Bounded: when `limit` results are held, all are let go, which costs no more than working them out again.
public final class Remembered<Argument: Hashable & Sendable, Result: Sendable>: Sendable {
    private let known = Mutex<[Argument: Result]>([:])
    private let limit: Int

    /// Nothing is known yet.
    public init(limit: Int = 256) { self.limit = limit }

    /// The result for `argument`, by `make` where it is not known. What `make` throws is not kept.
    public func value(for argument: Argument, make: (Argument) throws -> Result) rethrows -> Result {
        if let result = known.withLock({ $0[argument] }) { return result }
        let result = try make(argument)
        known.withLock { known in
            if known.count >= limit { known.removeAll(keepingCapacity: true) }
            known[argument] = result
        }
        return result
    }
}
