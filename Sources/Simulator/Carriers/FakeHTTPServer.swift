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
    /// A file of a type.
    case file([UInt8], type: String)
    /// It takes the request and says nothing.
    case hang
    /// It takes the request and closes the connection.
    case hangUp
}

/// A bare HTTP server for far ends; requests of more than `limit` bytes are refused.
final class FakeHTTPServer: Sendable {
    let port: Int
    private let channel: any Channel
    private let callers: Callers

    private init(_ channel: any Channel, _ callers: Callers) {
        self.channel = channel
        self.callers = callers
        port = channel.localAddress?.port ?? 0
    }

    /// - Parameter type: the content type of what it replies.
    static func start(
        host: String, port: Int, limit: Int = 65_536, type: String = "application/json",
        answer: @escaping @Sendable (FarRequest) -> FarAnswer
    ) async throws -> FakeHTTPServer {
        let callers = Callers()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    callers.add(channel)
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(FarHandler(limit, type, answer))
                }
            }
            .bind(host: host, port: port).get()
        return FakeHTTPServer(channel, callers)
    }

    /// Takes no more connections and closes those that are open, as a far end does that goes down.
    func stop() async {
        try? await channel.close().get()
        for caller in callers.all { try? await caller.close().get() }
    }
}

/// The connections that are open.
private final class Callers: Sendable {
    private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

    var all: [any Channel] { open.withLock { Array($0.values) } }

    func add(_ channel: any Channel) {
        let key = ObjectIdentifier(channel)
        open.withLock { $0[key] = channel }
        channel.closeFuture.whenComplete { [weak self] _ in self?.open.withLock { $0[key] = nil } }
    }
}

private final class FarHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let limit: Int
    private let type: String
    private let answer: @Sendable (FarRequest) -> FarAnswer
    private var request: FarRequest?

    init(_ limit: Int, _ type: String, _ answer: @escaping @Sendable (FarRequest) -> FarAnswer) {
        self.limit = limit
        self.type = type
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            request = FarRequest(method: head.method.rawValue, uri: head.uri, headers: head.headers, body: [])
        case .body(let buffer):
            request?.body += buffer.readableBytesView
            if let size = request?.body.count, size > limit { context.close(promise: nil) }
        case .end:
            guard let request else { return }
            self.request = nil
            switch answer(request) {
            case .reply(let status, let text):
                write(context, status, ["Content-Type": type], ByteBuffer(string: text))
            case .file(let bytes, let type): write(context, 200, ["Content-Type": type], ByteBuffer(bytes: bytes))
            case .redirect(let place): write(context, 307, ["Location": place], ByteBuffer())
            case .hang: break
            case .hangUp: context.close(promise: nil)
            }
        }
    }

    private func write(_ context: ChannelHandlerContext, _ status: Int, _ headers: HTTPHeaders, _ body: ByteBuffer) {
        var headers = headers
        headers.add(name: "Content-Length", value: String(body.readableBytes))
        context.write(
            wrapOutboundOut(
                .head(
                    HTTPResponseHead(
                        version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers))),
            promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
