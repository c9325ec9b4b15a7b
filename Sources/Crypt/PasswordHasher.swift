import COpenSSL
import Dispatch
import Synchronization

/// Hashes passwords with scrypt (RFC 7914) on threads of its own: 32 MiB and some 100 ms each would starve the
/// cooperative pool.
public final class PasswordHasher: Sendable {
    private let queue = DispatchQueue(label: "zhili.scrypt")
    private let waiting = Atomic<Int>(0)
    private let bound: Int
    private let logCost: Int

    /// - Parameters:
    ///   - logCost: N = 2^logCost, r = 8, p = 1; 15 needs 32 MiB.
    ///   - bound: passwords that may wait; more are refused with ``CryptError/busy``.
    public init(logCost: Int = 15, bound: Int = 64) {
        self.logCost = logCost
        self.bound = bound
    }

    /// The password's hash with its parameters and salt: `scrypt$15$SALT$HASH`.
    public func hash(_ password: String) async throws -> String {
        let salt = try Secret.bytes(16)
        let cost = logCost
        let key = try await derive(password, salt: salt, logCost: cost)
        return "scrypt$\(cost)$\(Secret.hex(salt))$\(Secret.hex(key))"
    }

    /// Whether `password` is the one behind `stored`. With no hash stored it takes as long and says no.
    public func verify(_ password: String, _ stored: String?) async throws -> Bool {
        let parts = (stored ?? "").split(separator: "$")
        guard parts.count == 4, parts[0] == "scrypt", let cost = Int(parts[1]), (10...20).contains(cost),
            let salt = Secret.bytes(hex: String(parts[2])), let key = Secret.bytes(hex: String(parts[3]))
        else {
            _ = try await derive(password, salt: [UInt8](repeating: 0, count: 16), logCost: logCost)
            return false
        }
        return Secret.equal(try await derive(password, salt: salt, logCost: cost), key)
    }

    private func derive(_ password: String, salt: [UInt8], logCost: Int) async throws -> [UInt8] {
        guard waiting.add(1, ordering: .relaxed).newValue <= bound else {
            waiting.subtract(1, ordering: .relaxed)
            throw CryptError.busy
        }
        defer { waiting.subtract(1, ordering: .relaxed) }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async {
                var key = [UInt8](repeating: 0, count: 32)
                let bytes = Array(password.utf8)
                let done = bytes.withUnsafeBytes { pass in
                    EVP_PBE_scrypt(
                        pass.baseAddress?.assumingMemoryBound(to: CChar.self), pass.count, salt, salt.count,
                        1 << UInt64(logCost), 8, 1, 1 << 30, &key, key.count)
                }
                if done == 1 {
                    continuation.resume(returning: key)
                } else {
                    continuation.resume(throwing: CryptError.failed)
                }
            }
        }
    }
}
