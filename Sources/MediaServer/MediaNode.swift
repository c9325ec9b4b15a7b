import Foundation
import Kernel
import Logging
import Media
import NIOCore
import NIOPosix

/// A running media process: ports, sources, browsers, on one event loop; orders come over one connection, whose end is
/// its end.
public struct MediaNode: Sendable {
    private let configuration: MediaConfiguration
    private let logger: Logger

    /// A node that does not run yet.
    public init(_ configuration: MediaConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Runs until the connection on `control`, a socket of which the node becomes the owner, ends.
    public func run(control: CInt) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let channel = try await ClientBootstrap(group: loop)
            .channelOption(ChannelOptions.autoRead, value: false)
            .withConnectedSocket(control).get()
        try await loop.flatSubmit { start(on: loop, channel) }.get()
        try await channel.closeFuture.get()
        try await group.shutdownGracefully()
    }

    private func start(on loop: any EventLoop, _ control: any Channel) -> EventLoopFuture<Void> {
        let hub = Hub(loop: loop, bounds: configuration, logger: logger) { word in
            // An answer is of the size of a line; whoever does not read them is the process that started us.
            if let line = try? ControlLine.encode(word) { control.writeAndFlush(line, promise: nil) }
        }
        let bound = NIOLoopBound(hub, eventLoop: loop)
        let task = loop.scheduleRepeatedTask(initialDelay: .milliseconds(250), delay: .milliseconds(250)) { _ in
            bound.value.tick()
        }
        control.closeFuture.whenComplete { _ in
            task.cancel()
            bound.value.endAll()
        }
        return bindMedia(bound, tries: 20).flatMap { datagrams in
            bound.value.datagrams = datagrams
            return ViewServer.bind(
                hub: bound.value, host: configuration.viewHost, port: configuration.viewPort)
        }.flatMapThrowing { views in
            try control.pipeline.syncOperations.addHandlers([
                ByteToMessageHandler(LineHandler()), OrderHandler(hub: bound.value, logger: logger),
            ])
            let viewPort = views.localAddress?.port ?? configuration.viewPort
            logger.info(
                "media listens", metadata: ["media": "\(bound.value.mediaPort)", "viewers": "\(viewPort)"])
            let ready = try ControlLine.encode(MediaWord.ready(mediaPort: bound.value.mediaPort, viewPort: viewPort))
            control.writeAndFlush(ready, promise: nil)
        }.flatMap { control.setOption(ChannelOptions.autoRead, value: true) }
    }

    /// One port for both; where the system chooses, what is free for one may be taken for the other.
    private func bindMedia(_ hub: NIOLoopBound<Hub>, tries: Int) -> EventLoopFuture<any Channel> {
        let host = configuration.host
        let asked = configuration.mediaPort
        let loop = hub.value.loop
        return MediaIntake.bindDatagrams(hub: hub.value, host: host, port: asked).flatMap { datagrams in
            let port = datagrams.localAddress?.port ?? asked
            hub.value.mediaPort = port
            return MediaIntake.bindStreams(hub: hub.value, host: host, port: port).map { _ in datagrams }
                .flatMapError { error in
                    guard asked == 0, tries > 0 else { return loop.makeFailedFuture(error) }
                    return datagrams.close().flatMap { bindMedia(hub, tries: tries - 1) }
                }
        }
    }
}

/// Reads orders.
private final class OrderHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let hub: Hub
    private let logger: Logger

    init(hub: Hub, logger: Logger) {
        self.hub = hub
        self.logger = logger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            hub.obey(try ControlLine.decode(MediaOrder.self, unwrapInboundIn(data)))
        } catch {
            logger.error("an order cannot be read", metadata: ["error": "\(error)"])
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.error("the control connection failed", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }
}
