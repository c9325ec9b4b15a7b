import Media
import NIOCore
import NIOPosix

/// The one media port: RTP over UDP and over TCP, told apart by SSRC.
enum MediaIntake {
    static func bindDatagrams(hub: Hub, host: String, port: Int) -> EventLoopFuture<any Channel> {
        let bound = NIOLoopBound(hub, eventLoop: hub.loop)
        return DatagramBootstrap(group: hub.loop)
            .channelOption(ChannelOptions.socketOption(.so_rcvbuf), value: 4 << 20)
            .channelOption(ChannelOptions.datagramVectorReadMessageCount, value: 32)
            .channelOption(
                ChannelOptions.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 32 * 2_048)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramHandler(hub: bound.value))
                }
            }
            .bind(host: host, port: port)
    }

    static func bindStreams(hub: Hub, host: String, port: Int) -> EventLoopFuture<any Channel> {
        let bound = NIOLoopBound(hub, eventLoop: hub.loop)
        return ServerBootstrap(group: hub.loop)
            .serverChannelOption(ChannelOptions.backlog, value: 256)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(ChannelOptions.socketOption(.so_keepalive), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard bound.value.connectionCame() else {
                        channel.close(promise: nil)
                        return
                    }
                    channel.closeFuture.whenComplete { _ in bound.value.connectionGone() }
                    try channel.pipeline.syncOperations.addHandler(StreamHandler(hub: bound.value, source: nil))
                }
            }
            .bind(host: host, port: port)
    }

    /// Connects to a device that listens: three tries, a second apart.
    static func connect(hub: Hub, to address: MediaAddress, tries: Int = 3, source: SourceID) {
        let bound = NIOLoopBound(hub, eventLoop: hub.loop)
        ClientBootstrap(group: hub.loop)
            .connectTimeout(.seconds(3))
            .channelOption(ChannelOptions.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StreamHandler(hub: bound.value, source: source))
                }
            }
            .connect(host: address.host, port: address.port)
            .whenComplete { result in
                let hub = bound.value
                switch result {
                case .success(let channel): hub.connected(source, channel)
                case .failure where tries > 1:
                    hub.loop.scheduleTask(in: .seconds(1)) {
                        if bound.value.isOpen(source) {
                            connect(hub: bound.value, to: address, tries: tries - 1, source: source)
                        }
                    }
                case .failure: hub.end(source, .unreachable)
                }
            }
    }
}

private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let hub: Hub

    init(hub: Hub) { self.hub = hub }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let packet = RTPPacket(envelope.data) else {
            hub.unreadable()
            return
        }
        hub.take(packet, from: envelope.remoteAddress)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// One TCP connection of a device.
final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let hub: Hub
    private var source: SourceID?
    private var framing = RTPFraming()
    private var context: ChannelHandlerContext?
    private var hasPacket = false

    init(hub: Hub, source: SourceID?) {
        self.hub = hub
        self.source = source
    }

    func channelActive(context: ChannelHandlerContext) { watchOver(context) }

    private func watchOver(_ context: ChannelHandlerContext) {
        guard source == nil else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        // A speaker connects and is silent: then its address says which voice it waits for.
        context.eventLoop.scheduleTask(in: .milliseconds(400)) {
            let (handler, context) = bound.value
            guard !handler.hasPacket, handler.source == nil, context.channel.isActive else { return }
            handler.source = handler.hub.adoptVoice(context.channel)
        }
        context.eventLoop.scheduleTask(in: .seconds(10)) {
            let (handler, context) = bound.value
            if !handler.hasPacket, handler.source == nil { context.close(promise: nil) }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        framing.append(unwrapInboundIn(data))
        while let packet = framing.next() {
            hasPacket = true
            if source == nil {
                source = hub.claim(ssrc: packet.ssrc, channel: context.channel)
                guard source != nil else {
                    context.close(promise: nil)
                    return
                }
            }
            if let source { hub.take(packet, for: source) }
        }
        if framing.isHopeless { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let source { hub.disconnected(source, context.channel) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
