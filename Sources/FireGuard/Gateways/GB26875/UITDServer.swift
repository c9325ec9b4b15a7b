import Kernel
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// The TCP server for user information transmission devices (GB/T 26875.3).
public final class UITDServer: Service {
    let bounds: UITDConfiguration
    let ingest: Ingest
    let directory: GatewayDirectory
    let registry = UITDRegistry()
    private let logger: Logger
    private let started: @Sendable (Int) -> Void
    private let ownPort = Mutex<Int?>(nil)

    /// The port that it listens on, once it does.
    var port: Int? { ownPort.withLock { $0 } }

    /// A server that does not listen yet; `started` is told the port once it does.
    public init(
        _ bounds: UITDConfiguration, ingest: Ingest, directory: GatewayDirectory, logger: Logger,
        started: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.bounds = bounds
        self.ingest = ingest
        self.directory = directory
        self.logger = logger
        self.started = started
        Metrics.shared.gauge("zhili_gb26875_connections", "Open connections") { [registry] in Double(registry.count) }
    }

    /// How many connections are open.
    public var connections: Int { registry.count }

    /// Listens until the service group shuts down or the task is cancelled.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(ChannelOptions.backlog, value: 1_024)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    let peer = channel.remoteAddress?.ipAddress ?? "unknown"
                    try channel.pipeline.syncOperations.addHandler(UITDHandler(server: self, peer: peer))
                }
            }
            .childChannelOption(ChannelOptions.socketOption(.so_keepalive), value: 1)
            .childChannelOption(ChannelOptions.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(ChannelOptions.maxMessagesPerRead, value: 4)
            // A connection keeps its buffer while it is idle, and most are: room for several heartbeats or an alarm, and
            // what is longer takes a second read.
            .childChannelOption(ChannelOptions.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 512))
        let listener = try await bootstrap.bind(host: bounds.host, port: bounds.port).get()
        let port = listener.localAddress?.port ?? bounds.port
        logger.info("gb26875 listens", metadata: ["port": "\(port)"])
        ownPort.withLock { $0 = port }
        started(port)
        let sweeper = Task { [self] in
            while !Task.isCancelled {
                try await Task.sleep(for: .seconds(5))
                for channel in registry.stale(bounds, at: .now) { channel.close(promise: nil) }
            }
        }
        defer { sweeper.cancel() }
        try await withGracefulShutdownHandler {
            try await withTaskCancellationHandler {
                try await listener.closeFuture.get()
            } onCancel: {
                listener.close(promise: nil)
            }
        } onGracefulShutdown: {
            listener.close(promise: nil)
        }
        for channel in registry.everyone { channel.close(promise: nil) }
    }

    /// Whether a device is connected to this node.
    func isConnected(_ device: String) -> Bool { registry.channel(of: device) != nil }

    /// Sends an order to a device and tells whether it confirmed within 10 s.
    func order(_ data: [UInt8], to device: String) async -> Bool {
        guard let channel = registry.channel(of: device) else { return false }
        return await withCheckedContinuation { continuation in
            let order = UITDHandler.Order(data: data) { continuation.resume(returning: $0) }
            channel.eventLoop.execute {
                guard let context = try? channel.pipeline.syncOperations.context(handlerType: UITDHandler.self),
                    let handler = context.handler as? UITDHandler
                else {
                    order.confirmed(false)
                    return
                }
                handler.send(order, context: context, at: .now)
            }
        }
    }

    func heardGateway(_ address: String, at now: Instant) {
        if let id = directory.find(.gb26875, address) { ingest.presence.touch(.gateway(id), at: now) }
    }

    /// Stores what frames say.
    /// - Returns: for each frame whether it is durable.
    func store(_ contents: [FrameTranslation.Content]) async -> [Bool] {
        do {
            try await ingest.take(contents.flatMap(\.signals))
            return contents.map { _ in true }
        } catch {
            guard contents.count > 1 else {
                logger.error("a frame could not be stored", metadata: ["error": "\(error)"])
                return [false]
            }
        }
        // One that cannot be stored must not hold back the others.
        var result: [Bool] = []
        for content in contents { result += await store([content]) }
        return result
    }
}
