import GB26875
import NIOCore
import NIOPosix

/// Sends one frame to the centre's own port, as its device would, and waits for the confirmation.
enum DrillSender {
    /// Seconds for which a device waits.
    static let patience: Int64 = 10

    /// - Returns: whether the centre confirmed it.
    static func send(_ bytes: [UInt8], toPort port: Int) async -> Bool {
        let done = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Bool.self)
        let bootstrap = ClientBootstrap(group: done.futureResult.eventLoop)
            .connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Listener(done))
                }
            }
        guard let channel = try? await bootstrap.connect(host: "127.0.0.1", port: port).get() else {
            done.succeed(false)
            return false
        }
        channel.eventLoop.scheduleTask(in: .seconds(patience)) { done.succeed(false) }
        try? await channel.writeAndFlush(ByteBuffer(bytes: bytes))
        let isConfirmed = (try? await done.futureResult.get()) ?? false
        try? await channel.close()
        return isConfirmed
    }

    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var decoder = FrameDecoder()
        private let done: EventLoopPromise<Bool>

        init(_ done: EventLoopPromise<Bool>) { self.done = done }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            decoder.append(unwrapInboundIn(data).readableBytesView)
            while let found = decoder.next() {
                guard case .frame(let frame) = found else { continue }
                if frame.command == Frame.Command.confirm { done.succeed(true) }
                if frame.command == Frame.Command.deny { done.succeed(false) }
            }
        }

        func channelInactive(context: ChannelHandlerContext) { done.succeed(false) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
