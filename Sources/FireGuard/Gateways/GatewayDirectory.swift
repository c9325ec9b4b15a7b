import Kernel
import Storage
import Synchronization

/// The registered gateways by their addresses, in memory, so that a heartbeat costs no query.
public final class GatewayDirectory: Sendable {
    private struct Key: Hashable {
        var kind: GatewayKind
        var address: String
    }

    private let known = Mutex<[Key: GatewayID]>([:])

    /// An empty directory.
    public init() {}

    /// Reads the register.
    func load(_ database: any Database) async throws {
        let gateways = try await database.read { db in
            var all: [Gateway] = []
            while true {
                let page = try DeviceStore.gateways(after: all.last?.id, limit: 1_000, in: db)
                all += page
                if page.count < 1_000 { return all }
            }
        }
        known.withLock { known in
            known = [:]
            for gateway in gateways { known[Key(kind: gateway.kind, address: gateway.address)] = gateway.id }
        }
    }

    /// Notes a new or changed gateway.
    func note(_ gateway: Gateway) {
        known.withLock { known in
            for (key, id) in known where id == gateway.id { known[key] = nil }
            known[Key(kind: gateway.kind, address: gateway.address)] = gateway.id
        }
    }

    /// The gateway at an address.
    func find(_ kind: GatewayKind, _ address: String) -> GatewayID? {
        known.withLock { $0[Key(kind: kind, address: address)] }
    }
}
