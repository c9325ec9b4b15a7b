import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import XML

/// Carries one SOAP request over a connection of its own (HTTP/1.1): no redirect is followed, and an answer is bounded
/// in size and time.
public enum ONVIFHTTP {
    /// Seconds for the whole exchange.
    static let patience: Int64 = 8

    /// Posts a body.
    public static func post(_ url: String, _ body: [UInt8]) async throws(ONVIFFailure) -> (status: Int, body: [UInt8]) {
        guard let parts = URLComponents(string: url), let host = parts.host?.trimmingCharacters(in: ["[", "]"]) else {
            throw .unreachable
        }
        let port = parts.port ?? 80
        let path =
            (parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath)
            + (parts.percentEncodedQuery.map { "?" + $0 } ?? "")
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Result<(status: Int, body: [UInt8]), ONVIFFailure>.self)
        let timer = loop.scheduleTask(in: .seconds(patience)) { promise.succeed(.failure(.unreachable)) }
        let connected = ClientBootstrap(group: loop).connectTimeout(.seconds(3)).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(
                    Exchange(promise, host: port == 80 ? host : "\(host):\(port)", path: path, body: body))
            }
        }.connect(host: host, port: port)
        connected.whenFailure { _ in promise.succeed(.failure(.unreachable)) }
        let result = (try? await promise.futureResult.get()) ?? .failure(.unreachable)
        timer.cancel()
        connected.whenSuccess { $0.close(promise: nil) }
        return try result.get()
    }

    private final class Exchange: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart
        typealias OutboundOut = HTTPClientRequestPart
        private let promise: EventLoopPromise<Result<(status: Int, body: [UInt8]), ONVIFFailure>>
        private let head: HTTPRequestHead
        private let body: [UInt8]
        private var status = 0
        private var answer: [UInt8] = []

        init(
            _ promise: EventLoopPromise<Result<(status: Int, body: [UInt8]), ONVIFFailure>>, host: String, path: String,
            body: [UInt8]
        ) {
            self.promise = promise
            self.body = body
            head = HTTPRequestHead(
                version: .http1_1, method: .POST, uri: path,
                headers: [
                    "Host": host, "Content-Type": "application/soap+xml; charset=utf-8",
                    "Content-Length": String(body.count), "Connection": "close", "User-Agent": "Zhili",
                ])
        }

        func channelActive(context: ChannelHandlerContext) {
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): status = Int(head.status.code)
            case .body(let piece):
                guard answer.count + piece.readableBytes <= SOAP.limits.bytes else {
                    promise.succeed(.failure(.notSOAP))
                    return context.close(promise: nil)
                }
                answer += piece.readableBytesView
            case .end:
                promise.succeed(.success((status, answer)))
                context.close(promise: nil)
            }
        }

        func channelInactive(context: ChannelHandlerContext) { promise.succeed(.failure(.unreachable)) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            promise.succeed(.failure(.notSOAP))
            context.close(promise: nil)
        }
    }
}
