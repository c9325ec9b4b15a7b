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

    /// Stores the question and waits until the node that holds the device's connection has sent it. A repeat asks
    /// nobody again: it is answered with the first question and what has come of it.
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
        return asked == fresh.id ? try await sent(fresh) : try await current(asked) ?? fresh
    }

    /// Waits for the courier, on this node or another; a device that is connected has 10 s to confirm, one that is
    /// not seen here may be connected elsewhere.
    private func sent(_ call: RollCall) async throws -> RollCall {
        let address = try await database.read { db in try DeviceStore.gateway(call.gateway, in: db)?.address }
        let patience: Duration = server.isConnected(address ?? "") ? .seconds(12) : .seconds(3)
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            if let known = try await current(call.id), known.outcome != .asked { return known }
            try await Task.sleep(for: .milliseconds(50))
        }
        try await database.write { db in try RollCallStore.delivered(call.id, false, at: .now, in: db) }
        return try await current(call.id) ?? call
    }

    private func current(_ id: ID<RollCall>) async throws -> RollCall? {
        try await database.read { db in try RollCallStore.find(id, in: db) }
    }
}
