import Kernel
import Storage

/// Asks duty posts whether somebody is there (查岗).
struct RollCalls: Sendable {
    let database: any Database
    let server: UITDServer

    /// Stores the question, sends it and notes whether the device has it.
    func ask(_ gateway: Gateway, minutes: Int, by name: String, at now: Instant) async throws -> RollCall {
        guard gateway.kind == .gb26875 else { throw Problem.conflict("gateway.no-roll-call") }
        guard (1...255).contains(minutes) else { throw Problem.invalid(["minutes": "out-of-range"]) }
        var call = RollCall(
            id: .next(), gateway: gateway.id, askedAt: now, askedBy: name, minutes: minutes, answeredAt: nil,
            outcome: .asked)
        let asked = call
        try await database.write { db in try RollCallStore.ask(asked, in: db) }
        let isDelivered = await server.order([91, 1, UInt8(truncatingIfNeeded: minutes)], to: gateway.address)
        let at = Instant.now
        try await database.write { db in try RollCallStore.delivered(asked.id, isDelivered, at: at, in: db) }
        call.outcome = isDelivered ? .delivered : .undelivered
        return call
    }
}
