import Media
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// The browsers' way in: `GET /live?ticket=…` and `GET /speak?ticket=…`, upgraded to WebSockets; all else is refused.
enum ViewServer {
    static func bind(hub: Hub, host: String, port: Int) -> EventLoopFuture<any Channel> {
        let secure: NIOSSLContext?
        do {
            secure = try hub.bounds.tls.map { try context($0.certificate, $0.key) }
        } catch {
            return hub.loop.makeFailedFuture(error)
        }
        let bound = NIOLoopBound(hub, eventLoop: hub.loop)
        return ServerBootstrap(group: hub.loop)
            .serverChannelOption(ChannelOptions.backlog, value: 256)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(ChannelOptions.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel, bound.value, secure) }
            }
            .bind(host: host, port: port)
    }

    private static func context(_ certificate: String, _ key: String) throws -> NIOSSLContext {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
        tls.minimumTLSVersion = .tlsv12
        return try NIOSSLContext(configuration: tls)
    }

    private static func configure(_ channel: any Channel, _ hub: Hub, _ secure: NIOSSLContext?) throws {
        guard hub.viewerCame() else {
            channel.close(promise: nil)
            return
        }
        if let secure { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: secure)) }
        let bound = NIOLoopBound(hub, eventLoop: hub.loop)
        channel.closeFuture.whenComplete { _ in bound.value.viewerGone() }
        let passes = NIOLoopBoundBox<MediaPass?>(nil, eventLoop: hub.loop)
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: 1 << 16,
            shouldUpgrade: { channel, head in
                guard let pass = bound.value.redeem(head.uri) else { return channel.eventLoop.makeSucceededFuture(nil) }
                passes.value = pass
                return channel.eventLoop.makeSucceededFuture(HTTPHeaders())
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    guard let pass = passes.value else { throw ChannelError.operationUnsupported }
                    if pass.source == nil {
                        try channel.pipeline.syncOperations.addHandler(SpeakerHandler(hub: bound.value, pass: pass))
                    } else {
                        try channel.pipeline.syncOperations.addHandler(ViewerHandler(hub: bound.value, pass: pass))
                    }
                }
            })
        let refusal = RefusalHandler()
        let refusalBound = NIOLoopBound(refusal, eventLoop: hub.loop)
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: false,
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in
                    context.pipeline.syncOperations.removeHandler(refusalBound.value, promise: nil)
                }
            ), withErrorHandling: true)
        try channel.pipeline.syncOperations.addHandler(refusal)
    }
}

/// Answers 403 to whatever is no upgrade with a good ticket, and lets nobody idle.
private final class RefusalHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    private var deadline: Scheduled<Void>?

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: .seconds(10)) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let headers = HTTPHeaders([("content-length", "0"), ("connection", "close")])
        let head = HTTPResponseHead(version: .http1_1, status: .forbidden, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
