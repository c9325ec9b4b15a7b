import NIOCore
import NIOPosix
import NIOSSL

/// One connection to a mail server: a command goes out, a reply comes back.
final class SMTPConnection: Sendable {
    /// Why it is over.
    enum Failure: Error {
        /// The certificate is not what it must be, or there is no TLS.
        case tls(String)
        /// It ended, or spoke what is no reply.
        case lost
    }

    private let channel: any NIOCore.Channel
    private let handler: NIOLoopBound<SMTPHandler>

    private init(_ channel: any NIOCore.Channel, _ handler: NIOLoopBound<SMTPHandler>) {
        self.channel = channel
        self.handler = handler
    }

    /// Connects.
    /// - Parameter tls: spoken from the first byte where it is given.
    static func open(host: String, port: Int, tls: NIOSSLContext?) async throws -> SMTPConnection {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(3))
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(Self.secured(tls, host))
                    }
                    let handler = SMTPHandler()
                    try channel.pipeline.syncOperations.addHandler(handler)
                    return SMTPConnection(channel, NIOLoopBound(handler, eventLoop: channel.eventLoop))
                }
            }
    }

    private static func secured(_ tls: NIOSSLContext, _ host: String) throws -> NIOSSLClientHandler {
        // An address is no server name (RFC 6066, 3); it is compared with the certificate's addresses all the same.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : host)
    }

    /// The next reply, without a command.
    func reply() async throws -> SMTPReply {
        try await channel.eventLoop.flatSubmit { self.handler.value.next() }.get()
    }

    /// Says something and hears the reply.
    func ask(_ line: String) async throws -> SMTPReply { try await ask(Array((line + "\r\n").utf8)) }

    /// Sends bytes and hears the reply.
    func ask(_ bytes: [UInt8]) async throws -> SMTPReply {
        let channel = channel
        return try await channel.eventLoop.flatSubmit {
            let reply = self.handler.value.next()
            channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
            return reply
        }.get()
    }

    /// Speaks TLS from here on. What came in the open after the server's consent is refused: somebody put it there.
    func secure(_ tls: NIOSSLContext, host: String) async throws {
        let channel = channel
        try await channel.eventLoop.submit {
            guard self.handler.value.isQuiet else { throw Failure.tls("bytes before TLS") }
            try channel.pipeline.syncOperations.addHandler(Self.secured(tls, host), position: .first)
        }.get()
    }

    /// Hangs up; nothing is waited for.
    func close() { channel.close(promise: nil) }
}

/// Matches replies to who waits for them.
private final class SMTPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var reader = SMTPReader()
    private var early: [SMTPReply] = []
    private var waiting: [EventLoopPromise<SMTPReply>] = []
    private var failure: (any Error)?
    private var loop: (any EventLoop)?

    /// Whether nothing has come that nobody asked for.
    var isQuiet: Bool { early.isEmpty && reader.isEmpty }

    func handlerAdded(context: ChannelHandlerContext) { loop = context.eventLoop }

    func next() -> EventLoopFuture<SMTPReply> {
        guard let loop else { preconditionFailure("asked before it was added to a channel") }
        let promise = loop.makePromise(of: SMTPReply.self)
        if !early.isEmpty {
            promise.succeed(early.removeFirst())
        } else if let failure {
            promise.fail(failure)
        } else {
            waiting.append(promise)
        }
        return promise.futureResult
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            for reply in try reader.take(unwrapInboundIn(data).readableBytesView) {
                if waiting.isEmpty {
                    guard early.count < 4 else { return end(SMTPConnection.Failure.lost, context) }
                    early.append(reply)
                } else {
                    waiting.removeFirst().succeed(reply)
                }
            }
        } catch { end(error, context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(
            error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError
                ? SMTPConnection.Failure.tls(String("\(error)".prefix(80))) : error, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(SMTPConnection.Failure.lost, context)
        context.fireChannelInactive()
    }

    private func end(_ error: any Error, _ context: ChannelHandlerContext) {
        if failure == nil { failure = error }
        for promise in waiting { promise.fail(failure ?? error) }
        waiting = []
        context.close(promise: nil)
    }
}
