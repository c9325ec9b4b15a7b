import Kernel
import Logging
import ServiceLifecycle
import Storage

/// Sends questions to the devices that are connected to this node, whichever node was asked.
struct RollCallCourier: Service {
    let database: any Database
    let server: UITDServer
    let logger: Logger
    /// The newest event when the courier was made: what is asked before it runs is sent too.
    private let start: Int64

    init(database: any Database, server: UITDServer, logger: Logger) {
        self.database = database
        self.server = server
        self.logger = logger
        start = database.feed.last
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var seen = start
            await withDiscardingTaskGroup { group in
                while !Task.isCancelled {
                    await database.feed.wait(after: seen)
                    // Who missed events is late anyway: the question was answered as not delivered.
                    guard case .events(let events) = database.feed.news(after: seen) else {
                        seen = database.feed.last
                        continue
                    }
                    seen = events.last?.seq ?? seen
                    for event in events where event.content.type == RollCallStore.asked {
                        let subject = event.content.subject.split(separator: "/")
                        guard let id = subject.last.flatMap({ ID<RollCall>(String($0)) }) else { continue }
                        group.addTask { await deliver(id) }
                    }
                }
            }
        }
    }

    private func deliver(_ id: ID<RollCall>) async {
        do {
            let (call, gateway) = try await database.read { db in
                let call = try RollCallStore.find(id, in: db)
                return (call, try call.flatMap { try DeviceStore.gateway($0.gateway, in: db) })
            }
            guard let call, let gateway, server.isConnected(gateway.address) else { return }
            let isDelivered = await server.order(
                [91, 1, UInt8(truncatingIfNeeded: call.minutes)], to: gateway.address)
            try await database.write { db in try RollCallStore.delivered(id, isDelivered, at: .now, in: db) }
        } catch {
            logger.error("a roll-call was not sent", metadata: ["id": "\(id)", "error": "\(error)"])
        }
    }
}
