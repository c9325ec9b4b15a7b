import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A request as a far end sees it.
struct FarRequest: Sendable {
    var method: String
    var uri: String
    var headers: HTTPHeaders
    var body: [UInt8]

    /// The query's names and values as they stand, still encoded.
    var query: String { uri.firstIndex(of: "?").map { String(uri[uri.index(after: $0)...]) } ?? "" }
}

/// What a far end does with a request.
enum FarAnswer: Sendable {
    case reply(Int, String)
    /// It sends the caller elsewhere (307).
    case redirect(String)
    /// It takes the request and says nothing.
    case hang
    /// It takes the request and closes the connection.
    case hangUp
}

/// A bare HTTP server for the far ends of carriers; requests of more than 64 KiB are refused.
final class FakeHTTPServer: Sendable {
    let port: Int
    private let channel: any Channel

    private init(_ channel: any Channel) {
        self.channel = channel
        port = channel.localAddress?.port ?? 0
    }

    static func start(
        host: String, port: Int, answer: @escaping @Sendable (FarRequest) -> FarAnswer
    ) async throws -> FakeHTTPServer {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(FarHandler(answer))
                }
            }
            .bind(host: host, port: port).get()
        return FakeHTTPServer(channel)
    }

    func stop() async { try? await channel.close().get() }
}

private final class FarHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: @Sendable (FarRequest) -> FarAnswer
    private var request: FarRequest?

    init(_ answer: @escaping @Sendable (FarRequest) -> FarAnswer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            request = FarRequest(method: head.method.rawValue, uri: head.uri, headers: head.headers, body: [])
        case .body(let buffer):
            request?.body += buffer.readableBytesView
            if let size = request?.body.count, size > 65_536 { context.close(promise: nil) }
        case .end:
            guard let request else { return }
            self.request = nil
            let answer = answer(request)
            switch answer {
            case .reply, .redirect:
                var (status, text) = (307, "")
                if case .reply(let given, let words) = answer { (status, text) = (given, words) }
                let body = ByteBuffer(string: text)
                var headers: HTTPHeaders = [
                    "Content-Type": "application/json", "Content-Length": String(body.readableBytes),
                ]
                if case .redirect(let place) = answer { headers.add(name: "Location", value: place) }
                context.write(
                    wrapOutboundOut(
                        .head(
                            HTTPResponseHead(
                                version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers))),
                    promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            case .hang: break
            case .hangUp: context.close(promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
