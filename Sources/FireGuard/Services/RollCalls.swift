import Kernel
import Storage
import Web

/// Asks duty posts whether somebody is there (查岗).
struct RollCalls: Sendable {
    let database: any Database
    let server: UITDServer

    /// The transaction that stores a question: plain, or one that knows a repeat of the same request and answers
    /// with the first question.
    typealias Storing =
        @Sendable (@escaping @Sendable (any Writing) throws -> ID<RollCall>) async throws -> ID<RollCall>

    /// Stores the question, sends it and notes whether the device has it. A repeat asks nobody again: it is answered
    /// with the first question and what has come of it.
    func ask(
        _ post: GatewayID, minutes: Int, by name: String, at now: Instant, storing: Storing
    ) async throws -> RollCall {
        guard (1...255).contains(minutes) else { throw Problem.invalid(["minutes": "out-of-range"]) }
        let fresh = RollCall(
            id: .next(), gateway: post, askedAt: now, askedBy: name, minutes: minutes, answeredAt: nil,
            outcome: .asked)
        let asked = try await storing { db in
            guard let gateway = try DeviceStore.gateway(post, in: db) else { throw Problem.notFound }
            guard gateway.kind == .gb26875 else { throw Problem.conflict("gateway.no-roll-call") }
            try RollCallStore.ask(fresh, in: db)
            return fresh.id
        }
        if asked == fresh.id,
            let gateway = try await database.read({ db in try DeviceStore.gateway(post, in: db) })
        {
            let isDelivered = await server.order([91, 1, UInt8(truncatingIfNeeded: minutes)], to: gateway.address)
            let at = Instant.now
            try await database.write { db in try RollCallStore.delivered(asked, isDelivered, at: at, in: db) }
        }
        return try await database.read { db in try RollCallStore.find(asked, in: db) } ?? fresh
    }
}
