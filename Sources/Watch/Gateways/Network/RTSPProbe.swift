import NIOCore
import NIOPosix

/// Asks a camera whether it speaks RTSP, without opening a stream: `OPTIONS` (RFC 2326 clause 10.1), which needs no
/// password.
enum RTSPProbe {
    /// Whether an answer came within `seconds`.
    static func answers(host: String, port: Int, seconds: Int64 = 3) async -> Bool {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Bool.self)
        let timer = loop.scheduleTask(in: .seconds(2 * seconds)) { promise.succeed(false) }
        let connected = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(seconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Listener(promise, host: host, port: port))
                }
            }
            .connect(host: host, port: port)
        connected.whenFailure { _ in promise.succeed(false) }
        let answer = (try? await promise.futureResult.get()) ?? false
        timer.cancel()
        connected.whenSuccess { $0.close(promise: nil) }
        return answer
    }

    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let promise: EventLoopPromise<Bool>
        private let question: String
        private var heard = ByteBuffer()

        init(_ promise: EventLoopPromise<Bool>, host: String, port: Int) {
            self.promise = promise
            let host = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
            question = "OPTIONS rtsp://\(host):\(port)/ RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Zhili\r\n\r\n"
        }

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: question)), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            heard.writeImmutableBuffer(unwrapInboundIn(data))
            guard heard.readableBytes >= 7 else { return }
            promise.succeed(heard.readableBytesView.prefix(7).elementsEqual("RTSP/1.".utf8))
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { promise.succeed(false) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
