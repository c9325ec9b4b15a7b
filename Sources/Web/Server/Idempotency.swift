import HTTPTypes
import Kernel
import Storage

extension Call {
    /// Runs `work` in a write transaction; when the client sent an `Idempotency-Key`, a repeat of the same request
    /// gets the first answer, and the work is done once however often it comes.
    /// - Throws: what `work` throws; 422 `idempotency.reused` when the key was used for another request.
    public func once<Value: Codable & Sendable>(
        _ work: @escaping @Sendable (any Writing) throws -> Value
    ) async throws -> Value {
        guard let key = header("Idempotency-Key") else { return try await database.write(work) }
        guard (8...128).contains(key.utf8.count) else { throw Problem.invalid(["Idempotency-Key": "invalid"]) }
        let who = caller?.id.rawValue ?? 0
        let route = "\(incoming.method.rawValue) \(incoming.path)"
        let fingerprint = Int64(bitPattern: fnv1a(body))
        return try await database.write { db in
            let known = try db.first(
                Kept.self,
                """
                SELECT route, fingerprint, answer FROM idempotency WHERE caller = \(who) AND idempotency_key = \(key)
                """)
            if let known {
                guard known.route == route, known.fingerprint == fingerprint else {
                    throw Problem(422, "idempotency.reused")
                }
                return try JSON.decode(Value.self, Array(known.answer.utf8))
            }
            let value = try work(db)
            try db.execute(
                """
                INSERT INTO idempotency (caller, idempotency_key, route, fingerprint, answer, at)
                VALUES (\(who), \(key), \(route), \(fingerprint), \(try JSON.text(value)), \(Instant.now))
                """)
            return value
        }
    }
}

extension Retention {
    /// Answers kept for repeats of requests.
    public static func idempotency(days: Int64) -> Retention {
        Retention(name: "idempotency", days: days) { before, limit, db in
            try db.execute(
                """
                DELETE FROM idempotency WHERE (caller, idempotency_key) IN
                  (SELECT caller, idempotency_key FROM idempotency WHERE at < \(before) ORDER BY at LIMIT \(limit))
                """)
        }
    }
}

private struct Kept: RowDecodable {
    var route: String
    var fingerprint: Int64
    var answer: String

    init(row: inout Row) throws {
        route = try row.next()
        fingerprint = try row.next()
        answer = try row.next()
    }
}

/// A 64-bit fingerprint (FNV-1a): tells different bodies and files apart, guards nothing.
func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
}
