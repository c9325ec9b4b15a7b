import CArgon2
import Dispatch
import Synchronization

/// Makes keys of what people can remember, at a cost in memory and time that guessing pays for every guess: argon2id
/// (RFC 9106), on threads of its own and bounded, so that many askers can neither take the memory nor hold up others.
public final class HardKey: Sendable {
    private let queue = DispatchQueue(label: "zhili.argon2", attributes: .concurrent)
    private let running: DispatchSemaphore
    private let turn = DispatchQueue(label: "zhili.argon2.turn")
    private let waiting = Atomic<Int>(0)
    private let bound: Int
    private let memoryKiB: UInt32
    private let passes: UInt32

    /// - Parameters:
    ///   - memoryKiB: memory of one computation in KiB.
    ///   - passes: passes over it.
    ///   - parallel: computations at once; each takes `memoryKiB`.
    ///   - bound: computations that may wait; more are refused with ``CryptError/busy``.
    public init(memoryKiB: UInt32 = 65_536, passes: UInt32 = 3, parallel: Int = 2, bound: Int = 256) {
        self.memoryKiB = memoryKiB
        self.passes = passes
        self.bound = bound
        running = DispatchSemaphore(value: parallel)
    }

    /// 32 bytes made of `secret` and `salt` (16 bytes).
    /// - Throws: ``CryptError/busy`` when too many wait.
    public func derive(_ secret: [UInt8], salt: [UInt8]) async throws -> [UInt8] {
        guard waiting.add(1, ordering: .relaxed).newValue <= bound else {
            waiting.subtract(1, ordering: .relaxed)
            throw CryptError.busy
        }
        defer { waiting.subtract(1, ordering: .relaxed) }
        return try await withCheckedThrowingContinuation { continuation in
            // One thread waits for a free place, so that those who wait hold no thread each.
            turn.async { [self] in
                running.wait()
                queue.async { [self] in
                    defer { running.signal() }
                    var key = [UInt8](repeating: 0, count: 32)
                    let code = argon2id_hash_raw(
                        passes, memoryKiB, 1, secret, secret.count, salt, salt.count, &key, key.count)
                    if code == ARGON2_OK.rawValue {
                        continuation.resume(returning: key)
                    } else {
                        continuation.resume(throwing: CryptError.failed)
                    }
                }
            }
        }
    }
}
